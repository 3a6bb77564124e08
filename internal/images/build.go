package images

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// BuildOptions says what to build and where everything is.
type BuildOptions struct {
	// SourceDir is bootstrap-image/source, the nested modules.
	SourceDir string
	// RepoDir is the clone: cmd/bootstrap and bootstrap-image/rootfs.
	RepoDir string
	// CacheDir is what CacheDir returns; empty asks it.
	CacheDir string
	// Version is the Kubernetes version with its v.
	Version string
	// Arch is Go's name of the architecture; empty means this machine's.
	Arch string
	// With names optional components whose images go into the archive too;
	// Optional lists them.
	With []string
	// Log hears of every step; nil is allowed. It is called by one step at a
	// time.
	Log func(Event)
}

// Event is a step of a build that begins, goes on or has ended.
type Event struct {
	// Step is what is done, such as "building etcd", the Nth of Of.
	Step  string
	N, Of int
	// Elapsed is how long it has taken so far.
	Elapsed time.Duration
	// Done says that it has ended; Cached that there was nothing to do.
	Done, Cached bool
}

// String is the event as a line of progress.
func (e Event) String() string {
	line := fmt.Sprintf("%s (%d of %d)", e.Step, e.N, e.Of)
	switch {
	case e.Cached:
		return line + ", in the cache"
	case e.Done:
		return fmt.Sprintf("%s, done in %d s", line, int(e.Elapsed.Seconds()))
	case e.Elapsed > 0:
		return fmt.Sprintf("%s, %d s", line, int(e.Elapsed.Seconds()))
	}
	return line
}

// Build builds every image from source and writes the archives into the
// cache. What is up to date is not built again.
func Build(ctx context.Context, o BuildOptions) (*Bundle, error) {
	b, err := newBuild(ctx, &o)
	if err != nil {
		return nil, err
	}
	unlock, err := b.lock(ctx)
	if err != nil {
		return nil, err
	}
	defer unlock()
	if err := b.base(ctx); err != nil {
		return nil, err
	}
	if err := b.programs(ctx, components()); err != nil {
		return nil, err
	}
	if err := b.optionals(ctx); err != nil {
		return nil, err
	}
	if err := b.pause(ctx); err != nil {
		return nil, err
	}
	if err := b.bootstrap(ctx); err != nil {
		return nil, err
	}
	return b.bundle(ctx, b.specs(""), nil)
}

// BuildParts builds the bootstrap image's own layers into folders of dir, for
// 'docker build': kubernetes, tools and bootstrap, each to be copied to /.
func BuildParts(ctx context.Context, o BuildOptions, dir string) error {
	b, err := newBuild(ctx, &o)
	if err != nil {
		return err
	}
	b.of = len(bootstrapComponents()) + 1
	unlock, err := b.lock(ctx)
	if err != nil {
		return err
	}
	defer unlock()
	if err := b.programs(ctx, bootstrapComponents()); err != nil {
		return err
	}
	if err := b.bootstrap(ctx); err != nil {
		return err
	}
	trees := b.parts.trees()
	for _, name := range []string{"kubernetes", "tools", "bootstrap"} {
		t, err := trees[name]()
		if err != nil {
			return err
		}
		if err := t.lay(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("laying out %q: %w", name, err)
		}
	}
	return nil
}

// BuildProgram builds one program of the pinned versions, a client or what
// goes into an image, and returns its path. Programs lists their names.
func BuildProgram(ctx context.Context, o BuildOptions, name string) (string, error) {
	owner, ok := ownerOf(name)
	if !ok {
		return "", fmt.Errorf("building %q: there is no such program; give one of: %s", name, strings.Join(Programs(), ", "))
	}
	b, err := newBuild(ctx, &o)
	if err != nil {
		return "", err
	}
	b.of = 1
	unlock, err := b.lock(ctx)
	if err != nil {
		return "", err
	}
	defer unlock()
	var dir string
	err = b.step(ctx, "building "+name, func(ctx context.Context) (cached bool, err error) {
		dir, cached, err = b.compile(ctx, owner)
		return cached, err
	})
	return filepath.Join(dir, name), err
}

// build is a build under way.
type build struct {
	*compiler
	BuildOptions
	parts parts
	// with are the optional components of BuildOptions.With.
	with  []optional
	n, of int
}

func newBuild(ctx context.Context, o *BuildOptions) (*build, error) {
	if o.Arch == "" {
		o.Arch = runtime.GOARCH
	}
	if o.CacheDir == "" {
		dir, err := CacheDir()
		if err != nil {
			return nil, err
		}
		o.CacheDir = dir
	}
	pinned, err := pin(filepath.Join(o.SourceDir, "kubernetes"), kubernetesModule)
	if err != nil {
		return nil, err
	}
	if o.Version == "" {
		o.Version = pinned
	}
	if o.Version != pinned {
		return nil, fmt.Errorf("building the images of Kubernetes %s: the source in %q is that of %s; set spec.kubernetesVersion to it, or use a registry", o.Version, o.SourceDir, pinned)
	}
	c, err := newCompiler(ctx, o.SourceDir, o.CacheDir, o.Arch)
	if err != nil {
		return nil, err
	}
	with, err := chosen(o.With)
	if err != nil {
		return nil, err
	}
	// The steps beside components: base, pause, bootstrap, archives.
	of := len(components()) + 4
	for _, optional := range with {
		of += optional.steps()
	}
	return &build{compiler: c, BuildOptions: *o, with: with, of: of}, nil
}

// specs are all images of the archive.
func (b *build) specs(registry string) []spec {
	list := specs(For(b.Version, registry))
	for _, o := range b.with {
		list = append(list, o.specs(registry)...)
	}
	return list
}

// lock keeps other builds out of the cache and removes what a killed one left.
func (b *build) lock(ctx context.Context) (unlock func(), err error) {
	unlock, err = lockCache(ctx, b.CacheDir, func() { b.log(Event{Step: "waiting for another build", N: 1, Of: b.of}) })
	if err != nil {
		return nil, err
	}
	if err := sweep(b.CacheDir); err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

func (b *build) log(e Event) {
	if b.Log != nil {
		b.Log(e)
	}
}

func (b *build) base(ctx context.Context) error {
	return b.step(ctx, "making the base layer", func(ctx context.Context) (cached bool, err error) {
		b.parts.base, cached, err = b.unpackBase(ctx)
		return cached, err
	})
}

// programs builds comps, one at a time: each uses all processors by itself.
func (b *build) programs(ctx context.Context, comps []component) error {
	for _, comp := range comps {
		err := b.step(ctx, "building "+comp.name, func(ctx context.Context) (bool, error) {
			dir, cached, err := b.compile(ctx, comp)
			b.parts.put(comp, dir)
			return cached, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (b *build) pause(ctx context.Context) error {
	return b.step(ctx, "building pause", func(ctx context.Context) (cached bool, err error) {
		b.parts.pause, cached, err = b.compilePause(ctx)
		return cached, err
	})
}

// bootstrap builds our own program. Go's build cache knows better than a key
// of ours whether there is anything to do.
func (b *build) bootstrap(ctx context.Context) error {
	b.parts.rootfs = filepath.Join(b.RepoDir, "bootstrap-image", "rootfs")
	b.parts.bootstrap = filepath.Join(b.CacheDir, "build", b.named("bootstrap"))
	return b.step(ctx, "building bootstrap", func(ctx context.Context) (bool, error) {
		err := b.run(ctx, b.RepoDir, false, "go", "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w",
			"-o", b.parts.bootstrap, "./cmd/bootstrap")
		if err != nil {
			return false, fmt.Errorf("building the bootstrap program: %w", err)
		}
		return false, nil
	})
}
