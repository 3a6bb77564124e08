package images

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// crossTools are, for each architecture, what Debian calls its GNU tools and
// the folder of its libraries, and the package that has the compiler.
func crossTools() map[string]struct{ prefix, libraries, pkg string } {
	return map[string]struct{ prefix, libraries, pkg string }{
		"amd64": {"x86_64-linux-gnu", "x86_64-linux-gnu", "gcc-x86-64-linux-gnu"},
		"arm64": {"aarch64-linux-gnu", "aarch64-linux-gnu", "gcc-aarch64-linux-gnu"},
	}
}

// sysrootPackages are the C library, and Ignition's own need.
const sysrootPackages = "libc6-dev,libblkid-dev"

// cross is whether images are built for another architecture than this
// machine's.
func (c *compiler) cross() bool { return c.arch != runtime.GOARCH }

// named keeps outputs for this machine and for another one apart.
func (c *compiler) named(name string) string {
	if c.cross() {
		return name + "-" + c.arch
	}
	return name
}

// checkCross refuses, before anything is built, what would fail after minutes:
// flannel, Ignition and pause need a C compiler for their architecture.
func checkCross(arch string) error {
	if arch == runtime.GOARCH {
		return nil
	}
	tools, known := crossTools()[arch]
	if !known {
		return fmt.Errorf("building images for %q from source: have amd64 and arm64", arch)
	}
	if _, err := exec.LookPath(tools.prefix + "-gcc"); err != nil {
		return fmt.Errorf("building images for %q on %s from source: %w; type: apt-get install -y %s", arch, runtime.GOARCH, err, tools.pkg)
	}
	return nil
}

// cc is the C compiler and the arguments that point it at the C library of the
// architecture that is built for.
func (c *compiler) cc(ctx context.Context) ([]string, error) {
	if !c.cross() {
		return []string{"gcc"}, nil
	}
	tools := crossTools()[c.arch]
	root, err := c.sysroot(ctx)
	if err != nil {
		return nil, err
	}
	libraries := filepath.Join(root, "usr/lib", tools.libraries)
	return []string{
		tools.prefix + "-gcc", "--sysroot=" + root,
		// Before those of Debian's own cross library, which may be older than
		// what the others were made with.
		"-B" + libraries, "-L" + libraries,
		"-isystem", filepath.Join(root, "usr/include", tools.libraries), "-isystem", filepath.Join(root, "usr/include"),
	}, nil
}

// cgo is the environment in which go calls a C compiler: for this machine
// whatever the user has chosen.
func (c *compiler) cgo(ctx context.Context) ([]string, error) {
	if !c.cross() {
		return []string{"CGO_ENABLED=1"}, nil
	}
	words, err := c.cc(ctx)
	if err != nil {
		return nil, err
	}
	// The cache may lie in a folder with a space in its name.
	return []string{"CGO_ENABLED=1", "CC='" + strings.Join(words, "' '") + "'"}, nil
}

// sysroot returns the folder of the C library and headers, from packages of
// the other architecture that are unpacked and not installed.
func (c *compiler) sysroot(ctx context.Context) (string, error) {
	dir, err := keep(c.cache, c.named("sysroot"), newKey("1", baseSuite, c.arch, sysrootPackages).String(), func(stage string) error {
		return c.unpack(ctx, stage, sysrootPackages)
	})
	if err != nil {
		return "", fmt.Errorf("unpacking the C library for %q: %w", c.arch, err)
	}
	return filepath.Join(dir, "root"), nil
}
