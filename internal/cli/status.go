package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

type statusFlags struct {
	clusterFlags
	Output string
}

// status is what 'status -o json' prints.
type status struct {
	Name     string       `json:"name"`
	Target   string       `json:"target"`
	Endpoint string       `json:"endpoint"`
	API      string       `json:"api"`
	Hosts    []hostStatus `json:"hosts"`
}

type hostStatus struct {
	target.Host
	// State is Ready, or why it is not.
	State   string `json:"state"`
	Version string `json:"version,omitempty"`
}

func newStatus(env Environment) *cobra.Command {
	flags := &statusFlags{}
	cmd := &cobra.Command{
		Use:   "status [NAME]",
		Short: "Show a cluster, its hosts and what each waits for",
		Example: `  # Show the only cluster there is, or the one that .config.json describes
  kubectl anywhere status

  # Show it as JSON
  kubectl anywhere status anywhere -o json`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := checkFormat(flags.Output); err != nil {
				return err
			}
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			return s.status(cmd.Context(), flags.Output)
		},
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &flags.Output)
	return cmd
}

func (s *session) status(ctx context.Context, output string) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	st := status{Name: s.cluster.Metadata.Name, Target: s.target.Name(), Endpoint: out.Endpoint, API: "healthy", Hosts: []hostStatus{}}
	nodes, err := s.nodes(ctx, out)
	if err != nil {
		st.API = err.Error()
	}
	seen, err := s.target.Observe(ctx, s.cluster, out)
	if err != nil {
		return err
	}
	for _, o := range seen {
		st.Hosts = append(st.Hosts, stateOf(o, nodes))
	}
	if output != "" {
		return printData(s.env, output, "Status", st)
	}
	return s.printStatus(st)
}

// stateOf joins what the target sees of a host with what the API says of the
// node it became.
func stateOf(o target.Observation, nodes []kube.Node) hostStatus {
	h := hostStatus{Host: o.Host, State: stage(o)}
	for _, n := range nodes {
		if n.Name != o.Host.Name {
			continue
		}
		h.Version = n.Version
		switch {
		case !n.Ready:
			h.State = strings.TrimPrefix(h.State+"; "+n.Reason, "; ")
		case h.State == "":
			h.State = "Ready"
		}
	}
	if h.State == "" {
		h.State = "not registered"
	}
	return h
}

func (s *session) printStatus(st status) error {
	fmt.Fprintf(s.env.Out, "Cluster %s on %s\nAPI at %s: %s\n\n", st.Name, st.Target, st.Endpoint, st.API)
	w := newTable(s.env.Out, "HOST", "ROLE", "ADDRESS", "VERSION", "STATE")
	for _, h := range st.Hosts {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", h.Name, h.Role, h.Address, h.Version, h.State)
	}
	return w.Flush()
}

func (s *session) nodes(ctx context.Context, out target.Outputs) ([]kube.Node, error) {
	api, err := s.connect(out)
	if err != nil {
		return nil, err
	}
	if err := api.Healthz(ctx); err != nil {
		return nil, err
	}
	return api.Nodes(ctx)
}
