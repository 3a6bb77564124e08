package cli

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
)

type renderFlags struct {
	clusterFlags
	To string
}

func newRender(env Environment) *cobra.Command {
	flags := &renderFlags{To: "rendered"}
	cmd := &cobra.Command{
		Use:   "render [NAME]",
		Short: "Write every byte that would exist to a folder",
		Long: `Write every byte that would exist to a folder, without touching anything else:
the resources that would be made, what each host would hold, and the addons.

It needs no credentials, no network and no Docker. Where a secret will be, it
says what it will be.`,
		Example: `  # Render the cluster that .config.json describes, or a first one, and read it
  kubectl anywhere render --to rendered

  # The addons are a kustomization like any other
  kubectl kustomize rendered/3-addons`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			return s.render(flags.To)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVar(&flags.To, "to", flags.To, "`Folder` to write to; it must be new or empty")
	return cmd
}

func (s *session) render(to string) error {
	if entries, err := os.ReadDir(to); err == nil && len(entries) > 0 {
		return &usageError{fmt.Errorf("--to %s: the folder is not empty; name a new one, or remove it first", to)}
	}
	in, err := s.inputs()
	if err != nil {
		return err
	}
	made, err := render.Cluster(s.target, in, render.Options{})
	if err != nil {
		return err
	}
	files := made.Files
	for _, name := range slices.Sorted(maps.Keys(files)) {
		path := filepath.Join(to, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return fmt.Errorf("writing what was rendered: %w", err)
		}
		if err := os.WriteFile(path, files[name], 0o644); err != nil {
			return fmt.Errorf("writing what was rendered: %w", err)
		}
	}
	fmt.Fprintf(s.env.ErrOut, "%s in %s\n\nNext: kubectl kustomize %s\n", count(len(files), "file"), to, filepath.Join(to, "3-addons"))
	return nil
}
