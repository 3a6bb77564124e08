package cli

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// asNames prints one reference a line, for other programs to read.
const asNames = "name"

type listImagesFlags struct {
	clusterFlags
	Output string
}

func newImagesList(env Environment) *cobra.Command {
	flags := &listImagesFlags{}
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the images of a cluster, and which the archive has",
		Long: `List every image that the hosts of a cluster run, those of its addons among
them, and which of them the archive has that hosts load. The others are pulled.`,
		Example: `  # List them
  kubectl anywhere images list

  # One a line, such as to copy them with a tool of your own
  kubectl anywhere images list -o name`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if flags.Output != asNames && checkFormat(flags.Output) != nil {
				return &usageError{fmt.Errorf("--output %s: want one of json, name, yaml", flags.Output)}
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			return s.listImages(flags.Output)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVarP(&flags.Output, "output", "o", "", "Output `format`: json|yaml|name")
	return cmd
}

// imageRow is what is known of an image.
type imageRow struct {
	Reference string `json:"reference"`
	// Archived tells that the archive has it. Digest, and the bytes of its
	// layers, are those of the image there.
	Archived bool   `json:"archived"`
	Digest   string `json:"digest,omitempty"`
	Size     int64  `json:"size,omitempty"`
}

func (s *session) listImages(output string) error {
	references, err := s.allReferences()
	if err != nil {
		return err
	}
	bundle, err := s.archive()
	if err != nil {
		return err
	}
	rows, err := imageRows(references, bundle.Path)
	if err != nil {
		return err
	}
	switch output {
	case "":
		return s.printImages(rows, bundle.Path)
	case asNames:
		for _, row := range rows {
			if _, err := fmt.Fprintln(s.env.Out, row.Reference); err != nil {
				return fmt.Errorf("printing the images: %w", err)
			}
		}
		return nil
	}
	return printData(s.env, output, "ImageList", map[string]any{"archive": bundle.Path, "items": rows})
}

// allReferences are the images of hosts and of addons, each once, by name.
func (s *session) allReferences() ([]string, error) {
	addons, err := s.references()
	if err != nil {
		return nil, fmt.Errorf("finding the images of the addons: %w", err)
	}
	spec := s.cluster.Spec
	all := append(images.For(spec.KubernetesVersion, spec.Images.Registry).OfHosts(), addons...)
	return slices.Compact(slices.Sorted(slices.Values(all))), nil
}

// archive is the archive that hosts of this cluster load; its path is empty
// where there is none.
func (s *session) archive() (*images.Bundle, error) {
	needs, err := s.needs()
	if err != nil {
		return nil, err
	}
	return images.Find(s.cluster.Spec.KubernetesVersion, s.cluster.Spec.Images.Bundle, needs...)
}

// imageRows says of each image whether the archive at a path has it.
func imageRows(references []string, path string) ([]imageRow, error) {
	has := map[string]imageRow{}
	if path != "" {
		archive, err := images.OpenArchive(path)
		if err != nil {
			return nil, err
		}
		defer archive.Close()
		for _, img := range archive.Images {
			entry, err := img.Describe()
			if err != nil {
				return nil, err
			}
			has[entry.Reference] = imageRow{Archived: true, Digest: entry.Digest, Size: entry.Size}
		}
	}
	rows := make([]imageRow, 0, len(references))
	for _, reference := range references {
		row := has[reference]
		row.Reference = reference
		rows = append(rows, row)
	}
	return rows, nil
}

func (s *session) printImages(rows []imageRow, path string) error {
	table := newTable(s.env.Out, "IMAGE", "SIZE", "FROM")
	missing := 0
	for _, row := range rows {
		size, from := "-", "pulled"
		if row.Archived {
			size, from = fmt.Sprintf("%.1f MB", float64(row.Size)/1e6), "archive"
		} else {
			missing++
		}
		fmt.Fprintf(table, "%s\t%s\t%s\n", row.Reference, size, from)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("printing the images: %w", err)
	}
	s.narrate(fmt.Sprintf("%s, %d of them pulled; the archive is %s", count(len(rows), "image"), missing, cmp.Or(path, "none: 'kubectl anywhere images bundle' makes one")))
	return nil
}
