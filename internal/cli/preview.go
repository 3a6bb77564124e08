package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

type previewFlags struct {
	clusterFlags
	ExitCode bool
	Output   string
}

// planned is one resource that create would change.
type planned struct {
	Op   string   `json:"op"`
	Type string   `json:"type"`
	Name string   `json:"name"`
	Diff []string `json:"diff,omitempty"`
}

func newPreview(env Environment) *cobra.Command {
	flags := &previewFlags{}
	cmd := &cobra.Command{
		Use:   "preview",
		Short: "Show which resources create would change",
		Example: `  # Show what would change
  kubectl anywhere preview

  # Let a script know: exit 3 when changes are pending
  kubectl anywhere preview --exit-code`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			first := func() *config.Cluster { return config.New("local", env.blocks()) }
			s, err := flags.open(env, first)
			if err != nil {
				return err
			}
			return s.preview(cmd.Context(), flags.Output, flags.ExitCode)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.ExitCode, "exit-code", false, "Exit 3 when changes are pending")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (s *session) preview(ctx context.Context, output string, exitCode bool) error {
	in, err := s.inputs()
	if err != nil {
		return err
	}
	stack, err := s.stack(ctx)
	if err != nil {
		return err
	}
	defer stack.Close()
	var plan []planned
	changes, err := stack.Preview(ctx, s.target.Program(in), func(e engine.Event) {
		if e.Kind == engine.Started && e.Op != "same" {
			plan = append(plan, planned{e.Op, e.Type, e.Name, e.Diff})
		}
	})
	if err != nil {
		return err
	}
	if err := s.printPlan(output, plan, changes); err != nil {
		return err
	}
	if exitCode && len(plan) > 0 {
		return errPending
	}
	return nil
}

// signs are Pulumi's own for what happens to a resource.
var signs = map[string]string{"create": "+", "update": "~", "replace": "±", "delete": "-"}

func (s *session) printPlan(output string, plan []planned, changes engine.Changes) error {
	if output != "" {
		return printData(s.env, output, "Preview", map[string]any{"changes": plan})
	}
	for _, p := range plan {
		sign, ok := signs[p.Op]
		if !ok {
			continue
		}
		fmt.Fprintf(s.env.Out, "%s %s %s", sign, p.Type, p.Name)
		if len(p.Diff) > 0 {
			fmt.Fprintf(s.env.Out, " %v", p.Diff)
		}
		fmt.Fprintln(s.env.Out)
	}
	fmt.Fprintln(s.env.Out, describe(changes))
	return nil
}
