package etcd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"
)

// Info is what a snapshot holds.
type Info struct {
	// Revision is the last change in it.
	Revision int64 `json:"revision"`
	// Keys is how many there are.
	Keys int `json:"keys"`
	// Size is of the file, in bytes.
	Size int64 `json:"size"`
	// SHA256 is the sum of its content, which ends the file.
	SHA256 string `json:"sha256"`
	// Version is of etcd's storage: 3.7.
	Version string `json:"version,omitempty"`
	// Taken is when the file was written last: a snapshot says no time.
	Taken time.Time `json:"taken"`
}

// String is the snapshot in a few words.
func (i Info) String() string {
	return fmt.Sprintf("revision %d, %d keys, %d bytes, sha256 %s", i.Revision, i.Keys, i.Size, i.SHA256[:12])
}

// Verify finds out whether a file is a snapshot that can be restored: its
// content matches the sum that etcd wrote behind it, and a test open reads
// every page and every key.
func Verify(path string) (Info, error) {
	info, err := verify(path)
	if err != nil {
		return Info{}, fmt.Errorf("checking the snapshot %q: %w; take another one, or use an older one", path, err)
	}
	return info, nil
}

func verify(path string) (info Info, err error) {
	file, err := os.Open(path)
	if err != nil {
		return Info{}, err
	}
	defer func() { _ = file.Close() }()
	stat, err := file.Stat()
	if err != nil {
		return Info{}, err
	}
	if !stat.Mode().IsRegular() {
		return Info{}, errors.New("it is no file")
	}
	sum := newTrailingSum()
	if _, err := io.Copy(sum, file); err != nil {
		return Info{}, err
	}
	if err := sum.check(); err != nil {
		return Info{}, err
	}
	// The library reads pages through a map of memory, and panics where one
	// makes no sense.
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("opening it as a database: %v", reason)
		}
	}()
	status, err := snapshot.NewV3(zap.NewNop()).Status(path)
	if err != nil {
		return Info{}, fmt.Errorf("opening it as a database: %w", err)
	}
	return Info{
		Revision: status.Revision, Keys: status.TotalKey, Size: stat.Size(),
		SHA256: hex.EncodeToString(sum.last), Version: status.Version, Taken: stat.ModTime(),
	}, nil
}
