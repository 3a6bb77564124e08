package images

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// compiler builds components into the cache.
type compiler struct {
	source, cache, arch string
	// toolchain is the version of go, part of every key.
	toolchain string
}

func newCompiler(ctx context.Context, source, cache, arch string) (*compiler, error) {
	if err := checkCross(arch); err != nil {
		return nil, err
	}
	out, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return nil, fmt.Errorf("asking for the version of go: %w; install Go 1.26 or later", err)
	}
	return &compiler{source: source, cache: cache, arch: arch, toolchain: strings.TrimSpace(string(out))}, nil
}

// compile returns the folder that holds the component's programs, and whether
// it was there already.
func (c *compiler) compile(ctx context.Context, comp component) (dir string, cached bool, err error) {
	module := filepath.Join(c.source, comp.dir)
	version, err := pin(module, comp.module)
	if err != nil {
		return "", false, err
	}
	flags := c.flags(comp, version)
	k := newKey("1", c.toolchain, c.arch, fmt.Sprint(flags), fmt.Sprint(comp.programs))
	if len(comp.files) > 0 {
		k.add(fmt.Sprint(comp.files))
	}
	if err := k.addTree(module); err != nil {
		return "", false, fmt.Errorf("reading the module of %s: %w", comp.name, err)
	}
	cached = true
	dir, err = keep(c.cache, c.named(strings.ReplaceAll(comp.name, " ", "-")), k.String(), func(stage string) error {
		cached = false
		for _, name := range slices.Sorted(maps.Keys(comp.programs)) {
			args := slices.Concat(comp.command(), flags, []string{"-o", filepath.Join(stage, name), comp.programs[name]})
			if err := c.run(ctx, module, comp.cgo, "go", args...); err != nil {
				return fmt.Errorf("building %s %s: %w", name, version, err)
			}
		}
		return c.copyFiles(ctx, comp, stage)
	})
	return dir, cached, err
}

// command is what go is told to do.
func (comp component) command() []string {
	if comp.tests {
		return []string{"test", "-c"}
	}
	return []string{"build"}
}

// copyFiles copies what goes with the programs out of their module.
func (c *compiler) copyFiles(ctx context.Context, comp component, stage string) error {
	if len(comp.files) == 0 {
		return nil
	}
	module, err := c.moduleDir(ctx, comp.dir, comp.module)
	if err != nil {
		return err
	}
	t := tree{}
	for name, from := range comp.files {
		from = filepath.Join(module, filepath.FromSlash(from))
		info, err := os.Stat(from)
		if err != nil {
			return fmt.Errorf("reading what goes with %s: %w", comp.name, err)
		}
		if !info.IsDir() {
			t.file(name, from, info.Mode().Perm())
			continue
		}
		inside := tree{}
		if err := inside.folder(from, nil); err != nil {
			return fmt.Errorf("reading what goes with %s: %w", comp.name, err)
		}
		for at, e := range inside {
			if !e.mode.IsDir() {
				t[path.Join(name, at)] = e
			}
		}
	}
	return t.lay(stage)
}

// moduleDir finds the source of a module that a nested module requires.
func (c *compiler) moduleDir(ctx context.Context, nested, module string) (string, error) {
	list := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module)
	list.Dir = filepath.Join(c.source, nested)
	list.Env = append(os.Environ(), "GOWORK=off")
	out, err := list.Output()
	if err != nil {
		return "", fmt.Errorf("finding the source of %s: %w", module, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// flags are the arguments of go build but for the output and the package.
func (c *compiler) flags(comp component, version string) []string {
	linker := []string{"-s", "-w"}
	for _, stamp := range comp.stamp(version) {
		linker = append(linker, "-X", stamp)
	}
	flags := []string{"-trimpath", "-buildvcs=false"}
	if len(comp.tags) > 0 {
		flags = append(flags, "-tags", strings.Join(comp.tags, ","))
	}
	if comp.cgo {
		// Static, and with Go's own resolver: glibc's would load libraries.
		linker = append(linker, "-linkmode", "external", "-extldflags", "-static")
		flags = append(flags, "-tags", "netgo,osusergo")
	}
	return append(flags, "-ldflags", strings.Join(linker, " "))
}

// compilePause builds the program that holds a pod's namespaces: forty lines
// of C in the Kubernetes module.
func (c *compiler) compilePause(ctx context.Context) (dir string, cached bool, err error) {
	module := filepath.Join(c.source, "kubernetes")
	version, err := pin(module, kubernetesModule)
	if err != nil {
		return "", false, err
	}
	cached = true
	dir, err = keep(c.cache, c.named("pause"), newKey("1", c.arch, version, PauseVersion).String(), func(stage string) error {
		cached = false
		source, err := c.moduleDir(ctx, "kubernetes", kubernetesModule)
		if err != nil {
			return err
		}
		source = filepath.Join(source, "build", "pause", "linux", "pause.c")
		compiler, err := c.cc(ctx)
		if err != nil {
			return err
		}
		args := append(compiler[1:], "-Os", "-Wall", "-static", "-s", "-DVERSION=v"+PauseVersion, "-o", filepath.Join(stage, "pause"), source)
		err = c.run(ctx, module, false, compiler[0], args...)
		if err != nil {
			return fmt.Errorf("building pause %s: %w", PauseVersion, err)
		}
		return nil
	})
	return dir, cached, err
}

// run runs a build command; an error carries the end of what it printed.
func (c *compiler) run(ctx context.Context, dir string, cgo bool, name string, args ...string) error {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+c.arch, "GOWORK=off")
	if cgo {
		environment, err := c.cgo(ctx)
		if err != nil {
			return err
		}
		cmd.Env = append(cmd.Env, environment...)
	}
	// An interrupt lets the compiler remove what it has half written.
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = 10 * time.Second
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Run()
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	if errors.Is(err, exec.ErrNotFound) {
		return fmt.Errorf("%w; type: make setup", err)
	}
	if err != nil {
		return fmt.Errorf("running %s: %w\n%s", name, err, tail(out.String(), 20))
	}
	return nil
}

// tail is the last n lines of text.
func tail(text string, n int) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}
