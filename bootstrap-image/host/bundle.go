package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Stores finds bundles that are not on the host.
type Stores interface {
	// Open tells that a URL is of no store; reading may fail for a while.
	Open(url string) (read func(context.Context) ([]byte, error), err error)
}

// storePauses is how many times longer than usual the pause between two looks
// at a store is (5 seconds): it counts them, and may turn away who asks often.
const storePauses = 25

func (r *run) readBundle(ctx context.Context) error {
	read, err := r.source()
	if err != nil {
		return err
	}
	if !r.inStore() {
		if r.raw, err = read(ctx); err == nil {
			err = r.checkBundle()
		}
	} else {
		// The rights of a new machine take a minute to spread, and so does a
		// new version of a secret.
		err = r.until(ctx, wait{
			what: "the bundle " + r.Bundle, pause: storePauses * r.Pause, reasons: true,
			ready: func(ctx context.Context) error {
				if r.raw, err = read(ctx); err != nil {
					return err
				}
				return r.checkBundle()
			},
			tail: func(context.Context) []string { return nil },
			next: "who may read that secret",
		})
	}
	if err != nil {
		return err
	}
	r.bundle, err = node.ReadBundle(r.raw)
	return err
}

// checkBundle compares what was read with what the first-boot script expects.
func (r *run) checkBundle() error {
	if got := sha256.Sum256(r.raw); r.BundleSHA256 != "" && !strings.EqualFold(hex.EncodeToString(got[:]), r.BundleSHA256) {
		return fmt.Errorf("checking the bundle %q: its SHA-256 is %x, not %s; fetch it again", r.Bundle, got, r.BundleSHA256)
	}
	return nil
}

// inStore tells whether the bundle is somewhere else than on the host.
func (r *run) inStore() bool { return r.Bundle != "-" && !strings.HasPrefix(r.Bundle, "file:") }

// source is how the bundle is read. A file is one of the host, as users see it.
func (r *run) source() (func(context.Context) ([]byte, error), error) {
	path, isFile := strings.CutPrefix(r.Bundle, "file://")
	switch {
	case r.Bundle == "-":
		return func(context.Context) ([]byte, error) {
			raw, err := io.ReadAll(r.Stdin)
			if err != nil {
				return nil, fmt.Errorf("reading the bundle from standard input: %w", err)
			}
			return raw, nil
		}, nil
	case isFile && strings.HasPrefix(path, "/"):
		return func(context.Context) ([]byte, error) {
			raw, err := r.root.read(path)
			if err != nil {
				return nil, fmt.Errorf("reading the bundle %q: %w", r.Bundle, err)
			}
			return raw, nil
		}, nil
	case r.Stores != nil && r.inStore():
		read, err := r.Stores.Open(r.Bundle)
		if err != nil {
			return nil, fmt.Errorf("finding the bundle: %w; or file:///path on the host, or - for standard input", err)
		}
		return read, nil
	}
	return nil, fmt.Errorf("reading the bundle %q: give file:///path on the host, or - for standard input", r.Bundle)
}
