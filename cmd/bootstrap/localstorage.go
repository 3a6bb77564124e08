package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/localstorage"
)

// localStorage makes the volumes of one node until it is told to end.
func localStorage(ctx context.Context, args []string, stderr io.Writer) error {
	options := localstorage.Options{Log: stderr}
	flags := flag.NewFlagSet("local-storage", flag.ContinueOnError)
	flags.StringVar(&options.Node, "node", "", "the name of the node that this runs on")
	flags.StringVar(&options.Folder, "folder", "/var/lib/kubernetes-anywhere/volumes", "where volumes are; the same path on the host")
	flags.StringVar(&options.Listen, "listen", ":9810", "where to answer whether it works, host:port; empty for nowhere")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if options.Node == "" {
		return fmt.Errorf("local-storage needs --node: %w", errUsage)
	}
	return localstorage.Run(ctx, options)
}
