package toy

import (
	"context"
	"os"
	"path/filepath"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Observe tells how far phase 2 is on each host: a folder never boots.
func (Target) Observe(_ context.Context, cluster *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	var seen []target.Observation
	for _, host := range out.Hosts {
		one := target.Observation{Host: host, Before: "lying there, as folders do"}
		if _, err := os.Stat(filepath.Join(block(cluster).Folder, host.Name)); err != nil {
			one.Before = "its folder is gone; 'kubectl anywhere create' makes it again"
		}
		seen = append(seen, one)
	}
	return seen, nil
}

// Leftovers lists what still exists of a cluster that was deleted.
func (Target) Leftovers(_ context.Context, cluster *config.Cluster) ([]string, error) {
	return filepath.Glob(filepath.Join(block(cluster).Folder, cluster.Metadata.Name+"-*"))
}
