package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"
)

// LockedError says who holds the stack.
type LockedError struct {
	Stack string
	PID   int
	Host  string
	User  string
	Since time.Time
	// Lock is the path of the lock inside the backend, or in the file system
	// when the backend is a folder.
	Lock string
	// Here is true when the holder runs on this machine.
	Here bool
}

// Error names the holder and what to do.
func (e *LockedError) Error() string {
	who := fmt.Sprintf("stack %q is in use by process %d of %s on %s since %s (%s ago)", e.Stack, e.PID, e.User, e.Host,
		e.Since.Local().Format(time.DateTime), time.Since(e.Since).Round(time.Second))
	switch {
	case e.Here && e.PID == os.Getpid():
		return who + ", which is this process: wait for its other operation"
	case e.Here:
		return fmt.Sprintf("%s: wait for it, or %s", who, stopping(e.PID))
	case filepath.IsAbs(e.Lock):
		return fmt.Sprintf("%s: wait for it; if it runs no more, type: rm '%s'", who, e.Lock)
	default:
		return fmt.Sprintf("%s: wait for it; if it runs no more, delete the object %s", who, e.Lock)
	}
}

// holder is what a lock file of the self-managed backend says.
type holder struct {
	PID   int       `json:"pid"`
	User  string    `json:"username"`
	Host  string    `json:"hostname"`
	Since time.Time `json:"timestamp"`
}

// clearDeadLocks takes away the locks of holders that run no more on this
// host, and says so. The lock of any other holder is an error.
func (s *Stack) clearDeadLocks(ctx context.Context) error {
	return s.eachLock(ctx, func(bucket *blob.Bucket, lock *blob.ListObject, h *holder, held *LockedError) error {
		if held != nil {
			return held
		}
		return s.clearDeadLock(ctx, bucket, lock, h)
	})
}

// eachLock looks at each lock of the stack: who took it, and whether that may
// still run. It ends with the first error.
func (s *Stack) eachLock(ctx context.Context, look func(bucket *blob.Bucket, lock *blob.ListObject, h *holder, held *LockedError) error) error {
	bucket, err := s.bucket(ctx)
	if err != nil {
		return err
	}
	defer bucket.Close()
	locks := bucket.List(&blob.ListOptions{Prefix: path.Join(".pulumi/locks", s.reference()) + "/"})
	for {
		lock, err := locks.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("listing the locks of stack %q: %w", s.options.Stack, err)
		}
		h, err := s.readLock(ctx, bucket, lock)
		if err != nil {
			return err
		}
		if h == nil {
			continue
		}
		held, err := s.heldBy(h, lock)
		if err != nil {
			return err
		}
		if err := look(bucket, lock, h, held); err != nil {
			return err
		}
	}
}

// heldBy is a lock whose holder may still run; nil for any other.
func (s *Stack) heldBy(h *holder, lock *blob.ListObject) (*LockedError, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("asking for this machine's name: %w", err)
	}
	if h.PID == 0 || h.Host == host && !alive(h.PID, h.Since) {
		return nil, nil
	}
	return &LockedError{
		Stack: s.options.Stack, PID: h.PID, Host: h.Host, User: h.User, Since: h.Since,
		Lock: s.lockPath(lock.Key), Here: h.Host == host,
	}, nil
}

// unwritten is the age at which half a lock is one whose writer was killed.
const unwritten = 5 * time.Second

// readLock reads a lock, which is found to be nil when its holder has just
// finished. A lock that somebody is writing at this moment is waited for.
func (s *Stack) readLock(ctx context.Context, bucket *blob.Bucket, lock *blob.ListObject) (*holder, error) {
	for {
		content, err := bucket.ReadAll(ctx, lock.Key)
		if gcerrors.Code(err) == gcerrors.NotFound {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("reading lock %q: %w", s.lockPath(lock.Key), err)
		}
		var h holder
		if err := json.Unmarshal(content, &h); err == nil || time.Since(lock.ModTime) > unwritten {
			return &h, nil
		}
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("waiting for whoever is locking stack %q: %w", s.options.Stack, ctx.Err())
		case <-time.After(unwritten / 20):
		}
	}
}

func (s *Stack) clearDeadLock(ctx context.Context, bucket *blob.Bucket, lock *blob.ListObject, h *holder) error {
	if h.PID == 0 {
		s.options.Notice(fmt.Sprintf("cleared a lock whose holder was killed while taking it, at %s", lock.ModTime.Local().Format(time.DateTime)))
	} else {
		s.options.Notice(fmt.Sprintf("cleared the lock of process %d, which began at %s and runs no more",
			h.PID, h.Since.Local().Format(time.DateTime)))
	}
	if err := bucket.Delete(ctx, lock.Key); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
		return fmt.Errorf("clearing lock %q: %w", s.lockPath(lock.Key), err)
	}
	return nil
}

// explainLock turns the backend's refusal of a locked stack into ours: the
// lock may have been taken between our look and the backend's.
func (s *Stack) explainLock(ctx context.Context, err error) error {
	if err == nil || !strings.Contains(err.Error(), "the stack is currently locked by") {
		return err
	}
	if held := s.clearDeadLocks(ctx); held != nil {
		return held
	}
	return fmt.Errorf("stack %q was in use a moment ago: try again", s.options.Stack)
}

// bucket opens what the backend keeps its objects in.
func (s *Stack) bucket(ctx context.Context) (*blob.Bucket, error) {
	at := bucketURL(s.options.Backend)
	bucket, err := blob.OpenBucket(ctx, at)
	if err != nil {
		return nil, fmt.Errorf("opening backend %q: %w", s.options.Backend, err)
	}
	// Like the backend itself, take the path of a bucket's URL as a folder.
	if _, rest, ok := strings.Cut(at, "://"); ok && !strings.HasPrefix(at, "file://") {
		rest, _, _ = strings.Cut(rest, "?")
		if _, folder, ok := strings.Cut(rest, "/"); ok && folder != "" {
			bucket = blob.PrefixedBucket(bucket, strings.TrimSuffix(folder, "/")+"/")
		}
	}
	return bucket, nil
}

func (s *Stack) lockPath(key string) string {
	if folder, ok := Folder(s.options.Backend); ok {
		return filepath.Join(folder, filepath.FromSlash(key))
	}
	return key
}
