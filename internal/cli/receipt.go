package cli

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// receipt is what delete has taken away and what it could not, as
// 'delete -o json' prints it.
type receipt struct {
	Cluster string `json:"cluster"`
	Target  string `json:"target"`
	// Deleted counts resources by their type.
	Deleted map[string]int `json:"deleted"`
	// Left is what still carries the cluster's label, each in the words of the
	// command that removes it.
	Left []string `json:"left"`
}

// counting wraps a sink and counts what is deleted.
func (r *receipt) counting(next func(engine.Event)) func(engine.Event) {
	return func(e engine.Event) {
		if e.Kind == engine.Done && e.Op == "delete" {
			r.Deleted[e.Type]++
		}
		next(e)
	}
}

// print writes the receipt: a table for people, or data.
func (r *receipt) print(env Environment, format string) error {
	if format != "" {
		return printData(env, format, "Receipt", r)
	}
	fmt.Fprintf(env.ErrOut, "\nReceipt for cluster %q on target %q\n", r.Cluster, r.Target)
	w := newTable(env.ErrOut, "DELETED", "TYPE")
	for _, kind := range slices.Sorted(maps.Keys(r.Deleted)) {
		fmt.Fprintf(w, "%d\t%s\n", r.Deleted[kind], kind)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	if len(r.Left) == 0 {
		fmt.Fprintln(env.ErrOut, "Nothing is left that carries its label.")
		return nil
	}
	// The error refers to these.
	fmt.Fprintln(env.emphatic(), "Left, each with the command that removes it:")
	for _, left := range r.Left {
		fmt.Fprintln(env.emphatic(), "  "+left)
	}
	return nil
}
