package release

import (
	"archive/tar"
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
)

// LicencesFile is the name of the file with the licences of what is linked, in
// an archive; in the image it lies in licencesFolder.
const (
	LicencesFile   = "THIRD_PARTY_LICENSES.txt"
	licencesFolder = "usr/share/doc/kubernetes-anywhere"
)

// shared is a text, and who it holds for.
type shared struct {
	content []byte
	// first orders texts: by the first module and file that have it.
	first string
	of    []string
}

// thirdParty writes what goes with a program: which modules are in it, under
// which licences, and each text once. The same modules give the same bytes.
func thirdParty(about string, modules []linked) ([]byte, error) {
	texts := map[string]*shared{}
	for _, m := range modules {
		for _, text := range m.Texts {
			if err := share(texts, m, text); err != nil {
				return nil, err
			}
		}
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, "%s\nhas the Go modules below in it, unchanged. It is passed on under the license in\nthe file LICENSE; they are under those that follow, each text once.\n\n", about)
	out.WriteString("The source of a module is at the place that its name says, and comes from there,\nor from a proxy of modules, by:  go mod download -json NAME@VERSION\nThat is the Source Code Form of those under MPL-2.0, and they stay under it.\n\n")
	for _, m := range modules {
		fmt.Fprintf(&out, "  %s@%s  %s\n", m.Path, m.Version, m.Licence)
	}
	line := strings.Repeat("-", 80)
	for _, s := range slices.SortedFunc(maps.Values(texts), func(a, b *shared) int { return cmp.Compare(a.first, b.first) }) {
		fmt.Fprintf(&out, "\n%s\n%s\n%s\n\n", line, strings.Join(s.of, "\n"), line)
		out.Write(bytes.TrimRight(bytes.ReplaceAll(s.content, []byte("\r\n"), []byte("\n")), "\n"))
		out.WriteByte('\n')
	}
	return out.Bytes(), nil
}

// share notes that a text holds for a module.
func share(texts map[string]*shared, m linked, text Text) error {
	name := fmt.Sprintf("%s@%s  %s", m.Path, m.Version, text.File)
	if s := texts[text.SHA256]; s != nil {
		s.of = append(s.of, name)
		return nil
	}
	content, err := os.ReadFile(filepath.Join(m.Folder, filepath.FromSlash(text.File)))
	if err != nil {
		return fmt.Errorf("reading the licence of %s: %w", m.Path, err)
	}
	if digest := sha256.Sum256(content); hex.EncodeToString(digest[:]) != text.SHA256 {
		return fmt.Errorf("reading the licence of %s: %q is not what was judged", m.Path, text.File)
	}
	texts[text.SHA256] = &shared{content: content, first: name, of: []string{name}}
	return nil
}

// notOwn leaves out our own modules: their license goes along by itself.
func (r *run) notOwn(modules []linked) []linked {
	return slices.DeleteFunc(slices.Clone(modules), func(m linked) bool { return m.Folder == r.source.dir })
}

// withLicences is the image with one layer more: the licences of the Go
// programs in it. Those of Debian's packages are in it as they come.
func (r *run) withLicences(ctx context.Context, img v1.Image, inside bill, arch string) (v1.Image, error) {
	modules, err := r.licensed(ctx, inside)
	if err != nil || len(modules) == 0 {
		return img, err
	}
	text, err := thirdParty(fmt.Sprintf("The bootstrap image %s for linux/%s", r.Version, arch), r.notOwn(modules))
	if err != nil {
		return nil, err
	}
	own, err := os.ReadFile(filepath.Join(r.source.dir, "LICENSE"))
	if err != nil {
		return nil, err
	}
	layer, err := tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		var b bytes.Buffer
		w := tar.NewWriter(&b)
		for _, f := range []struct {
			name string
			text []byte
		}{{"LICENSE", own}, {LicencesFile, text}} {
			err := w.WriteHeader(&tar.Header{Name: licencesFolder + "/" + f.name, Mode: 0o644, Size: int64(len(f.text)), ModTime: r.source.time, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR})
			if err != nil {
				return nil, err
			}
			if _, err := w.Write(f.text); err != nil {
				return nil, err
			}
		}
		return io.NopCloser(&b), w.Close()
	})
	if err != nil {
		return nil, err
	}
	return mutate.AppendLayers(img, layer)
}
