package azure

import (
	"context"
	"fmt"
	"path"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Leftovers lists what still exists of the cluster, what a cloud controller or
// a CSI driver made for it included, in the words of the command that removes
// each. What could not be listed is an error: it may be there. A deleted vault
// is not listed: Azure itself keeps it for a week, and nothing is paid for it.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching Azure: %w; %s", err, login)
	}
	subscription := block(cluster).Subscription
	found, err := live.Settled(ctx, t.patience, api.Resources)
	left := []string{}
	for _, r := range found {
		if r.Kind == groupKind {
			left = append(left, fmt.Sprintf("az group delete --name %s --subscription %s", path.Base(r.ID), subscription))
		} else {
			left = append(left, "az resource delete --ids "+r.ID)
		}
	}
	slices.Sort(left)
	if err != nil {
		return left, fmt.Errorf("listing what is left of cluster %q in subscription %q: %w", cluster.Metadata.Name, subscription, err)
	}
	return left, nil
}
