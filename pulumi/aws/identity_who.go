package aws

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Identifying = (*Target)(nil)

// Identity is the ARN that AWS knows the credentials by, the account in it.
func (t *Target) Identity(ctx context.Context, cluster *config.Cluster) (string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return "", &target.Advised{Err: fmt.Errorf("reaching AWS: %w", err), Fix: login()}
	}
	who, err := api.Who(ctx)
	if err != nil {
		return "", &target.Advised{Err: fmt.Errorf("asking AWS who you are: %w", err), Fix: login()}
	}
	return fmt.Sprintf("%s, region %s", who, block(cluster).Region), nil
}
