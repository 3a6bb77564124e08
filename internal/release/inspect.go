package release

import (
	"archive/tar"
	"bytes"
	"debug/buildinfo"
	"errors"
	"fmt"
	"io"
	"path"
	"runtime/debug"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// inspect lists what an image is made of: the modules of every Go program in
// it, each with the files that it is in, and Debian's packages by their
// licences. Packages are without versions: the image has no list of them.
func inspect(img v1.Image) (bill, error) {
	layers, err := img.Layers()
	if err != nil {
		return nil, err
	}
	var all bill
	for _, layer := range layers {
		inside, err := inspectLayer(layer)
		if err != nil {
			return nil, fmt.Errorf("looking into a layer: %w", err)
		}
		all = append(all, inside...)
	}
	return all, nil
}

func inspectLayer(layer v1.Layer) (bill, error) {
	content, err := layer.Uncompressed()
	if err != nil {
		return nil, err
	}
	defer content.Close()
	var found bill
	for r := tar.NewReader(content); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return found, nil
		}
		if err != nil {
			return nil, err
		}
		name := path.Clean("/" + header.Name)
		if pkg, is := strings.CutPrefix(name, "/usr/share/doc/"); is && path.Base(pkg) == "copyright" {
			pkg = path.Dir(pkg)
			found = append(found, part{Type: "library", Name: pkg, PURL: "pkg:deb/debian/" + pkg})
		}
		if header.Typeflag != tar.TypeReg || header.Mode&0o111 == 0 {
			continue
		}
		file, err := io.ReadAll(r)
		if err != nil {
			return nil, err
		}
		info, err := buildinfo.Read(bytes.NewReader(file))
		if err != nil {
			continue // no program of Go's
		}
		found = append(found, inFile(name, info)...)
	}
}

// inFile is what a program is made of, with the program's place.
func inFile(name string, info *debug.BuildInfo) bill {
	b := billOf(info)
	if info.Main.Path != "" {
		b = append(b, module(&info.Main))
	}
	for i := range b {
		b[i].Properties = append(slices.Clone(b[i].Properties), property{"kubernetes-anywhere:file", name})
	}
	return b
}
