package etcd

import (
	"encoding/binary"
	"errors"
	"fmt"

	bolt "go.etcd.io/bbolt"
	"go.etcd.io/etcd/api/v3/mvccpb"
	"google.golang.org/protobuf/proto"
)

// keyBucket is where etcd keeps every change, by its revision.
const keyBucket = "key"

// open reads a whole database: its pages, and all that etcd stored in it. It
// reads what etcd's own 'etcdutl snapshot status' does, without its server.
func (i *Info) open(path string) (err error) {
	// The library reads pages through a map of memory, and panics where one
	// makes no sense.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("%v", reason)
		}
	}()
	db, err := bolt.Open(path, 0o400, &bolt.Options{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }()
	return db.View(func(tx *bolt.Tx) error {
		var damage []error
		for problem := range tx.Check() {
			damage = append(damage, problem)
		}
		if len(damage) > 0 {
			return fmt.Errorf("%d of its pages are damaged: %w", len(damage), damage[0])
		}
		changes := tx.Bucket([]byte(keyBucket))
		if changes == nil {
			return errors.New("it is no database of etcd")
		}
		return i.count(changes)
	})
}

// count goes through all changes, oldest first. A key that was deleted is one
// less.
func (i *Info) count(changes *bolt.Bucket) error {
	there := map[string]bool{}
	err := changes.ForEach(func(revision, value []byte) error {
		main, deleted, err := readRevision(revision)
		if err != nil {
			return err
		}
		var change mvccpb.KeyValue
		if err := proto.Unmarshal(value, &change); err != nil {
			return fmt.Errorf("reading revision %d: %w", main, err)
		}
		i.Revision = main
		if key := string(change.GetKey()); deleted {
			delete(there, key)
		} else if key != "" { // a restore leaves a change without one
			there[key] = true
		}
		return nil
	})
	i.Keys = len(there)
	return err
}

// readRevision takes a revision apart: eight bytes, an underscore, eight bytes
// for the change within it, and a t where that deletes a key.
func readRevision(b []byte) (main int64, deleted bool, err error) {
	const plain = 8 + 1 + 8
	deleted = len(b) == plain+1 && b[plain] == 't'
	if len(b) != plain && !deleted || b[8] != '_' {
		return 0, false, fmt.Errorf("%q is no revision", b)
	}
	return int64(binary.BigEndian.Uint64(b)), deleted, nil
}
