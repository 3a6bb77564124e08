package images

import (
	"context"
	"debug/elf"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// tools are programs of Debian packages that an image has beyond the base
// layer. Of the packages only these are kept, with the libraries they load:
// clang's own would fill a gigabyte.
type tools struct {
	packages []string
	// programs are paths in the image, without a leading slash.
	programs []string
	// links are what scripts of the packages would make: where each points.
	links map[string]string
}

// unpackTools returns the folder of what the tools' layer holds, and whether
// it was there already. What the base layer has is left out.
func (c *compiler) unpackTools(ctx context.Context, name string, wanted tools, base string) (dir string, cached bool, err error) {
	packages := strings.Join(slices.Concat(basePackages(), wanted.packages), ",")
	cached = true
	k := newKey("1", baseSuite, c.arch, packages, fmt.Sprint(wanted), base)
	dir, err = keep(c.cache, c.named("tools-"+name), k.String(), func(stage string) error {
		cached = false
		scratch := filepath.Join(stage, "unpacked")
		if err := os.Mkdir(scratch, 0o755); err != nil {
			return err
		}
		if err := c.unpack(ctx, scratch, packages); err != nil {
			return fmt.Errorf("unpacking the tools of %s: %w", name, err)
		}
		from := filepath.Join(scratch, "root")
		list, err := c.closure(from, wanted.programs)
		if err != nil {
			return fmt.Errorf("choosing the tools of %s: %w", name, err)
		}
		if err := moveNew(from, filepath.Join(stage, "root"), base, slices.Concat(list, licences(from))); err != nil {
			return fmt.Errorf("keeping the tools of %s: %w", name, err)
		}
		return os.RemoveAll(scratch)
	})
	return filepath.Join(dir, "root"), cached, err
}

// toolsTree is the content of the tools' layer.
func toolsTree(root string, wanted tools) (tree, error) {
	t := tree{}
	if err := t.folder(root, unwanted); err != nil {
		return nil, fmt.Errorf("reading the layer of tools: %w", err)
	}
	for name, to := range wanted.links {
		t.links(to, name)
	}
	return t, nil
}

// closure lists what programs below root need to run: themselves, what their
// links point to, and every library that they load.
func (c *compiler) closure(root string, programs []string) ([]string, error) {
	libraries := []string{"usr/lib/" + crossTools()[c.arch].libraries, "usr/lib", "usr/lib64"}
	seen := map[string]bool{}
	for queue := slices.Clone(programs); len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		if seen[at] {
			continue
		}
		seen[at] = true
		info, err := os.Lstat(filepath.Join(root, at))
		if err != nil {
			return nil, fmt.Errorf("looking for %q in the packages: %w", at, err)
		}
		if info.Mode()&fs.ModeSymlink != 0 {
			to, err := os.Readlink(filepath.Join(root, at))
			if err != nil {
				return nil, err
			}
			queue = append(queue, target(at, to))
			continue
		}
		needed, err := loads(root, at, libraries)
		if err != nil {
			return nil, err
		}
		queue = append(queue, needed...)
	}
	return slices.Sorted(maps.Keys(seen)), nil
}

// target is the path in an image of what a link at a path points to.
func target(at, to string) string {
	if !path.IsAbs(to) {
		to = path.Join("/", path.Dir(at), to)
	}
	to = path.Clean(to)[1:]
	// Debian's merged /usr: the short names are links to it.
	for _, short := range []string{"bin/", "sbin/", "lib/", "lib64/"} {
		if strings.HasPrefix(to, short) {
			return "usr/" + to
		}
	}
	return to
}

// loads lists the libraries that a program or a library names, as the dynamic
// linker would find them. A script names none.
func loads(root, at string, libraries []string) ([]string, error) {
	file, err := elf.Open(filepath.Join(root, at))
	var format *elf.FormatError
	if errors.As(err, &format) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", at, err)
	}
	defer file.Close()
	names, err := file.ImportedLibraries()
	if err != nil {
		return nil, fmt.Errorf("reading the libraries of %q: %w", at, err)
	}
	search, err := ownSearchPath(file, at)
	if err != nil {
		return nil, fmt.Errorf("reading the libraries of %q: %w", at, err)
	}
	var found []string
	for _, name := range names {
		i := slices.IndexFunc(append(search, libraries...), func(dir string) bool {
			_, err := os.Lstat(filepath.Join(root, dir, name))
			return err == nil
		})
		if i < 0 {
			return nil, fmt.Errorf("%q loads %s, which no package that was unpacked has", at, name)
		}
		found = append(found, path.Join(append(search, libraries...)[i], name))
	}
	return found, nil
}

// ownSearchPath are the folders that a program says its libraries lie in.
func ownSearchPath(file *elf.File, at string) ([]string, error) {
	var dirs []string
	for _, tag := range []elf.DynTag{elf.DT_RUNPATH, elf.DT_RPATH} {
		lists, err := file.DynString(tag)
		if err != nil {
			return nil, err
		}
		for _, list := range lists {
			for _, dir := range strings.Split(list, ":") {
				dir = strings.ReplaceAll(dir, "$ORIGIN", "/"+path.Dir(at))
				dirs = append(dirs, target("", dir))
			}
		}
	}
	return dirs, nil
}

// licences are the copyright files of all packages below root.
func licences(root string) []string {
	paths, _ := filepath.Glob(filepath.Join(root, "usr/share/doc/*/copyright"))
	var list []string
	for _, name := range paths {
		// A folder that is a link to another package's has the same file.
		if info, err := os.Lstat(filepath.Dir(name)); err == nil && info.IsDir() {
			list = append(list, strings.TrimPrefix(name, root+"/"))
		}
	}
	return list
}

// moveNew moves the files of list, unless base has them, to the same places
// below to.
func moveNew(from, to, base string, list []string) error {
	for _, at := range list {
		if _, err := os.Lstat(filepath.Join(base, at)); err == nil {
			continue
		}
		if err := os.MkdirAll(filepath.Join(to, path.Dir(at)), 0o755); err != nil {
			return err
		}
		if err := os.Rename(filepath.Join(from, at), filepath.Join(to, at)); err != nil {
			return err
		}
	}
	return nil
}
