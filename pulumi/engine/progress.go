package engine

import (
	"context"

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
	deployment, err := s.deployment(ctx, in)
	if err != nil {
		return Progress{}, err
	}
	var p Progress
	for _, r := range deployment.Resources {
		if !isBookkeeping(string(r.Type)) {
			p.Made = append(p.Made, resourceOf(r))
		}
	}
	for _, op := range deployment.PendingOperations {
		if !isBookkeeping(string(op.Resource.Type)) {
			p.Begun = append(p.Begun, resourceOf(op.Resource))
		}
	}
	p.Holder, err = s.holder(ctx)
	return p, err
}

// holder is who has the stack locked, if anybody who may still run.
func (s *Stack) holder(ctx context.Context) (found *LockedError, err error) {
	err = s.eachLock(ctx, func(_ *blob.Bucket, _ *blob.ListObject, _ *holder, held *LockedError) error {
		if found == nil {
			found = held
		}
		return nil
	})
	return found, err
}
