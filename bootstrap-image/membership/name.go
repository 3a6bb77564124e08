package membership

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	corev1 "k8s.io/api/core/v1"
)

// checkName refuses a name that another live host of the cluster has, and a
// control plane that comes back by another name.
func (j *joining) checkName(ctx context.Context) error {
	for _, member := range j.template.ControlPlanes {
		if member.Address == j.self.Address && member.Name != j.self.Name {
			return fmt.Errorf("naming this node %q: at its address %s the cluster has the control plane %q; join as that with --name %s, or delete that node first",
				j.self.Name, member.Address, member.Name, member.Name)
		}
		if member.Name == j.self.Name && member.Address == j.self.Address && !j.ControlPlane {
			return fmt.Errorf("joining as a worker: this host is the control plane %q of the cluster; run 'reset' of the bootstrap image first", member.Name)
		}
	}
	var held corev1.Node
	err := j.ask(ctx, "to say whether there is a node "+j.self.Name, "/api/v1/nodes/"+j.self.Name, &held, http.StatusForbidden)
	switch {
	case errors.Is(err, kubeapi.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	for _, address := range held.Status.Addresses {
		if address.Type == corev1.NodeInternalIP && address.Address == j.self.Address {
			return nil // it is this host
		}
	}
	if isReady(held) {
		return fmt.Errorf("naming this node %q: the cluster has a live node of that name, at %s; write another one as --name", j.self.Name, internalAddress(held))
	}
	say(j.Host.Log, "  taking the place of the node %s, which is not ready", j.self.Name)
	return nil
}

func isReady(n corev1.Node) bool {
	for _, condition := range n.Status.Conditions {
		if condition.Type == corev1.NodeReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func internalAddress(n corev1.Node) string {
	for _, address := range n.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			return address.Address
		}
	}
	return "an unknown address"
}
