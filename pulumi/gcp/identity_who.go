package gcp

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Identifying = (*Target)(nil)

// Identity is who the credentials are of, by what they say themselves, and the
// project.
func (t *Target) Identity(ctx context.Context, cluster *config.Cluster) (string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return "", &target.Advised{Err: fmt.Errorf("reaching Google Cloud: %w", err), Fix: "log in: gcloud auth application-default login"}
	}
	b := block(cluster)
	return fmt.Sprintf("%s, project %s, region %s", api.Who(), b.Project, b.Region), nil
}
