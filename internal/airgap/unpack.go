package airgap

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// longestManifest bounds what is read of a file that may be anything.
const longestManifest = 16 << 20

// ErrNoKit is a file that is no kit: perhaps an archive of images alone.
var ErrNoKit = errors.New("it is no kit")

// errCut is a kit whose end is missing.
var errCut = errors.New("the file is not whole: copy it again")

// Kit is one that is unpacked.
type Kit struct {
	Manifest
	// Dir is the folder that its parts are in.
	Dir string
}

// Path is where a part lies; empty where there is none of that kind.
func (k *Kit) Path(what string) string {
	name := k.Find(what)
	if name == "" {
		return ""
	}
	return filepath.Join(k.Dir, filepath.FromSlash(name))
}

// Read is the manifest of the kit at a path, or ErrNoKit.
func Read(path string) (*Manifest, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the kit: %w", err)
	}
	defer file.Close()
	m, err := readManifest(tar.NewReader(file))
	if err != nil {
		return nil, fmt.Errorf("reading the kit %q: %w", path, err)
	}
	return m, nil
}

func readManifest(r *tar.Reader) (*Manifest, error) {
	header, err := r.Next()
	if err != nil || header.Name != manifestName {
		return nil, ErrNoKit
	}
	m := &Manifest{}
	if err := json.NewDecoder(io.LimitReader(r, longestManifest)).Decode(m); err != nil {
		return nil, fmt.Errorf("reading what is in it: %w", err)
	}
	return m, m.check()
}

// Unpack lays the parts of the kit at a path into a folder of their own below
// root, checks their sums, and tells where that is. What was unpacked before is
// not unpacked again. Tell hears of every file; nil is allowed.
func Unpack(ctx context.Context, path, root string, tell func(Part)) (*Kit, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("opening the kit: %w", err)
	}
	defer file.Close()
	r := tar.NewReader(file)
	m, err := readManifest(r)
	if err != nil {
		return nil, fmt.Errorf("reading the kit %q: %w", path, err)
	}
	digest, err := m.digest()
	if err != nil {
		return nil, err
	}
	k := &Kit{Manifest: *m, Dir: filepath.Join(root, digest[:16])}
	if _, err := os.Stat(filepath.Join(k.Dir, manifestName)); err == nil {
		return k, nil
	}
	if err := k.unpack(ctx, r, tell); err != nil {
		return nil, fmt.Errorf("unpacking the kit %q: %w", path, err)
	}
	return k, nil
}

// unpack writes the manifest last, by which a folder counts as whole.
func (k *Kit) unpack(ctx context.Context, r *tar.Reader, tell func(Part)) error {
	if err := os.MkdirAll(k.Dir, 0o755); err != nil {
		return err
	}
	dir, err := os.OpenRoot(k.Dir)
	if err != nil {
		return err
	}
	defer dir.Close()
	for _, part := range k.Parts {
		header, err := r.Next()
		if err != nil || header.Name != part.Name || header.Size != part.Size {
			return fmt.Errorf("%s is not where it should be: %w", part.Name, errCut)
		}
		if tell != nil {
			tell(part)
		}
		if err := part.unpack(&interruptible{ctx, r}, dir); err != nil {
			return fmt.Errorf("%s: %w", part.Name, err)
		}
	}
	data, err := json.MarshalIndent(k.Manifest, "", "  ")
	if err != nil {
		return err
	}
	return dir.WriteFile(manifestName, data, 0o644)
}

func (p Part) unpack(from io.Reader, dir *os.Root) error {
	name := filepath.FromSlash(p.Name)
	if err := dir.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	// One that a killed run left may not be writable.
	if err := dir.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := dir.OpenFile(name, os.O_CREATE|os.O_WRONLY|os.O_EXCL, p.Mode.Perm())
	if err != nil {
		return err
	}
	sum := sha256.New()
	_, err = io.Copy(io.MultiWriter(file, sum), from)
	if err = errors.Join(err, file.Close()); errors.Is(err, io.ErrUnexpectedEOF) {
		return errCut
	} else if err != nil {
		return err
	}
	if got := hex.EncodeToString(sum.Sum(nil)); got != p.SHA256 {
		return fmt.Errorf("its checksum is %s, and should be %s; the file was changed on its way: copy it again", got, p.SHA256)
	}
	return nil
}
