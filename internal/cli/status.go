package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

type statusFlags struct {
	clusterFlags
	Output string
	Watch  bool
	Drift  bool

	// format is Output where that is a format of data.
	format string
}

// wide is the format of more columns.
const wide = "wide"

func newStatus(env Environment) *cobra.Command {
	flags := &statusFlags{}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show a cluster: its API, nodes, addons, certificates, versions",
		Long: `Show how a cluster is: its API and control plane, every node, the addons, which
certificate ends first of those that can be seen from here, and what to type
where something is wrong.

What is unhealthy is told, and no failure: the exit code is 0. Each question has
a few seconds; one that gets no answer is shown as unknown, with the reason. Of
a cluster that phase 1 is still making, it says what there is and who is at it.

--drift asks more, and takes longer: whether anything was changed by hand, in
any of the three phases. It exits 3 where something was.`,
		Example: `  # Show the only cluster there is, or the one that .config.json describes
  kubectl anywhere status

  # Keep looking, until interrupted
  kubectl anywhere status --watch

  # What was changed outside of the config? Exits 3 where anything was
  kubectl anywhere status --drift

  # Show it as JSON
  kubectl anywhere status anywhere -o json`,
		Args:    atMostName,
		PreRunE: func(*cobra.Command, []string) error { return flags.check() },
		RunE:    flags.with(env, &flags.format, func(s *session, ctx context.Context) error { return s.status(ctx, *flags) }),
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVarP(&flags.Output, "output", "o", "", "Output `format`: json|yaml|wide")
	cmd.Flags().BoolVarP(&flags.Watch, "watch", "w", false, "Look again and again, until interrupted")
	cmd.Flags().BoolVar(&flags.Drift, "drift", false, "Look for what was changed outside of the config; exit 3 where anything was")
	return cmd
}

// check refuses what cannot be asked for at once.
func (f *statusFlags) check() error {
	if f.Drift && f.Watch {
		return &usageError{errors.New("--drift looks once, for it asks every host and resource: leave --watch out")}
	}
	if f.Output == wide {
		return nil
	}
	f.format = f.Output
	if err := checkFormat(f.format); err != nil {
		return &usageError{fmt.Errorf("--output %s: want one of json, wide, yaml", f.Output)}
	}
	return nil
}

func (s *session) status(ctx context.Context, flags statusFlags) error {
	if flags.Watch {
		return s.watchStatus(ctx, flags)
	}
	out, err := s.outputs(ctx)
	if report, is := s.inTheMaking(err); is {
		return s.printMaking(report, flags)
	}
	if err != nil {
		return err
	}
	report, err := s.lookout(out).report(ctx)
	if err != nil {
		return err
	}
	var untold error
	if flags.Drift {
		untold = s.addDrift(ctx, out, &report)
	}
	if err := s.printStatus(report, flags); err != nil {
		return err
	}
	if untold != nil {
		return fmt.Errorf("looking for drift of cluster %q: %w", report.Name, untold)
	}
	if report.Drift != nil && len(report.Drift.Found) > 0 {
		return errPending
	}
	return nil
}

// printStatus prints what was seen; on a stream as on a terminal, 80 columns
// hold it.
func (s *session) printStatus(report health.Report, flags statusFlags) error {
	if flags.format != "" {
		return printData(s.env, flags.format, "Status", report)
	}
	if err := health.Print(s.env.Out, report, health.Style{Wide: flags.Output == wide}); err != nil {
		return fmt.Errorf("printing the status: %w", err)
	}
	return nil
}

// nodes lists the nodes of an API that says it is ready.
func (s *session) nodes(ctx context.Context, out target.Outputs) ([]kube.Node, error) {
	api, err := s.connect(out)
	if err != nil {
		return nil, err
	}
	if err := api.Healthz(ctx); err != nil {
		return nil, err
	}
	return api.Nodes(ctx)
}
