package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// drift prints what on the host is not as the last apply left it.
func drift(args []string, stdout, stderr io.Writer) error {
	return inspect("drift", args, stdout, stderr, func(options host.Options, name string) (node.Drift, error) {
		return host.Drift(options.HostRoot, name)
	}, printDrift)
}

func printDrift(out io.Writer, found node.Drift) error {
	if len(found.Files) == 0 {
		_, err := fmt.Fprintf(out, "%d files are as the last apply left them.\n", found.Compared)
		return err
	}
	table := tabwriter.NewWriter(out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(table, "FILE\tDIFFERS IN")
	for _, file := range found.Files {
		fmt.Fprintf(table, "%s\t%s\n", file.Path, file.What)
	}
	return table.Flush()
}
