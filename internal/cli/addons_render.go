package cli

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

func newAddonsRender(env Environment) *cobra.Command {
	flags := namedFlags{}
	cmd := &cobra.Command{
		Use:   "render [ADDON…]",
		Short: "Print the objects of all addons, or of some, as YAML",
		Long: `Print the objects of all addons, or of some, in the order in which they are
applied, as YAML that kubectl takes. Of an addon that is not enabled, it prints
what would be applied.`,
		Example: `  # All of them
  kubectl anywhere addons render

  # What would this one bring?
  kubectl anywhere addons render headlamp`,
		RunE: func(cmd *cobra.Command, args []string) error {
			flags.Name = flags.Cluster
			root, err := home.Root()
			if err != nil {
				return err
			}
			cluster, err := flags.find(env, root, env.first)
			if err != nil {
				return err
			}
			s, err := flags.session(env, cmd, args, cluster)
			if err != nil {
				return err
			}
			return s.renderAddons(cmd.Context(), args)
		},
	}
	flags.addFlags(cmd)
	return cmd
}

func (s *session) renderAddons(ctx context.Context, names []string) error {
	out, made, err := s.anyOutputs(ctx)
	if err != nil {
		return err
	}
	if !made {
		s.narrate("# The cluster is not there yet: for its endpoint stands " + unknownEndpoint)
	}
	if err := s.wouldHave(names); err != nil {
		return err
	}
	set, err := addon.Render(s.addonValues(out))
	if err != nil {
		return err
	}
	var text bytes.Buffer
	for _, object := range slices.Concat(set.Objects, set.Unmanaged) {
		name := addonNameOf(object)
		said, _ := s.cluster.Addon(name)
		if len(names) == 0 && said.Unmanaged || len(names) > 0 && !slices.Contains(names, name) {
			continue
		}
		one, err := yaml.Marshal(object.Object)
		if err != nil {
			return fmt.Errorf("printing %s %s: %w", object.GetKind(), object.GetName(), err)
		}
		fmt.Fprintf(&text, "---\n%s", one)
	}
	_, err = s.env.Out.Write(text.Bytes())
	return err
}

// wouldHave enables addons that are asked for, in memory alone.
func (s *session) wouldHave(names []string) error {
	known := append(choice.Names(s.cluster), catalog.Called(s.cluster.Spec.Network.Layer))
	for _, name := range names {
		switch said, listed := s.cluster.Addon(name); {
		case !slices.Contains(known, name):
			return &usageError{fmt.Errorf("there is no addon %q%s; there is %s", name, config.Meant(name, known), strings.Join(known, ", "))}
		case listed && !said.On():
			for i := range s.cluster.Spec.Addons {
				if s.cluster.Spec.Addons[i].Name == name {
					s.cluster.Spec.Addons[i].Enabled = nil
				}
			}
		case !listed && slices.Contains(catalog.AddonNames(), name) && !s.cluster.HasAddon(name):
			s.cluster.Spec.Addons = append(s.cluster.Spec.Addons, config.Addon{Name: name})
			if name == config.LoggingAddon && s.cluster.Spec.Logging == (config.Logging{}) {
				s.cluster.Spec.Logging.Output = config.LogsToStdout
			}
		}
	}
	return nil
}
