package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/membership"
)

// token makes, lists and deletes what hosts join with, on a control plane.
func token(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	verb, args := subject(args)
	switch verb {
	case "create":
		return createToken(ctx, args, stdout, stderr)
	case "list":
		return withTokens("token list", args, stderr, func(tokens membership.Tokens) error {
			found, err := tokens.List(ctx)
			if err != nil {
				return err
			}
			return membership.Write(stdout, found)
		})
	case "delete":
		id, args := subject(args)
		if id == "" {
			return fmt.Errorf("token delete needs the id of a token, which 'token list' shows: %w", errUsage)
		}
		return withTokens("token delete", args, stderr, func(tokens membership.Tokens) error {
			if err := tokens.Delete(ctx, id); err != nil {
				return err
			}
			_, err := fmt.Fprintf(stdout, "No host joins with the token %.6s any more. Hosts that have joined stay.\n", id)
			return err
		})
	}
	return fmt.Errorf("token takes create, list or delete, not %q: %w", verb, errUsage)
}

func createToken(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := defaults(stderr)
	var want membership.Invitation
	flags := flag.NewFlagSet("token create", flag.ContinueOnError)
	flags.DurationVar(&want.TTL, "ttl", tokenTTL, "how long hosts may join with it")
	flags.BoolVar(&want.ControlPlane, "control-plane", false, "let control planes join")
	flags.StringVar(&want.Pool, "pool", "", "the pool that the workers are to be of; needed where there are several")
	image := flags.String("image", "", "the bootstrap image that the line names; default: the cluster's own")
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if want.TTL <= 0 {
		return fmt.Errorf("--ttl %s is over before it begins; write one such as 24h: %w", want.TTL, errUsage)
	}
	inviter, err := membership.NewInviter(ctx, options, *image)
	if err != nil {
		return usageOf(err)
	}
	defer inviter.Close()
	line, err := inviter.Line(ctx, want)
	if err != nil {
		return usageOf(err)
	}
	_, _ = fmt.Fprintf(stderr, "Until %s a host joins by\n", line.Ends.Format(time.RFC3339))
	_, err = fmt.Fprintln(stdout, line.Command)
	return err
}

// withTokens runs a command that needs nothing but the API.
func withTokens(name string, args []string, stderr io.Writer, use func(membership.Tokens) error) error {
	options := defaults(stderr)
	flags := flag.NewFlagSet(name, flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	tokens, err := membership.NewTokens(options)
	if err != nil {
		return err
	}
	defer tokens.API.Close()
	return usageOf(use(tokens))
}
