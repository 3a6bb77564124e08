package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

func addOutputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", "", "Output `format`: "+strings.Join(formats(), "|"))
}

func formats() []string { return genericclioptions.NewJSONYamlPrintFlags().AllowedFormats() }

// checkFormat refuses a format before anything is done for the output.
func checkFormat(format string) error {
	if format == "" || slices.Contains(formats(), format) {
		return nil
	}
	return &usageError{fmt.Errorf("--output %s: want one of %s", format, strings.Join(formats(), ", "))}
}

// printData writes a value to standard output through kubectl's own printers,
// as an object of the given kind.
func printData(env Environment, format, kind string, value any) error {
	printer, err := genericclioptions.NewJSONYamlPrintFlags().ToPrinter(format)
	if err != nil {
		return checkFormat(format)
	}
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("encoding the output: %w", err)
	}
	object := &unstructured.Unstructured{}
	if err := json.Unmarshal(data, &object.Object); err != nil {
		return fmt.Errorf("encoding the output: %w", err)
	}
	object.SetAPIVersion(config.APIVersion)
	object.SetKind(kind)
	return printer.PrintObj(object, env.Out)
}

// flusher is a writer that holds back until it knows its columns' widths.
type flusher interface {
	io.Writer
	Flush() error
}

// newTable starts a table in kubectl's own spacing; Flush prints it.
func newTable(w io.Writer, columns ...string) flusher {
	table := printers.GetNewTabWriter(w)
	fmt.Fprintln(table, strings.Join(columns, "\t"))
	return table
}

// count is a number with its noun: 1 node, 3 nodes.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// describe is what became of the resources, or with "to " before each verb
// what would: 2 created, 1 unchanged.
func describe(c engine.Changes, to string) string {
	if !c.Any() {
		return "nothing to change: " + count(c.Same, "resource") + " as wanted"
	}
	var parts []string
	for _, part := range []struct {
		n    int
		verb string
	}{{c.Create, "create"}, {c.Update, "update"}, {c.Replace, "replace"}, {c.Delete, "delete"}} {
		switch {
		case part.n > 0 && to != "":
			parts = append(parts, fmt.Sprintf("%d %s%s", part.n, to, part.verb))
		case part.n > 0:
			parts = append(parts, fmt.Sprintf("%d %sd", part.n, part.verb))
		}
	}
	if c.Same > 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", c.Same))
	}
	return strings.Join(parts, ", ")
}
