// Package release makes what is published of a version: archives of the
// plugin, the bootstrap image, what they are made of (bills of materials),
// where they come from (provenance), their checksums and signatures, the
// manifest for krew and the notes.
//
// The same commit and version give the same bytes, on whatever path and at
// whatever time, by the same version of Go.
package release

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// Options say what is released, and where it goes.
type Options struct {
	// Version is the release's, with its v; with a hyphen it is one before a
	// release, whose notes are those of what is unreleased.
	Version string
	// Repo is the clone, Commit what of it is released: HEAD where it is empty.
	// What is not committed is not released.
	Repo, Commit string
	// Out is the folder that the release becomes; it must not exist.
	Out string
	// Package is the main package, such as ./cmd/kubectl-anywhere, and Program
	// the name of the program.
	Package, Program string
	// Platforms are those that the program is built for.
	Platforms []Platform
	// Architectures are those that the bootstrap image is made for; without
	// any there is no image.
	Architectures []string
	// Image makes the bootstrap image of the clone at a path.
	Image ImageMaker
	// Licences judges what is linked; nil asks hack/tools/licences of the clone.
	Licences Judge
	// Key signs; nil leaves everything unsigned.
	Key *Key
	// Epoch is when everything was made, in seconds since 1970; 0 takes the
	// time of the commit.
	Epoch int64
	// Budget is what sizes are held to; nil holds them to nothing.
	Budget *Budget
	// Log hears of every step; nil is allowed.
	Log func(string)
}

// ImageMaker makes the image of an architecture from the clone at a path, and
// hands it over for as long as use runs.
type ImageMaker func(ctx context.Context, repo, arch string, use func(v1.Image) error) error

// Artefact is a file that people download.
type Artefact struct {
	// Name is its file's, Kind what it is the same of in every release: the
	// name without the version.
	Name, Kind string
	// Platform is that of a program's archive; an image has none.
	Platform Platform
	// Size is in bytes, SHA256 in hexadecimal.
	Size   int64
	SHA256 string
	bill   bill
}

// Release is what was made.
type Release struct {
	// Dir is the folder, Commit what was built.
	Dir, Commit string
	// Artefacts are the archives and the image, without what is said of them.
	Artefacts []Artefact
	// Signed tells whether there are signatures.
	Signed bool
}

// version is what krew and Go take for one: no other build metadata.
var version = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z-]+(\.[0-9A-Za-z-]+)*)?$`)

// Make makes a release. The folder appears as a whole, or not at all.
func Make(ctx context.Context, o Options) (made *Release, err error) {
	if !version.MatchString(o.Version) {
		return nil, fmt.Errorf("reading the version %q: give one such as v1.2.3 or v1.2.3-rc.1", o.Version)
	}
	if _, err := os.Lstat(o.Out); err == nil {
		return nil, fmt.Errorf("making the release: %q is there already; remove it, or give another folder", o.Out)
	}
	if err := os.MkdirAll(filepath.Dir(o.Out), 0o755); err != nil {
		return nil, fmt.Errorf("making the folder of releases: %w", err)
	}
	stage, err := os.MkdirTemp(filepath.Dir(o.Out), ".new-"+filepath.Base(o.Out)+"-")
	if err != nil {
		return nil, fmt.Errorf("making the folder of the release: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(stage)) }()
	r := &run{Options: o, dir: filepath.Join(stage, "release"), scratch: stage, judged: map[string]linked{}}
	if err := r.all(ctx); err != nil {
		return nil, err
	}
	if err := os.Rename(r.dir, o.Out); err != nil {
		return nil, fmt.Errorf("giving the release its name: %w", err)
	}
	return &Release{Dir: o.Out, Commit: r.source.commit, Artefacts: r.artefacts, Signed: o.Key != nil}, nil
}

// run is a release that is being made.
type run struct {
	Options
	// dir is what becomes the release, scratch what is removed.
	dir, scratch string
	source       source
	artefacts    []Artefact
	// judged is what is known of modules, by the reference that bills have.
	judged map[string]linked
	// licence is our own.
	licence string
}

// all is the whole way, in the order in which one thing is said of another.
func (r *run) all(ctx context.Context) error {
	if err := os.Mkdir(r.dir, 0o755); err != nil {
		return err
	}
	for _, step := range []struct {
		title string
		run   func(context.Context) error
	}{
		{"checking out the commit", r.checkout},
		{"reading the notes", r.checkNotes},
		// The image first: what it lacks on this machine shows at once.
		{"making the bootstrap image", r.image},
		{"building the programs", r.programs},
		{"comparing sizes", r.sizes},
		{"listing what each is made of", r.bills},
		{"saying where each comes from", r.provenance},
		{"writing the manifest for krew", r.manifest},
		{"writing the notes", r.notes},
		{"adding up checksums", r.sums},
		{"signing", r.sign},
	} {
		r.say("%s", step.title)
		if err := step.run(ctx); err != nil {
			return fmt.Errorf("%s: %w", step.title, err)
		}
		if err := context.Cause(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (r *run) say(format string, args ...any) {
	if r.Log != nil {
		r.Log(fmt.Sprintf(format, args...))
	}
}

// keep takes a finished file into the release.
func (r *run) keep(a Artefact) error {
	var err error
	a.SHA256, a.Size, err = sum(r.at(a.Name))
	if err != nil {
		return err
	}
	a.Kind = strings.Replace(a.Name, "_"+r.Version, "", 1)
	r.artefacts = append(r.artefacts, a)
	r.say("  %s, %.1f MB", a.Name, float64(a.Size)/1e6)
	return nil
}

// at is the path of a file of the release.
func (r *run) at(name string) string { return filepath.Join(r.dir, name) }

func (r *run) write(name string, content []byte) error {
	return os.WriteFile(r.at(name), content, 0o644)
}
