package cli

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

type pushImagesFlags struct {
	clusterFlags
	To string
}

func newImagesPush(env Environment) *cobra.Command {
	flags := &pushImagesFlags{}
	cmd := &cobra.Command{
		Use:   "push [NAME]",
		Short: "Push the images of the archive to a registry of your own",
		Long: `Push the images of the archive to a registry of your own, under the paths that
they have upstream. With that registry in spec.images.registry hosts pull from
there and from nowhere else. Rights are those of 'docker login'.`,
		Example: `  # Fill a mirror, then have the config name it
  kubectl anywhere images push --to registry.example.com/k8s
  kubectl anywhere config set spec.images.registry=registry.example.com/k8s`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.To == "" {
				return &usageError{errors.New("--to is missing: name a registry, such as registry.example.com/k8s")}
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			return s.pushImages(cmd.Context(), flags.To)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVar(&flags.To, "to", "", "`REGISTRY` to push to: host[:port][/path]")
	return cmd
}

func (s *session) pushImages(ctx context.Context, registry string) error {
	bundle, err := s.archive()
	if err != nil {
		return err
	}
	if bundle.Path == "" {
		return &usageError{errors.New("there is no archive to push from; 'kubectl anywhere images bundle' makes one")}
	}
	archive, err := images.OpenArchive(bundle.Path)
	if err != nil {
		return err
	}
	defer archive.Close()
	push := func(ctx context.Context, report phase.Reporter) error {
		err := images.Push(ctx, archive.Images, registry, func(e images.Event) { report.Wait("", e.String()) })
		if err == nil {
			report.Note("%s at %s", count(len(archive.Images), "image"), registry)
		}
		return err
	}
	if err := phase.Run(ctx, []phase.Phase{{Title: "Pushing the images", Run: push}}, s.progress()); err != nil {
		return err
	}
	s.narrate(fmt.Sprintf("\nNext: kubectl anywhere config set spec.images.registry=%s", quote(registry)))
	return nil
}
