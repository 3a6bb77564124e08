package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// network dispatches what a host is told when its cluster takes another network
// layer.
func network(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("network needs one of clean, prepare: %w", errUsage)
	}
	switch verb, args := args[0], args[1:]; verb {
	case "clean":
		return networkClean(ctx, args, stdout, stderr)
	case "prepare":
		return networkPrepare(ctx, args, stderr)
	default:
		return fmt.Errorf("%q is no command of network: want clean or prepare: %w", verb, errUsage)
	}
}

// networkClean takes off the host what a layer has left, and prints what it
// took as JSON.
func networkClean(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := host.LayerCleaning{HostRoot: "/host", Log: stderr}
	flags := flag.NewFlagSet("network clean", flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	leftovers := flags.String("leftovers", "", "what the layer leaves, as JSON: the leftovers of its layer.yaml")
	pods := flags.String("pods", "", "the ranges of the cluster's pods, separated by commas, whose routes go")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if err := decodeStrictly(*leftovers, &options.Leftovers); err != nil {
		return fmt.Errorf("reading --leftovers: %w: %w", err, errUsage)
	}
	for text := range strings.SplitSeq(*pods, ",") {
		if text == "" {
			continue
		}
		prefix, err := netip.ParsePrefix(text)
		if err != nil {
			return fmt.Errorf("reading --pods: %w: %w", err, errUsage)
		}
		options.Pods = append(options.Pods, prefix)
	}
	options.Runner = host.Exec{HostRoot: options.HostRoot}
	removed, err := host.CleanLayer(ctx, options)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(map[string][]string{"removed": removed})
}

// networkPrepare gives the host's kernel what a layer needs.
func networkPrepare(ctx context.Context, args []string, stderr io.Writer) error {
	flags := flag.NewFlagSet("network prepare", flag.ContinueOnError)
	root := flags.String("host-root", "/host", "where the root of the host is mounted")
	needs := flags.String("kernel", "", "what the layer needs, as JSON: the kernel of its layer.yaml")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	var kernel catalog.Kernel
	if err := decodeStrictly(*needs, &kernel); err != nil {
		return fmt.Errorf("reading --kernel: %w: %w", err, errUsage)
	}
	return host.PrepareLayer(ctx, *root, kernel, host.Exec{HostRoot: *root}, stderr)
}

// decodeStrictly reads JSON in which no field is unknown: what is misspelt
// would be left on the host.
func decodeStrictly(text string, into any) error {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	return decoder.Decode(into)
}
