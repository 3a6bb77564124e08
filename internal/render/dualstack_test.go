package render_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestCluster_AssumesAnAddressOfEachFamily(t *testing.T) {
	to := local.New()
	c := config.New("local", map[string]func() config.Block{"local": to.Block})
	n := &c.Spec.Network
	n.PodCIDR, n.ServiceCIDR, n.NodeCIDR = "10.244.0.0/16,fd00:10:244::/56", "10.96.0.0/16,fd00:10:96::/112", "172.29.0.0/24,fd00:172:29::/64"
	made, err := render.Cluster(to, target.Inputs{Cluster: c, BootstrapImage: "example.com/bootstrap:v1"}, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"control-plane": "--node-ip=172.29.0.2,fd00:172:29::64", "workers": "--node-ip=172.29.0.100,fd00:172:29::64"} {
		unit := string(made.Nodes[name].Files["/etc/systemd/system/kubelet.service"])
		if !strings.Contains(unit, want+" ") {
			t.Errorf("%s is not told %s:\n%s", name, want, unit)
		}
	}
}
