package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
)

type doctorFlags struct {
	clusterFlags
	Before, After, NoPods, List bool
	Only                        []string
	Output                      string
}

func newDoctor(env Environment) *cobra.Command {
	flags := &doctorFlags{}
	cmd := &cobra.Command{
		Use:   "doctor [NAME]",
		Short: "Look for what is wrong, and say what to type about it",
		Long: `Look for what is wrong, and say what to type about it: with this machine, the
config and the target before anything is made; and with the cluster, where there
is one.

Nothing is changed. To see whether pods reach each other, one small pod a node
runs for some seconds; --no-pods does without. Exits 1 when anything failed.`,
		Example: `  # Can a cluster be made here? And if there is one, is it well?
  kubectl anywhere doctor

  # Look at the nodes and the network of a cluster only
  kubectl anywhere doctor anywhere --only nodes,network

  # List what is looked at
  kubectl anywhere doctor --list`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := flags.check(); err != nil {
				return err
			}
			if flags.List {
				return listChecks(env)
			}
			e, err := flags.examination(env, cmd, args)
			if err != nil {
				return err
			}
			return e.run(cmd.Context(), flags)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Before, "before", false, "Only what can be known before a cluster is made")
	cmd.Flags().BoolVar(&flags.After, "after", false, "Only the cluster that exists")
	cmd.Flags().BoolVar(&flags.NoPods, "no-pods", false, "Start no pods: the pod network is not looked at")
	cmd.Flags().BoolVar(&flags.List, "list", false, "List what is looked at, and look at nothing")
	cmd.Flags().StringSliceVar(&flags.Only, "only", nil, "`Groups` of checks to run, as --list has them")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

// check refuses what cannot be looked for.
func (f *doctorFlags) check() error {
	if err := checkFormat(f.Output); err != nil {
		return err
	}
	e := &examination{}
	groups := doctor.Groups(append(e.before(), e.after()...))
	for _, group := range f.Only {
		if !slices.Contains(groups, group) {
			return &usageError{fmt.Errorf("--only %s: there is no such group of checks; there is %s", group, strings.Join(groups, ", "))}
		}
	}
	return nil
}

// listChecks prints what is looked at.
func listChecks(env Environment) error {
	e := &examination{}
	for _, part := range []struct {
		when   string
		checks []doctor.Check
	}{{"Before a cluster is made:", e.before()}, {"\nOf a cluster that exists:", e.after()}} {
		fmt.Fprintln(env.Out, part.when)
		table := newTable(env.Out, "GROUP", "CHECK", "ABOUT")
		for _, c := range part.checks {
			fmt.Fprintf(table, "%s\t%s\t%s\n", c.Group, c.Name, c.About)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// examination finds the cluster. A config that is wrong is a finding, and no
// reason to look at nothing.
func (f *doctorFlags) examination(env Environment, cmd *cobra.Command, args []string) (*examination, error) {
	e := &examination{env: env, noPods: f.NoPods}
	switch {
	case f.File != "" && f.File != "-":
		e.which = " -f " + quote(f.File)
	case len(args) > 0:
		e.which = " " + args[0]
	}
	s, err := f.open(env, cmd, args, func() *config.Cluster {
		e.first = true
		return env.first()
	})
	var problems *diag.Error
	switch {
	case errors.As(err, &problems):
		e.configErr = problems
	case err != nil:
		return nil, err
	}
	e.session = s
	return e, nil
}

// run looks, tells what it finds as it finds it, and fails where anything did.
func (e *examination) run(ctx context.Context, flags *doctorFlags) error {
	checks, err := e.checks(ctx, flags)
	if err != nil {
		return err
	}
	report := &doctor.Report{Time: time.Now().UTC().Truncate(time.Second)}
	if e.session != nil {
		report.Cluster, report.Target = e.cluster.Metadata.Name, e.target.Name()
	}
	printer := doctor.NewPrinter(e.env.Out, e.env.draws())
	heard := printer.Print
	if flags.Output != "" {
		heard = nil
	}
	defer e.close(ctx)
	report.Results, err = doctor.Run(ctx, doctor.Only(checks, flags.Only), heard)
	if err != nil {
		return fmt.Errorf("interrupted while looking: %w", err)
	}
	report.Count()
	if flags.Output != "" {
		err = printData(e.env, flags.Output, "Diagnosis", report)
	} else {
		err = printer.Summary(report)
	}
	if err == nil && report.Failed() && e.first {
		// There is neither a config nor a cluster that a support bundle could be of.
		return fmt.Errorf("%s failed; each says above what to do, and then 'kubectl anywhere doctor' looks again", count(report.Summary[doctor.Failed], "check"))
	}
	if err == nil && report.Failed() {
		return fmt.Errorf("%s failed; each says above what to do", count(report.Summary[doctor.Failed], "check"))
	}
	if err == nil && flags.Output == "" && e.session != nil && !e.exists && !flags.After {
		e.narrate("\nThere is no cluster yet.\n\nNext: kubectl anywhere create" + e.which)
	}
	return err
}

// checks are those that the flags ask for: unless told otherwise, what can be
// known before there is a cluster, and where there is one, that too.
func (e *examination) checks(ctx context.Context, flags *doctorFlags) ([]doctor.Check, error) {
	e.look(ctx)
	all := e.before()
	switch {
	case flags.Before && !flags.After:
	case flags.After && e.session == nil:
		return nil, e.configErr
	case flags.After && !e.exists && e.stateErr == nil:
		return nil, fmt.Errorf("cluster %q has no state at %s; 'kubectl anywhere create' makes it", e.cluster.Metadata.Name, e.backend)
	case flags.After && !flags.Before:
		all = e.after()
	case flags.After, e.exists:
		all = append(all, e.after()...)
	}
	if e.session != nil {
		return all, nil
	}
	for i, c := range all {
		if slices.Contains(c.Needs, configValid) {
			all[i].Run = func(context.Context) []doctor.Result { return doctor.Skip("the config cannot be read") }
		}
	}
	return all, nil
}

// draws tells whether standard output is a terminal that knows more than ASCII.
func (env Environment) draws() bool {
	out, ok := env.Out.(interface{ Fd() uintptr })
	if !ok || !term.IsTerminal(int(out.Fd())) || env.Getenv("TERM") == "dumb" {
		return false
	}
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := strings.ToLower(env.Getenv(name)); value != "" {
			return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
		}
	}
	return false
}
