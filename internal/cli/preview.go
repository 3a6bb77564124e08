package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

type previewFlags struct {
	clusterFlags
	pluginFlags
	Refresh  bool
	ExitCode bool
	Output   string
}

// previewOptions is one run of preview.
type previewOptions struct {
	*session
	refresh  bool
	exitCode bool
	output   string
}

func newPreview(env Environment) *cobra.Command {
	flags := &previewFlags{}
	cmd := &cobra.Command{
		Use:   "preview [NAME]",
		Short: "Show what create would change, in all three phases",
		Long: `Show what create would change: resources, the config of each kind of node and
what another one means for the hosts, and the addons. Nothing is touched.

What exists is looked at, at the provider and in the cluster, and compared with
the config. With --refresh=false resources are compared with what the cluster's
state says of them, which is quicker and sees no change made behind its back.`,
		Example: `  # Show what would change
  kubectl anywhere preview

  # Let a script know: exit 3 when changes are pending
  kubectl anywhere preview --exit-code`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(flags.Output); err != nil {
				return err
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			s.givenPlugins = flags.pluginFlags.Dir
			o := &previewOptions{session: s, refresh: flags.Refresh, exitCode: flags.ExitCode, output: flags.Output}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.pluginFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Refresh, "refresh", true, "Look at what exists; otherwise only at what the state says")
	cmd.Flags().BoolVar(&flags.ExitCode, "exit-code", false, "Exit 3 when changes are pending")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (o *previewOptions) run(ctx context.Context) error {
	p, err := o.wholePlan(ctx, o.refresh)
	if err != nil {
		return err
	}
	if err := o.print(p); err != nil {
		return err
	}
	if o.exitCode && p.Pending() {
		return errPending
	}
	return nil
}

// signs are Pulumi's own for what happens to a resource.
func signs() map[string]string {
	return map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-"}
}

func (o *previewOptions) print(p *plan.Plan) error {
	if o.output != "" {
		return printData(o.env, o.output, "Preview", p)
	}
	if err := p.Print(o.env.Out); err != nil {
		return fmt.Errorf("printing the preview: %w", err)
	}
	return o.printBill(p.Billed)
}
