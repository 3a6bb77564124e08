// Command bundle makes what the Makefile and the Dockerfile need before there
// is a kubectl-anywhere, and without linking it:
//
//	go run ./cmd/bundle images      archives of all images: from registries
//	                                where they answer, else from module source
//	go run ./cmd/bundle source      the same, from module source in any case
//	go run ./cmd/bundle kubectl     one program of the pinned version, by name
//	go run ./cmd/bundle parts DIR   the layers of the bootstrap image, in DIR
//
// With --arch arm64 (or amd64) first, all of it for machines of that kind,
// from module source by a cross compiler. With --with cilium,agnhost first, the
// archives have the images of those components too.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "bundle:", err)
		os.Exit(1)
	}
}

// run prints the path of what it built; how far it is goes to narration.
func run(ctx context.Context, args []string, out, narration io.Writer) error {
	repo, err := os.Getwd()
	if err != nil {
		return fmt.Errorf("finding the clone: %w", err)
	}
	o := images.BuildOptions{
		SourceDir: filepath.Join(repo, "bootstrap-image", "source"), RepoDir: repo,
		Log: func(e images.Event) { fmt.Fprintln(narration, e) },
	}
	args = options(&o, args)
	path := ""
	switch {
	case len(args) == 2 && args[0] == "parts":
		return images.BuildParts(ctx, o, args[1])
	case len(args) == 1 && (args[0] == "images" || args[0] == "source"):
		path, err = archive(ctx, o, args[0] == "source")
	case len(args) == 1 && slices.Contains(images.Programs(), args[0]):
		path, err = images.BuildProgram(ctx, o, args[0])
	default:
		return fmt.Errorf("reading the arguments %q: give one of: images, source, parts DIR, %s; or --with some of %s, before images or source",
			args, strings.Join(images.Programs(), ", "), strings.Join(images.Optional(), ","))
	}
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, path)
	return err
}

// options reads what stands before the command and returns the rest.
func options(o *images.BuildOptions, args []string) []string {
	for ; len(args) > 1; args = args[2:] {
		switch args[0] {
		case "--arch":
			o.Arch = args[1]
		case "--with":
			o.With = append(o.With, strings.FieldsFunc(args[1], func(r rune) bool { return r == ',' })...)
		default:
			return args
		}
	}
	return args
}

// archive takes official images where it can. Hosts load them from the archive
// either way, so that one download serves all of them.
func archive(ctx context.Context, o images.BuildOptions, source bool) (string, error) {
	if !source && images.Reachable(ctx, images.For(o.Version, "").Pause) == nil {
		bundle, err := images.Copy(ctx, o, "")
		if err != nil {
			return "", err
		}
		return bundle.Path, nil
	}
	bundle, err := images.Build(ctx, o)
	if err != nil {
		return "", err
	}
	return bundle.Path, nil
}
