package gcp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Leftovers lists what still exists of the cluster, what a cloud controller or
// a CSI driver made for it included, in the words of the command that removes
// each. What could not be listed is an error: it may be there.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching Google Cloud: %w; log in: gcloud auth application-default login", err)
	}
	project := block(cluster).Project
	found, err := live.Settled(ctx, t.patience, api.Resources)
	left := []string{}
	for _, r := range found {
		words := []string{"gcloud", r.Kind, "delete", r.Name}
		if r.Scope != "" {
			words = append(words, r.Scope)
		}
		left = append(left, strings.Join(append(words, "--project", project), " "))
	}
	slices.Sort(left)
	if err != nil {
		return left, fmt.Errorf("listing what is left of cluster %q in project %q: %w", cluster.Metadata.Name, project, err)
	}
	return left, nil
}
