// Command release makes what is published of a version. 'make release' calls
// it; docs/releasing.md says what comes out.
//
//	go run ./cmd/release --version v1.2.3 --key cosign.key
//
// The password of the key is read from COSIGN_PASSWORD, the time that
// everything carries from SOURCE_DATE_EPOCH, where it is set.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/release"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		if errors.Is(err, flag.ErrHelp) {
			return
		}
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// run prints the folder of the release; how far it is goes to narration.
func run(ctx context.Context, args []string, getenv func(string) string, out, narration io.Writer) error {
	o, err := options(args, getenv, narration)
	if err != nil {
		return err
	}
	made, err := release.Make(ctx, o)
	if err != nil {
		return err
	}
	if !made.Signed {
		fmt.Fprintln(narration, "release: it is NOT signed; give a key with --key, or 'make release KEY=cosign.key'")
	}
	fmt.Fprintf(narration, "release: %s of commit %s; docs/releasing.md says what is next\n", o.Version, made.Commit)
	_, err = fmt.Fprintln(out, made.Dir)
	return err
}

// options reads arguments and what they name.
func options(args []string, getenv func(string) string, narration io.Writer) (release.Options, error) {
	o := release.Options{
		Package: "./cmd/kubectl-anywhere", Program: "kubectl-anywhere",
		Log: func(line string) { fmt.Fprintln(narration, line) },
	}
	flags := flag.NewFlagSet("release", flag.ContinueOnError)
	flags.SetOutput(narration)
	flags.StringVar(&o.Version, "version", "", "the version, such as v1.2.3")
	flags.StringVar(&o.Commit, "commit", "HEAD", "what of the clone is released")
	flags.StringVar(&o.Out, "out", "", "the folder to make (default dist/VERSION)")
	key := flags.String("key", "", "cosign.key; without it nothing is signed")
	platforms := flags.String("platforms", "", "what to build for, such as linux/amd64,darwin/arm64, or none (default all)")
	image := flags.String("image", "amd64,arm64", "architectures of the bootstrap image, or none")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	if flags.NArg() > 0 {
		return o, fmt.Errorf("reading the arguments: %q is one too many; see --help", flags.Args())
	}
	if o.Out == "" {
		o.Out = filepath.Join("dist", o.Version)
	}
	var err error
	if o.Repo, err = os.Getwd(); err != nil {
		return o, fmt.Errorf("finding the clone: %w", err)
	}
	if err := built(&o, *platforms, *image, narration); err != nil {
		return o, err
	}
	if o.Epoch, err = epoch(getenv("SOURCE_DATE_EPOCH")); err != nil {
		return o, err
	}
	return o, given(&o, *key, getenv("COSIGN_PASSWORD"))
}

// built reads what is built.
func built(o *release.Options, platforms, image string, narration io.Writer) error {
	switch platforms {
	case "":
		o.Platforms = release.Platforms()
	case "none":
	default:
		for _, text := range strings.Split(platforms, ",") {
			p, err := release.ParsePlatform(text)
			if err != nil {
				return err
			}
			o.Platforms = append(o.Platforms, p)
		}
	}
	if image != "none" {
		o.Architectures = strings.Split(image, ",")
	}
	o.Image = func(ctx context.Context, repo, arch string, use func(v1.Image) error) error {
		return images.WithBootstrap(ctx, images.BuildOptions{
			SourceDir: filepath.Join(repo, "bootstrap-image", "source"), RepoDir: repo, Arch: arch,
			Log: func(e images.Event) { fmt.Fprintln(narration, "  "+e.String()) },
		}, use)
	}
	return nil
}

// epoch reads SOURCE_DATE_EPOCH (https://reproducible-builds.org/specs/source-date-epoch/).
func epoch(text string) (int64, error) {
	if text == "" {
		return 0, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("reading SOURCE_DATE_EPOCH: %q is no number of seconds since 1970", text)
	}
	return seconds, nil
}

// given reads the files that a release is made by.
func given(o *release.Options, key, password string) error {
	text, err := os.ReadFile(filepath.FromSlash(release.SizesFile))
	if err != nil {
		return fmt.Errorf("reading the budget of sizes: %w; call this from the clone's folder", err)
	}
	if o.Budget, err = release.ParseBudget(text); err != nil {
		return err
	}
	if key == "" {
		return nil
	}
	if text, err = os.ReadFile(key); err != nil {
		return fmt.Errorf("reading the key: %w", err)
	}
	o.Key, err = release.ParseKey(text, []byte(password))
	return err
}
