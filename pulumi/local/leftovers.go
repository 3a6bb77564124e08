package local

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Leftovers lists every container, network and volume with the cluster's
// label, in the words of the command that removes it.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	docker, err := t.connect()
	if err != nil {
		return nil, err
	}
	label := ofCluster(cluster.Metadata.Name)
	fail := func(what string, err error) ([]string, error) {
		return nil, fmt.Errorf("listing the %s of cluster %q: %w", what, cluster.Metadata.Name, err)
	}
	var left []string
	containers, err := docker.ContainerList(ctx, container.ListOptions{All: true, Filters: label})
	if err != nil {
		return fail("containers", err)
	}
	for _, one := range containers {
		left = append(left, "container "+strings.TrimPrefix(strings.Join(one.Names, ","), "/"))
	}
	networks, err := docker.NetworkList(ctx, network.ListOptions{Filters: label})
	if err != nil {
		return fail("networks", err)
	}
	for _, one := range networks {
		left = append(left, "network "+one.Name)
	}
	volumes, err := docker.VolumeList(ctx, volume.ListOptions{Filters: label})
	if err != nil {
		return fail("volumes", err)
	}
	for _, one := range volumes.Volumes {
		left = append(left, "volume "+one.Name)
	}
	slices.Sort(left)
	return left, nil
}
