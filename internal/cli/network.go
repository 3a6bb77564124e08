package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func newNetwork(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "network",
		Short: "List the network layers, or take a living cluster to another",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newNetworkList(env), newNetworkSwitch(env))
	return cmd
}

func newNetworkList(env Environment) *cobra.Command {
	flags := clusterFlags{}
	output := ""
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the network layers, what each declares, and which one is here",
		Example: `  # List them
  kubectl anywhere network list`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(output); err != nil {
				return err
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			return s.listLayers(cmd.Context(), output)
		},
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &output)
	return cmd
}

// layerRow is one layer as 'network list -o json' prints it.
type layerRow struct {
	Name string `json:"name"`
	// Current tells that the cluster's config has it.
	Current bool `json:"current,omitempty"`
	// Refused says why it cannot be used on the cluster's target.
	Refused string `json:"refused,omitempty"`
	catalog.Layer
}

func (s *session) listLayers(_ context.Context, output string) error {
	layers, err := catalog.Layers()
	if err != nil {
		return err
	}
	current := s.cluster.Spec.Network.Layer
	if s.layer != nil {
		layers = append(layers, *s.layer)
	}
	rows := []layerRow{}
	for _, layer := range layers {
		rows = append(rows, layerRow{Name: layer.Name, Current: layer.Name == current, Refused: s.refusesLayer(layer), Layer: layer})
	}
	if output != "" {
		return printData(s.env, output, "NetworkLayerList", map[string]any{"items": rows})
	}
	w := newTable(s.env.Out, "HERE", "LAYER", "VERSION", "POLICY", "KUBE-PROXY", "MTU", "PORTS")
	for _, row := range rows {
		mark, policy, proxy := "", "-", "kept"
		if row.Current {
			mark = "*"
		}
		if row.EnforcesPolicy {
			policy = "yes"
		}
		if row.ReplacesKubeProxy {
			proxy = "replaced"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", mark, row.Name, dashed(row.Version), policy, proxy, orDash(-row.MTUOverhead), dashed(portsOf(row.Ports)))
	}
	if err := w.Flush(); err != nil {
		return err
	}
	for _, row := range rows {
		if row.Refused != "" {
			s.narrate(fmt.Sprintf("%s cannot be used on target %s: %s", row.Name, s.target.Name(), row.Refused))
		}
	}
	return nil
}

// refusesLayer is why the cluster's target or its ranges cannot have a layer.
func (s *session) refusesLayer(layer catalog.Layer) string {
	routing, ok := s.cluster.Spec.Block.(interface{ Routes() bool })
	return layer.Serves(ok && routing.Routes(), nil)
}

// portsOf are ports in short: 8472/udp, 4240/tcp.
func portsOf(ports []catalog.Port) string {
	var all []string
	for _, p := range ports {
		number := fmt.Sprint(p.From)
		if p.Last() != p.From {
			number += fmt.Sprintf("-%d", p.Last())
		}
		all = append(all, number+"/"+p.Protocol)
	}
	return strings.Join(all, ",")
}
