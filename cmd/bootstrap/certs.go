package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// certs prints every certificate of the host.
func certs(args []string, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	var format string
	flags := flag.NewFlagSet("certs", flag.ContinueOnError)
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
	found, err := host.Certificates(options.HostRoot, name, options.Now())
	if err != nil {
		return err
	}
	if format == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(found)
	}
	return printCertificates(stdout, found)
}

func printCertificates(out io.Writer, found node.Inventory) error {
	table := tabwriter.NewWriter(out, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "CERTIFICATE\tENDS\tLEFT\tFILE")
	for _, c := range found.Certificates {
		ends, left := "-", "-"
		if !c.NotAfter.IsZero() {
			ends, left = c.NotAfter.Format(time.DateOnly), fmt.Sprintf("%dd", c.DaysLeft)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", c.Name, ends, left, c.File)
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, c := range found.Certificates {
		for _, problem := range c.Problems {
			if _, err := fmt.Fprintf(out, "%s: %s\n", c.Name, problem); err != nil {
				return err
			}
		}
	}
	return nil
}
