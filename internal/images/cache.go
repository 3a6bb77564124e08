package images

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// CacheEnv names the variable that moves the cache.
const CacheEnv = "KUBERNETES_ANYWHERE_CACHE"

// CacheDir returns the folder that holds what takes long to make: built
// programs and image archives. It lies outside any clone and survives.
func CacheDir() (string, error) {
	if dir := os.Getenv(CacheEnv); dir != "" {
		return filepath.Abs(dir)
	}
	user, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("finding the cache folder: %w; set %s to a folder with 2 GB to spare", err, CacheEnv)
	}
	return filepath.Join(user, "kubernetes-anywhere"), nil
}

// key is a running digest of everything an output depends on.
type key struct{ hash.Hash }

func newKey(parts ...string) key {
	k := key{sha256.New()}
	for _, part := range parts {
		k.add(part)
	}
	return k
}

// add mixes in one part; its length first, so that two parts cannot be
// mistaken for two others that join to the same text.
func (k key) add(part string) { fmt.Fprintf(k, "%d:%s\n", len(part), part) }

// addTree mixes in the name, mode and content of every file below dir. A
// folder that is not there counts as empty.
func (k key) addTree(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && path == dir {
			return nil
		}
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		k.add(filepath.ToSlash(name))
		return k.addFile(path)
	})
}

// addFile mixes in the mode and content of one file, or where a link points.
func (k key) addFile(path string) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	k.add(info.Mode().String())
	if info.Mode()&fs.ModeSymlink != 0 {
		to, err := os.Readlink(path)
		k.add(to)
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	_, err = io.Copy(k, file)
	return err
}

// String is short enough for a folder name.
func (k key) String() string { return hex.EncodeToString(k.Sum(nil))[:16] }

// unfinished begins the name of what is being made.
const unfinished = ".new-"

// sweep removes what is unfinished. Whoever calls it holds the lock, so nobody
// is at it any more.
func sweep(cache string) error {
	for _, pattern := range []string{"build/" + unfinished + "*", "images/*/" + unfinished + "*"} {
		paths, err := filepath.Glob(filepath.Join(cache, pattern))
		if err != nil {
			return err
		}
		for _, path := range paths {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("removing what a killed build left: %w", err)
			}
		}
	}
	return nil
}

// keep returns the folder of an output, made by fill when it is not there. The
// folder appears as a whole or not at all, so a killed build leaves nothing
// that looks done. Older outputs of the same name are removed.
func keep(cache, name, key string, fill func(dir string) error) (dir string, err error) {
	parent := filepath.Join(cache, "build")
	dir = filepath.Join(parent, name+"@"+key)
	if _, err := os.Stat(dir); err == nil {
		return dir, nil
	}
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return "", fmt.Errorf("making the cache folder: %w", err)
	}
	stage, err := os.MkdirTemp(parent, unfinished+name+"-")
	if err != nil {
		return "", fmt.Errorf("making a folder in the cache: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	if err := fill(stage); err != nil {
		return "", err
	}
	if err := os.Chmod(stage, 0o755); err != nil {
		return "", err
	}
	if err := os.Rename(stage, dir); err != nil {
		return "", fmt.Errorf("keeping the output %q: %w", name, err)
	}
	return dir, dropOthers(parent, name, dir)
}

// dropOthers removes earlier outputs of a name: each is worth its disk space
// only as long as it is current.
func dropOthers(parent, name, current string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		path := filepath.Join(parent, entry.Name())
		if strings.HasPrefix(entry.Name(), name+"@") && path != current {
			if err := os.RemoveAll(path); err != nil {
				return fmt.Errorf("removing the outdated output %q: %w", path, err)
			}
		}
	}
	return nil
}

// lockCache lets one build at a time use the cache. The kernel drops the lock
// with its holder, however that ends.
func lockCache(ctx context.Context, cache string, waiting func()) (unlock func(), err error) {
	if err := os.MkdirAll(cache, 0o755); err != nil {
		return nil, fmt.Errorf("making the cache folder: %w; set %s to a folder you can write", err, CacheEnv)
	}
	path := filepath.Join(cache, "lock")
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, fmt.Errorf("opening the lock of the cache: %w", err)
	}
	for told := false; ; told = true {
		held, err := tryLock(file)
		if err != nil {
			file.Close()
			return nil, fmt.Errorf("locking %q: %w", path, err)
		}
		if held {
			return func() { file.Close() }, nil
		}
		if !told {
			waiting()
		}
		select {
		case <-ctx.Done():
			file.Close()
			return nil, fmt.Errorf("waiting for another build that holds %q: %w", path, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}
