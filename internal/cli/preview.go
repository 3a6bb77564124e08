package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

type previewFlags struct {
	clusterFlags
	pluginFlags
	ExitCode bool
	Output   string
}

// previewOptions is one run of preview.
type previewOptions struct {
	*session
	exitCode bool
	output   string
}

func newPreview(env Environment) *cobra.Command {
	flags := &previewFlags{}
	cmd := &cobra.Command{
		Use:   "preview [NAME]",
		Short: "Show which resources create would change",
		Long: `Show which resources create would change. Nothing is touched, and the cluster's
state, not what exists, is what the config is compared with.`,
		Example: `  # Show what would change
  kubectl anywhere preview

  # Let a script know: exit 3 when changes are pending
  kubectl anywhere preview --exit-code`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			s.givenPlugins = flags.pluginFlags.Dir
			o := &previewOptions{session: s, exitCode: flags.ExitCode, output: flags.Output}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.pluginFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.ExitCode, "exit-code", false, "Exit 3 when changes are pending")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (o *previewOptions) run(ctx context.Context) error {
	if err := checkFormat(o.output); err != nil {
		return err
	}
	p, err := o.preview(ctx)
	if err != nil {
		return err
	}
	if err := o.print(p); err != nil {
		return err
	}
	if o.exitCode && len(p.Changes) > 0 {
		return errPending
	}
	return nil
}

func (o *previewOptions) preview(ctx context.Context) (plan, error) {
	in, err := o.inputs()
	if err != nil {
		return plan{}, err
	}
	if err := o.havePlugins(ctx); err != nil {
		return plan{}, err
	}
	stack, err := o.existing(ctx, o.narrate)
	if err != nil {
		return plan{}, err
	}
	if stack == nil {
		return o.newPlan(ctx, in)
	}
	defer stack.Close()
	return o.plan(ctx, stack, in)
}

// signs are Pulumi's own for what happens to a resource.
func signs() map[string]string {
	return map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-"}
}

func (o *previewOptions) print(p plan) error {
	p.Billed = o.bill()
	if o.output != "" {
		return printData(o.env, o.output, "Preview", p)
	}
	for _, change := range p.Changes {
		fmt.Fprintf(o.env.Out, "%s %s %s", signs()[change.Op], change.Type, change.Name)
		if len(change.Diff) > 0 && change.Op != "create" {
			fmt.Fprintf(o.env.Out, " (%s)", strings.Join(change.Diff, ", "))
		}
		fmt.Fprintln(o.env.Out)
	}
	if _, err := fmt.Fprintln(o.env.Out, describe(p.counts, "to ")); err != nil {
		return fmt.Errorf("printing the preview: %w", err)
	}
	if err := o.printBill(p.Billed); err != nil {
		return err
	}
	o.warn(p)
	return nil
}

// warn says loudly what create would refuse.
func (o *previewOptions) warn(p plan) {
	refused := false
	for _, change := range p.Changes {
		if change.Destroys != "" {
			refused = true
			o.narrate("\nWARNING: " + change.loss())
		}
	}
	if refused {
		o.narrate("create refuses this without --replace-control-plane.")
	}
}
