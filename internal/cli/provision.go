package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

func newProvision(env Environment) *cobra.Command {
	flags := &clusterFlags{}
	cmd := &cobra.Command{
		Use:   "provision",
		Short: "Phase 1 alone: make the hosts and the network",
		Example: `  # Make the hosts; each starts to become a node by itself
  kubectl anywhere provision -f examples/local.json`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			first := func() *config.Cluster { return config.New("local", env.blocks()) }
			s, err := flags.open(env, first)
			if err != nil {
				return err
			}
			c := &creation{session: s}
			defer c.close()
			plan := []phase.Phase{
				{Title: "Checking that this can be made here", Run: c.preflight},
				{Title: "Provisioning network and hosts", Run: c.provision},
			}
			if err := phase.Run(cmd.Context(), plan, s.progress()); err != nil {
				return c.advise(err)
			}
			fmt.Fprintln(env.ErrOut, "\nNext: kubectl anywhere create, which goes on from here")
			return nil
		},
	}
	flags.addFlags(cmd)
	return cmd
}

// sink turns the engine's events into progress.
func sink(report phase.Reporter) func(engine.Event) {
	return func(e engine.Event) {
		what := e.Type + " " + e.Name
		switch {
		case e.Kind == engine.Message:
			report.Note("%s", e.Message)
		case e.Op == "same" || e.Op == "refresh" || e.Op == "read":
		case e.Kind == engine.Started:
			report.Wait(what, "to "+e.Op)
		case e.Kind == engine.Failed:
			report.Note("could not %s %s: %s", e.Op, what, e.Err)
		case e.Kind == engine.Done:
			report.Note("%sd %s", e.Op, what)
		}
	}
}
