package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

func newConfigSchema(env Environment) *cobra.Command {
	return &cobra.Command{
		Use:   "schema",
		Short: "Print the JSON Schema of cluster configs, for editors and checks",
		Long: `Print the JSON Schema of cluster configs, draft 7, for editors and checks.

It is published too; the config that 'kubectl anywhere config' writes names it
as its $schema, so that most editors complete and check it.`,
		Example: `  # Keep the schema of this version beside the config
  kubectl anywhere config schema > cluster.schema.json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if _, err := env.Out.Write(schema.Of(env.blocks()).JSON()); err != nil {
				return fmt.Errorf("writing the schema: %w", err)
			}
			return nil
		},
	}
}
