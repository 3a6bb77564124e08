package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"strings"
)

// Checksums is the name of the file that 'sha256sum -c' reads.
const Checksums = "SHA256SUMS"

// sums writes a line for every file that is there so far.
func (r *run) sums(context.Context) error {
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	lines := strings.Builder{}
	for _, e := range entries {
		digest, _, err := sum(r.at(e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&lines, "%s  %s\n", digest, e.Name())
	}
	return r.write(Checksums, []byte(lines.String()))
}

// sum is the digest and the size of a file.
func sum(path string) (digest string, size int64, err error) {
	file, err := os.Open(path)
	if err != nil {
		return "", 0, err
	}
	defer file.Close()
	hash := sha256.New()
	size, err = io.Copy(hash, file)
	if err != nil {
		return "", 0, fmt.Errorf("reading %q: %w", path, err)
	}
	return hex.EncodeToString(hash.Sum(nil)), size, nil
}
