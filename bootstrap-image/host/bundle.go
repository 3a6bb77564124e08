package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func (r *run) readBundle(context.Context) error {
	var err error
	if r.raw, err = r.fetch(); err != nil {
		return err
	}
	if got := sha256.Sum256(r.raw); r.BundleSHA256 != "" && !strings.EqualFold(hex.EncodeToString(got[:]), r.BundleSHA256) {
		return fmt.Errorf("checking the bundle %q: its SHA-256 is %x, not %s; fetch it again", r.Bundle, got, r.BundleSHA256)
	}
	r.bundle, err = node.ReadBundle(r.raw)
	return err
}

// fetch gets the bundle. A file is one of the host, as users see it.
func (r *run) fetch() ([]byte, error) {
	if r.Bundle == "-" {
		raw, err := io.ReadAll(r.Stdin)
		if err != nil {
			return nil, fmt.Errorf("reading the bundle from standard input: %w", err)
		}
		return raw, nil
	}
	location, err := url.Parse(r.Bundle)
	if err != nil || location.Scheme != "file" || location.Host != "" {
		return nil, fmt.Errorf("reading the bundle %q: give file:///path on the host, or - for standard input", r.Bundle)
	}
	raw, err := r.root.read(location.Path)
	if err != nil {
		return nil, fmt.Errorf("reading the bundle %q: %w", r.Bundle, err)
	}
	return raw, nil
}
