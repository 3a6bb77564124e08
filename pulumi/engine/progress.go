package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"gocloud.dev/blob"
)

// Progress is how far a change of a stack is that goes on, or was cut off.
type Progress struct {
	// Holder has the stack locked at this moment; nil where nobody does.
	Holder *LockedError
	// Made are the resources that are recorded.
	Made []Resource
	// Begun are those of which an operation has begun and did not end, as far as
	// that is recorded.
	Begun []Resource
}

// Progress looks, and touches nothing: neither a lock nor the state. A stack
// that does not exist has none.
func (s *Stack) Progress(ctx context.Context) (Progress, error) {
	in, err := s.existing(ctx)
	if err != nil || in == nil {
		return Progress{}, err
	}
	var p Progress
	if p.Made, err = s.Resources(ctx); err != nil {
		return Progress{}, err
	}
	deployment, err := s.deployment(ctx, in)
	if err != nil {
		return Progress{}, err
	}
	for _, op := range deployment.PendingOperations {
		r := op.Resource
		if !isBookkeeping(string(r.Type)) {
			p.Begun = append(p.Begun, Resource{URN: string(r.URN), Type: string(r.Type), Name: r.URN.Name(), ID: string(r.ID)})
		}
	}
	p.Holder, err = s.holder(ctx)
	return p, err
}

// holder is who has the stack locked, if anybody who may still run.
func (s *Stack) holder(ctx context.Context) (*LockedError, error) {
	bucket, err := s.bucket(ctx)
	if err != nil {
		return nil, err
	}
	defer bucket.Close()
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("asking for this machine's name: %w", err)
	}
	locks := bucket.List(&blob.ListOptions{Prefix: path.Join(".pulumi/locks", s.reference()) + "/"})
	for {
		object, err := locks.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil, nil
		}
		if err != nil {
			return nil, fmt.Errorf("listing the locks of stack %q: %w", s.options.Stack, err)
		}
		h, err := s.readLock(ctx, bucket, object)
		if err != nil {
			return nil, err
		}
		if held := s.heldBy(h, object, host); held != nil {
			return held, nil
		}
	}
}

// heldBy is a lock whose holder may still run; nil for any other.
func (s *Stack) heldBy(h *holder, lock *blob.ListObject, host string) *LockedError {
	if h == nil || h.PID == 0 || h.Host == host && !alive(h.PID, h.Since) {
		return nil
	}
	return &LockedError{
		Stack: s.options.Stack, PID: h.PID, Host: h.Host, User: h.User, Since: h.Since,
		Lock: s.lockPath(lock.Key), Here: h.Host == host,
	}
}
