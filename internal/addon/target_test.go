package addon

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// An addon that differs from cloud to cloud has a component by each target's
// name.
func TestRender_TakesWhatIsForTheTarget(t *testing.T) {
	for target, want := range map[string]string{
		"aws":   "--node-group-auto-discovery=asg:tag=k8s.io/cluster-autoscaler/enabled,k8s.io/cluster-autoscaler/demo",
		"azure": "--node-group-auto-discovery=label:cluster-autoscaler-enabled=true,cluster-autoscaler-name=demo",
	} {
		v := asInTree()
		v.Cluster.Metadata.Name, v.Cluster.Spec.Target = "demo", target
		v.Cluster.Spec.Addons = []config.Addon{{Name: "cluster-autoscaler"}}
		deployment := string(render(t, v).Files()["deployment-kube-system-cluster-autoscaler.yaml"])
		if !strings.Contains(deployment, want) || strings.Count(deployment, "--cloud-provider=") != 1 {
			t.Errorf("on %s it runs as\n%s", target, deployment)
		}
	}
}

// Inside a cluster nobody knows what only the target does: what needs it waits,
// and nothing else does.
func TestRender_LeavesOutWhatNobodyHasSaid(t *testing.T) {
	v := asInTree()
	v.Cluster.Metadata.Name, v.Cluster.Spec.Target, v.Built = "demo", "azure", true
	v.NodeEndpoint = "10.240.0.4:6443"
	has := func() map[string]bool {
		found := map[string]bool{}
		for _, obj := range render(t, v).Objects {
			found[obj.GetLabels()[Label]] = true
		}
		return found
	}
	got := has()
	for name, want := range map[string]bool{"access": true, "coredns": true, "kube-proxy": true, "flannel": true, "metrics-server": true, "azure-cloud-controller-manager": false, "azure-disk-csi": false} {
		if got[name] != want {
			t.Errorf("%s is there: %v", name, got[name])
		}
	}
	v.Of = map[string]string{
		"subscription": "s", "resource-group": "g", "location": "l", "vnet": "v", "vnet-resource-group": "g", "subnet": "n", "identity": "i",
	}
	if got := has(); !got["azure-cloud-controller-manager"] || !got["azure-disk-csi"] {
		t.Errorf("with all that is to be said there is %v", got)
	}
}
