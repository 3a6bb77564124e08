package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
)

// renew applies the bundle that the host keeps, which issues again what is near
// its end.
func renew(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	options.Bundle, options.Renew = "file://"+host.KeptBundle, true
	flags := flag.NewFlagSet("renew", flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.BoolVar(&options.Force, "force", false, "issue every leaf again, whatever is left of its life")
	flags.Func("as-of", "issue leafs as of another moment than now, as RFC 3339 has it: a rehearsal of their end", func(text string) (err error) {
		options.AsOf, err = time.Parse(time.RFC3339, text)
		return err
	})
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if !options.AsOf.IsZero() && !options.Force {
		return fmt.Errorf("--as-of is for leafs that are issued again: add --force: %w", errUsage)
	}
	return applyOptions(ctx, options)
}
