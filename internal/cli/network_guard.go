package cli

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// notSwitching refuses to write the addons of a config while the cluster is
// between two network layers: nodes of one of them would lose it. An API that
// does not answer is asked again by who needs it.
func (c *creation) notSwitching(ctx context.Context) error {
	state, err := switchUnderWay(ctx, c.api)
	switch {
	case err != nil && !transient(err):
		return err
	case state == nil:
		return nil
	}
	name := c.cluster.Metadata.Name
	return &phase.Failure{
		Err: fmt.Errorf("applying the addons of cluster %q: its network layer is being switched %s", name, state),
		Next: []string{
			fmt.Sprintf("kubectl anywhere network switch %s %s --yes   # goes on", quote(state.Toward()), name),
			fmt.Sprintf("kubectl anywhere network switch %s %s --yes   # goes back", quote(state.Leaving()), name),
		},
	}
}

// switching tells of a switch of the network layer that is under way, and by
// what it goes on; empty where there is none.
func (s *session) switching(ctx context.Context, api *kube.Client) (string, error) {
	state, err := switchUnderWay(ctx, api)
	if err != nil || state == nil {
		return "", err
	}
	return fmt.Sprintf("the network layer is being switched %s; 'kubectl anywhere network switch %s %s --yes' goes on",
		state, quote(state.Toward()), s.cluster.Metadata.Name), nil
}

// askSwitch looks for a switch of the network layer that is under way.
func (l *lookout) askSwitch(ctx context.Context) (put, error) {
	state, err := switchUnderWay(ctx, l.api)
	if err != nil || state == nil {
		return func(*health.Report) {}, err
	}
	return func(r *health.Report) { r.NetworkSwitch, r.NetworkSwitchTo = state.String(), quote(state.Toward()) }, nil
}
