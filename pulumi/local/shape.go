package local

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// shape finds that an existing cluster is to get its first balancer, or to lose
// it. A single control plane publishes the API itself, and what a container
// publishes is fixed when it is made: the change would make that host anew, and
// etcd's data would go with it.
func (f *flight) shape(ctx context.Context) []diag.Problem {
	cluster, count := f.in.Cluster.Metadata.Name, f.in.Cluster.Spec.ControlPlane.Count
	first := target.ControlPlaneName(cluster, 1)
	if _, ours := f.ours[first]; !ours {
		return nil
	}
	found, err := f.docker.ContainerInspect(ctx, first)
	if err != nil || found.ContainerJSONBase == nil || found.HostConfig == nil {
		return nil // who makes or reads it will say so
	}
	planes := 0
	for _, one := range f.ours {
		if one.Labels[target.RoleLabel] == node.ControlPlane {
			planes++
		}
	}
	alone := len(found.HostConfig.PortBindings) > 0
	switch {
	case alone && count > 1:
		return []diag.Problem{unchangeable(cluster, "one control plane, which publishes the API itself,", count, 1)}
	case !alone && count == 1:
		return []diag.Problem{unchangeable(cluster, "several control planes, and a balancer before them that publishes the API,", count, max(planes, 3))}
	}
	return nil
}

func unchangeable(cluster, has string, wanted, keep int) diag.Problem {
	return diag.Problem{
		Path: "spec.controlPlane.count",
		Message: fmt.Sprintf("cluster %q was made with %s and %d is wanted: this target cannot change that without making the first control plane anew, and what the cluster holds would be lost",
			cluster, has, wanted),
		Fix: fmt.Sprintf("write %d; or, if nothing in the cluster is needed, 'kubectl anywhere delete %s' and create it again", keep, cluster),
	}
}
