package cli

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// graphFormats are what a graph can be written as, the default first.
func graphFormats() []string { return []string{"svg", "mermaid", "dot"} }

type graphFlags struct {
	clusterFlags
	Output  string
	To      string
	Planned bool
	Health  bool
}

func newGraph(env Environment) *cobra.Command {
	flags := &graphFlags{}
	cmd := &cobra.Command{
		Use:   "graph [NAME]",
		Short: "Draw a cluster: its network, its hosts, the ports between them",
		Long: `Draw a cluster: its network, the hosts by zone and role, what the API is reached
by, and the ports between them. What exists is drawn in solid lines, what will
exist in dashed ones.

What exists is read from the cluster's state. Nothing else is asked, unless
--health has every host looked at.`,
		Example: `  # Draw the cluster of .config.json, or a first one, and look at it
  kubectl anywhere graph --to cluster.svg

  # Mark the hosts that are not well
  kubectl anywhere graph anywhere --health --to cluster.svg

  # Paste it into a README: GitHub draws Mermaid
  kubectl anywhere graph -f examples/gcp.json -o mermaid

  # Have Graphviz draw it
  kubectl anywhere graph -o dot | dot -Tpng > cluster.png`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if !slices.Contains(graphFormats(), flags.Output) {
				return &usageError{fmt.Errorf("--output %s: want one of %s", flags.Output, strings.Join(graphFormats(), ", "))}
			}
			if flags.Planned && flags.Health {
				return &usageError{fmt.Errorf("--planned draws what the config says, and --health what exists: give one of them")}
			}
			s, err := flags.open(env, cmd, args, env.first)
			if err != nil {
				return err
			}
			return s.graph(cmd.Context(), flags)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVarP(&flags.Output, "output", "o", graphFormats()[0], "Output `format`: "+strings.Join(graphFormats(), "|"))
	cmd.Flags().StringVar(&flags.To, "to", "", "`File` to write to (default standard output)")
	cmd.Flags().BoolVar(&flags.Planned, "planned", false, "Draw what the config says, although the cluster exists")
	cmd.Flags().BoolVar(&flags.Health, "health", false, "Look at every host, and mark those that are not well")
	return cmd
}

func (s *session) graph(ctx context.Context, flags *graphFlags) error {
	facts := diagram.Facts{}
	if !flags.Planned {
		out, err := s.existingOutputs(ctx)
		if err != nil {
			return err
		}
		facts.Outputs = out
	}
	if flags.Health && facts.Outputs != nil {
		trouble, err := s.trouble(ctx, *facts.Outputs)
		if err != nil {
			return err
		}
		facts.Trouble = trouble
	}
	return s.writePicture(flags.To, drawGraph(diagram.Of(s.cluster, facts), flags.Output))
}

// drawGraph writes a graph in one of graphFormats.
func drawGraph(g *diagram.Graph, format string) []byte {
	switch format {
	case "mermaid":
		return []byte(g.Mermaid())
	case "dot":
		return []byte(g.DOT())
	}
	return g.SVG()
}

// existingOutputs are what phase 1 has handed on, or nil where the cluster does
// not exist, or not yet so far.
func (s *session) existingOutputs(ctx context.Context) (*target.Outputs, error) {
	stack, err := s.existing(ctx, s.narrate)
	if err != nil || stack == nil {
		return nil, err
	}
	defer stack.Close()
	values, err := stack.Outputs(ctx)
	if err != nil {
		return nil, err
	}
	out, err := target.ParseOutputs(values)
	if err != nil {
		s.narrate("the cluster was begun and is not complete: it is drawn as it will be")
		return nil, nil
	}
	return &out, nil
}

// trouble looks at every host and says which are not well, and why.
func (s *session) trouble(ctx context.Context, out target.Outputs) ([]diagram.Trouble, error) {
	seen, err := s.target.Observe(ctx, s.cluster, out)
	if err != nil {
		return nil, err
	}
	nodes, unanswered := s.nodes(ctx, out)
	if unanswered != nil {
		s.narrate("the API does not answer, hosts are judged by what they say themselves: " + unanswered.Error())
	}
	var all []diagram.Trouble
	for _, o := range seen {
		reason := stage(o)
		if reason == "" && unanswered == nil {
			reason = notReady(nodes, o.Host.Name)
		}
		if reason != "" {
			all = append(all, diagram.Trouble{Host: o.Host, Reason: reason})
		}
	}
	return all, nil
}

// notReady says what a host lacks of being a ready node.
func notReady(nodes []kube.Node, host string) string {
	for _, n := range nodes {
		switch {
		case n.Name != host:
		case n.Ready:
			return ""
		default:
			return "not ready: " + n.Reason
		}
	}
	return "not registered"
}

// writePicture writes to a file, or to standard output where none is named.
func (s *session) writePicture(to string, data []byte) error {
	if to == "" {
		_, err := s.env.Out.Write(data)
		return err
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		return fmt.Errorf("writing the picture: %w; name another file with --to", err)
	}
	fmt.Fprintf(s.env.ErrOut, "The picture is in %s\n", to)
	return nil
}
