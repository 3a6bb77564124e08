package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// facts prints what the host says about itself, for 'render'.
func facts(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := defaults(stderr)
	var cloud string
	clouds := []string{node.GCP, node.AWS, node.Azure}
	flags := flag.NewFlagSet("facts", flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.StringVar(&options.Name, "name", "", "what a worker's node is called, instead of the host's own name")
	flags.StringVar(&options.Address, "address", "", "the one of the host's addresses that counts; default: all of them")
	flags.StringVar(&cloud, "cloud", "", "whose metadata service to ask who this machine is: gcp, aws or azure")
	flags.DurationVar(&options.Patience, "timeout", options.Patience, "how long that may take")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if cloud != "" && !slices.Contains(clouds, cloud) {
		return fmt.Errorf("--cloud %s: want gcp, aws or azure: %w", cloud, errUsage)
	}
	options.Runner = host.Exec{HostRoot: options.HostRoot}
	found, err := host.Facts(ctx, options, cloud)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(found)
}
