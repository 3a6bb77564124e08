package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
)

// drift prints what on the host is not as the last apply left it.
func drift(args []string, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	var format string
	flags := flag.NewFlagSet("drift", flag.ContinueOnError)
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
	found, err := host.Drift(options.HostRoot, name)
	if err != nil {
		return err
	}
	if format == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	if len(found.Files) == 0 {
		_, err := fmt.Fprintf(stdout, "%d files are as the last apply left them.\n", found.Compared)
		return err
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "FILE\tDIFFERS IN")
	for _, file := range found.Files {
		fmt.Fprintf(table, "%s\t%s\n", file.Path, file.What)
	}
	return table.Flush()
}
