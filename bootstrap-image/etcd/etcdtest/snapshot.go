package etcdtest

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"os"
	"testing"

	bolt "go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

// WriteSnapshot writes a file as etcd does for a snapshot, with so many keys,
// for tests that have no etcd. It returns its content.
func WriteSnapshot(t *testing.T, path string, keys int) []byte {
	t.Helper()
	db, err := bolt.Open(path, 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	err = db.Update(func(tx *bolt.Tx) error {
		changes, err := tx.CreateBucket([]byte("key"))
		if err != nil {
			return err
		}
		for n := range keys {
			revision := append(binary.BigEndian.AppendUint64(nil, uint64(n+2)), '_', 0, 0, 0, 0, 0, 0, 0, 0)
			value, err := proto.Marshal(&mvccpb.KeyValue{Key: fmt.Append(nil, "/registry/", n), Value: []byte("x")})
			if err != nil {
				return err
			}
			if err := changes.Put(revision, value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	content = append(content, sum[:]...)
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return content
}
