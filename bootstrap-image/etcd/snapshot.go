package etcd

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Snapshot writes all that the cluster holds, as the first member that was
// dialled has it, and compares it with the sum that ends it. A snapshot that
// was not written whole is an error.
func (c *Client) Snapshot(ctx context.Context, to io.Writer) (written int64, err error) {
	answer, err := c.api.SnapshotWithVersion(ctx)
	if err != nil {
		return 0, fmt.Errorf("taking a snapshot of etcd: %w", err)
	}
	defer func() { _ = answer.Snapshot.Close() }()
	sum := newTrailingSum()
	written, err = io.Copy(io.MultiWriter(to, sum), answer.Snapshot)
	if err != nil {
		return written, fmt.Errorf("taking a snapshot of etcd: %w", err)
	}
	if err := sum.check(); err != nil {
		return written, fmt.Errorf("taking a snapshot of etcd: %w; run the same command again", err)
	}
	return written, nil
}

// Size is how many bytes the database of the first member takes: what a
// snapshot of it may take too.
func (c *Client) Size(ctx context.Context) (int64, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	endpoints := c.api.Endpoints()
	if len(endpoints) == 0 {
		return 0, errors.New("asking etcd for its size: no member was named")
	}
	answer, err := c.api.Status(ctx, endpoints[0])
	if err != nil {
		return 0, fmt.Errorf("asking etcd at %q for its size: %w", endpoints[0], err)
	}
	return answer.DbSize, nil
}

// trailingSum compares the SHA-256 of a stream with the 32 bytes that end it.
type trailingSum struct {
	hash hash.Hash
	last []byte // what may be the sum
	size int64
}

func newTrailingSum() *trailingSum { return &trailingSum{hash: sha256.New()} }

// Write implements io.Writer.
func (s *trailingSum) Write(p []byte) (int, error) {
	s.size += int64(len(p))
	s.last = append(s.last, p...)
	if extra := len(s.last) - sha256.Size; extra > 0 {
		s.hash.Write(s.last[:extra])
		s.last = append(s.last[:0], s.last[extra:]...)
	}
	return len(p), nil
}

// page is what the size of a database is a multiple of: with the sum behind it
// a snapshot has 32 bytes more.
const page = 512

func (s *trailingSum) check() error {
	if s.size%page != sha256.Size {
		return fmt.Errorf("it has %d bytes, which no whole snapshot has", s.size)
	}
	if !bytes.Equal(s.hash.Sum(nil), s.last) {
		return errors.New("its content does not match the SHA-256 that ends it")
	}
	return nil
}
