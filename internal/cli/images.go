package cli

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

type imagesFlags struct {
	clusterFlags
	pluginFlags
	Repo string
	From string
	Out  string
}

func newImages(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "images",
		Short: "List, bundle and push the images that a cluster is made of",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newImagesList(env), newImagesBundle(env), newImagesPush(env))
	return cmd
}

func newImagesBundle(env Environment) *cobra.Command {
	flags := &imagesFlags{From: "any"}
	cmd := &cobra.Command{
		Use:   "bundle [NAME]",
		Short: "Write every image of a config into one archive that hosts load",
		Long: `Write every image of a config into one archive that hosts load, and print its
path. With --out all else is packed with it that creating the cluster would
download: the provider's plugin, and on target local what hosts are made of.
'create --bundle' takes that file, and nothing from elsewhere.

Official images are copied from their registry where it answers; otherwise, and
always for the bootstrap image, they are built from Go module source, which
takes a clone of this repository. Those of network layers such as cilium are
in the archive where the config asks for them.`,
		Example: `  # Bundle the images, from wherever they can be had
  kubectl anywhere images bundle

  # Build them from source, whatever registries there are
  kubectl anywhere images bundle --from source

  # One file with all there is, for a machine without a way out
  kubectl anywhere images bundle --out cluster.kit
  kubectl anywhere create --bundle cluster.kit`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.From != "any" && flags.From != "source" {
				return &usageError{fmt.Errorf("--from %q: want any or source", flags.From)}
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			s.givenPlugins = flags.Dir
			return s.bundleImages(cmd.Context(), flags)
		},
	}
	flags.clusterFlags.addFlags(cmd)
	flags.pluginFlags.addFlags(cmd)
	cmd.Flags().StringVar(&flags.Out, "out", "", "`File` to pack all into that the cluster is made of")
	cmd.Flags().StringVar(&flags.Repo, "repo", ".", "Clone of this repository, to build from")
	cmd.Flags().StringVar(&flags.From, "from", flags.From, "Where images come from: any or source")
	return cmd
}

func (s *session) bundleImages(ctx context.Context, flags *imagesFlags) error {
	repo, err := clone(flags.Repo)
	if err != nil {
		return err
	}
	spec := s.cluster.Spec
	needs, err := s.needs()
	if err != nil {
		return err
	}
	options := images.BuildOptions{
		RepoDir:   repo,
		SourceDir: filepath.Join(repo, "bootstrap-image", "source"),
		Version:   spec.KubernetesVersion,
		With:      needs,
	}
	var made *images.Bundle
	bundle := func(ctx context.Context, report phase.Reporter) (err error) {
		options.Log = func(e images.Event) { report.Wait("", e.String()) }
		made, err = s.makeBundle(ctx, report, options, flags.From == "source")
		return err
	}
	plan := []phase.Phase{{Title: "Bundling the images", Run: bundle}}
	if flags.Out != "" {
		pack := func(ctx context.Context, report phase.Reporter) error {
			return s.packKit(ctx, report, made, flags.Out)
		}
		plan = append(plan, phase.Phase{Title: "Packing what the cluster is made of", Run: pack})
	}
	if err := phase.Run(ctx, plan, s.progress()); err != nil {
		return err
	}
	_, err = fmt.Fprintln(s.env.Out, cmp.Or(flags.Out, made.Path))
	return err
}

// clone is the path of a clone of this repository.
func clone(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	if err != nil {
		return "", fmt.Errorf("finding the clone %q: %w", folder, err)
	}
	if _, err := os.Stat(filepath.Join(path, "bootstrap-image", "source")); err != nil {
		return "", &usageError{fmt.Errorf("--repo %s: it is no clone of this repository, which images are built from; name the folder of one: 'kubectl anywhere images bundle --repo FOLDER'", quote(folder))}
	}
	return path, nil
}

// needs are the components whose images not every cluster has and this one's
// addons name.
func (s *session) needs() ([]string, error) {
	references, err := s.references()
	if err != nil {
		return nil, fmt.Errorf("finding the images of the addons: %w", err)
	}
	return images.Needed(references), nil
}

// noArchive is the problem that no archive has all that the cluster needs.
// cause says why its images cannot be pulled instead.
func noArchive(needs []string, cause error) diag.Problem {
	which, command := "of images", "make images"
	if len(needs) > 0 {
		which = "with the images of " + strings.Join(needs, " and ")
		command += " WITH=" + strings.Join(needs, ",")
	}
	return diag.Problem{
		Message: fmt.Sprintf("there is no archive %s, and the image of phase 2 cannot be pulled: %v", which, cause),
		Fix:     "make the archive, in a clone of kubectl anywhere: '" + command + "'; or take one along that 'kubectl anywhere images bundle --out FILE' made elsewhere: 'kubectl anywhere create --bundle FILE'",
	}
}

func (s *session) makeBundle(ctx context.Context, report phase.Reporter, o images.BuildOptions, source bool) (*images.Bundle, error) {
	if source {
		return images.Build(ctx, o)
	}
	registry := s.cluster.Spec.Images.Registry
	if err := s.env.Reachable(ctx, images.For(o.Version, registry).Pause); err != nil {
		report.Note("building from source: %v", err)
		return images.Build(ctx, o)
	}
	return images.Copy(ctx, o, registry)
}
