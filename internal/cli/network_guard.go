package cli

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
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

// askSwitch looks for a switch of the network layer that is under way.
func (l *lookout) askSwitch(ctx context.Context) (put, error) {
	state, err := switchUnderWay(ctx, l.api)
	if err != nil || state == nil {
		return func(*health.Report) {}, err
	}
	return func(r *health.Report) { r.NetworkSwitch, r.NetworkSwitchTo = state.String(), quote(state.Toward()) }, nil
}
