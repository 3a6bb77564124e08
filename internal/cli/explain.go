package cli

import (
	"errors"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

type explainFlags struct {
	Recursive bool
	Output    string
}

func newExplain(env Environment) *cobra.Command {
	flags := &explainFlags{}
	cmd := &cobra.Command{
		Use:   "explain [FIELD]",
		Short: "Explain a field of the config, and where it ends up",
		Long: `Explain a field of the config: its type, default and values, which targets use
it, and where it ends up: in which resources, files and flags.

Where it ends up was found out by changing the field alone and rendering the
cluster before and after.`,
		Example: `  # Explain the whole config
  kubectl anywhere explain

  # Explain a field; lists are written with brackets or without
  kubectl anywhere explain spec.network.podCIDR
  kubectl anywhere explain spec.pools[].count

  # List all fields within one
  kubectl anywhere explain spec.gcp --recursive`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{errors.New("explain takes one field, such as spec.network.podCIDR")}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return flags.run(env, args) },
	}
	cmd.Flags().BoolVar(&flags.Recursive, "recursive", false, "List the names of all fields within the field")
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (f *explainFlags) run(env Environment, args []string) error {
	if err := checkFormat(f.Output); err != nil {
		return err
	}
	path := ""
	if len(args) > 0 {
		path = args[0]
	}
	s := schema.Of(env.blocks())
	field, err := s.Resolve(path)
	if err != nil {
		return &usageError{err}
	}
	explained := s.Explain(field, f.Recursive)
	if f.Output != "" {
		return printData(env, f.Output, "FieldExplanation", explained)
	}
	return explained.Print(env.Out, f.Recursive)
}
