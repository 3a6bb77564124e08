package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
)

// inspect is a verb that reads something of a host and prints it: as a table,
// or as JSON for programs.
func inspect[T any](verb string, args []string, stdout, stderr io.Writer, read func(options host.Options, name string) (T, error), print func(io.Writer, T) error) error {
	options := defaults(stdout)
	var format string
	flags := flag.NewFlagSet(verb, flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.StringVar(&format, "o", "", "json, or nothing for a table")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if format != "" && format != "json" {
		return fmt.Errorf("-o %s: want json: %w", format, errUsage)
	}
	name, err := options.Network.Hostname()
	if err != nil {
		return fmt.Errorf("reading the host's name: %w", err)
	}
	found, err := read(options, name)
	if err != nil {
		return err
	}
	if format != "json" {
		return print(stdout, found)
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(found)
}
