package etcd

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
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

func verify(path string) (Info, error) {
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
	info := Info{Size: stat.Size(), SHA256: hex.EncodeToString(sum.last), Taken: stat.ModTime()}
	if err := info.open(path); err != nil {
		return Info{}, fmt.Errorf("opening it as a database: %w", err)
	}
	return info, nil
}
