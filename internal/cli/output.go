package cli

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/cli-runtime/pkg/printers"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

func addOutputFlag(cmd *cobra.Command, output *string) {
	cmd.Flags().StringVarP(output, "output", "o", "", "Output format: "+strings.Join(formats(), "|"))
}

func formats() []string { return genericclioptions.NewJSONYamlPrintFlags().AllowedFormats() }

// printData writes a value to standard output through kubectl's own printers,
// as an object of the given kind.
func printData(env Environment, format, kind string, value any) error {
	printer, err := genericclioptions.NewJSONYamlPrintFlags().ToPrinter(format)
	if err != nil {
		return &usageError{fmt.Errorf("output format %q: want one of %s", format, strings.Join(formats(), ", "))}
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

// readFile reads a file, or standard input where the path is "-".
func readFile(env Environment, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(env.In)
	}
	return os.ReadFile(path)
}

// count is a number with its noun: 1 node, 3 nodes.
func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// describe is what became of the resources, in Pulumi's signs.
func describe(c engine.Changes) string {
	if !c.Any() {
		return count(c.Same, "resource") + ", nothing to change"
	}
	return fmt.Sprintf("+%d created, ~%d updated, ±%d replaced, -%d deleted, %d unchanged",
		c.Create, c.Update, c.Replace, c.Delete, c.Same)
}
