package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

type previewFlags struct {
	clusterFlags
	pluginFlags
	Refresh  bool
	ExitCode bool
	Output   string
	Out      string
}

// previewOptions is one run of preview.
type previewOptions struct {
	*session
	refresh  bool
	exitCode bool
	output   string
	// out is the file to keep the plan in, if any.
	out string
	// create is the command that does what is shown.
	create string
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
  kubectl anywhere preview --exit-code

  # Keep the plan, and later do just that, or refuse where the world has moved
  kubectl anywhere preview --out demo.plan
  kubectl anywhere create --plan demo.plan`,
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
			o := &previewOptions{session: s, refresh: flags.Refresh, exitCode: flags.ExitCode, output: flags.Output, out: flags.Out}
			o.create = strings.Join(append([]string{"kubectl anywhere create"}, args...), " ")
			if flags.File != "" {
				o.create += " -f " + quote(flags.File)
			}
			return o.run(cmd.Context())
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.pluginFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Refresh, "refresh", true, "Look at what exists; otherwise only at what the state says")
	cmd.Flags().BoolVar(&flags.ExitCode, "exit-code", false, "Exit 3 when changes are pending")
	cmd.Flags().StringVar(&flags.Out, "out", "", "`File` to keep the plan in, for 'create --plan'; no secret is in it")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (o *previewOptions) run(ctx context.Context) error {
	p, f, err := o.planWithin(ctx, o.refresh)
	if err != nil {
		return o.despair(ctx, err)
	}
	if err := o.print(p); err != nil {
		return err
	}
	if o.out != "" {
		world, err := o.worldOf(f)
		if err != nil {
			return err
		}
		if err := o.save(o.out, p, world); err != nil {
			return err
		}
	}
	o.advise(p)
	if o.exitCode && p.Pending() {
		return errPending
	}
	return nil
}

// despair adds what may still be done where what exists cannot be looked at.
func (o *previewOptions) despair(ctx context.Context, err error) error {
	var resource *engine.ResourceError
	if !o.refresh || ctx.Err() != nil || !errors.As(err, &resource) {
		return err
	}
	return &phase.Failure{Err: err, Next: []string{o.again + " --refresh=false   # compares with what the state says"}}
}

// advise says what to type next, where there is anything to do.
func (o *previewOptions) advise(p *plan.Plan) {
	switch {
	case o.out != "":
		o.narrate("\nNext: kubectl anywhere create --plan " + quote(o.out))
	case p.Pending() && o.output == "":
		o.narrate("\nNext: " + o.create)
	}
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
	return nil
}
