package cli

import (
	"github.com/spf13/cobra"
)

func newConfig(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Make a cluster config, change it, look at it",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand()
	return cmd
}
