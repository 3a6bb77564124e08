package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// certs prints every certificate of the host.
func certs(args []string, stdout, stderr io.Writer) error {
	return inspect("certs", args, stdout, stderr, func(options host.Options, name string) (node.Inventory, error) {
		return host.Certificates(options.HostRoot, name, options.Now())
	}, printCertificates)
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
