package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
)

// reset lists what it would take away, and does so when told.
func reset(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := host.ResetOptions{HostRoot: "/host", Out: stdout, Log: stderr, Leaver: host.ClusterLeaver{}}
	flags := flag.NewFlagSet("reset", flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.BoolVar(&options.Yes, "yes", false, "take away what is listed")
	flags.BoolVar(&options.Force, "force", false, "go on where the other control planes cannot do without this one, as when all of them go")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	options.Runner = host.Exec{HostRoot: options.HostRoot}
	err := host.Reset(ctx, options)
	if errors.Is(err, host.ErrNotConfirmed) {
		return fmt.Errorf("%w (%w)", err, errUsage)
	}
	return err
}
