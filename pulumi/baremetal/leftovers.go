package baremetal

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Leftovers lists the hosts of the config that still have something of the
// cluster. A host that cannot be asked proves nothing, and is an error, unless
// the config says that it is lost.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	lost := block(cluster).Lost
	all := slices.DeleteFunc(machines(cluster), func(m machine) bool { return slices.Contains(lost, m.reach.Address) })
	var left []string
	var failures []error
	for i, found := range t.survey(ctx, all) {
		switch m := all[i]; {
		case found.err != nil:
			failures = append(failures, fmt.Errorf("looking at host %q for what is left: %w", m.name, found.err))
		case found.facts.mark.Cluster == cluster.Metadata.Name:
			left = append(left, fmt.Sprintf("node %s on host %s", found.facts.mark.Node, m.reach.Address))
		}
	}
	return left, errors.Join(failures...)
}
