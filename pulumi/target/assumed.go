package target

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// resolvedConf names the servers behind systemd-resolved, which Ubuntu's and
// Flatcar's images run.
const resolvedConf = "/run/systemd/resolve/resolv.conf"

// MachineFacts are what a machine of a cloud will say about itself that runs
// one of OperatingSystems and is made as the config says of a role or pool:
// for Assuming. Its id, which only the cloud knows, is left out.
func MachineFacts(cluster *config.Cluster, role, pool, os, region string) node.Facts {
	m := cluster.Spec.ControlPlane.Machine
	for _, p := range cluster.Spec.Pools {
		if role == node.Worker && p.Name == pool {
			m = p.Machine
		}
	}
	zone := ""
	if len(m.Zones) > 0 {
		zone = m.Zones[0]
	}
	family, _, _ := strings.Cut(os, "-")
	facts := node.Facts{
		OS: family, Arch: m.Arch, CgroupVersion: 2, HasSysResource: true,
		ContainerEngine: node.Docker, ContainerdVersion: "unknown", ResolvConf: "/etc/resolv.conf",
		Instance: node.Instance{Zone: zone, Region: region, Type: m.Type},
	}
	if os != Debian {
		facts.ResolvConf = resolvedConf
	}
	return facts
}
