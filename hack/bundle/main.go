// Command bundle builds what the Makefile needs from Go module source: the
// image archives, or a client program by name.
//
//	go run ./hack/bundle [kubectl | kubeadm]
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"

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
	if len(args) > 0 {
		path, err := images.BuildClient(ctx, o, args[0])
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(out, path)
		return err
	}
	bundle, err := images.Build(ctx, o)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(out, bundle.Archive)
	return err
}
