package baremetal

import (
	"cmp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// machine is a host of the config with all that it inherits.
type machine struct {
	// at is its place in the list of hosts.
	at int
	// name is the node's and the resource's.
	name, role, pool string
	// address is the one that the node has among nodes; empty for a worker
	// that is reached by name, which finds it itself.
	address string
	reach   reach
}

// machines are the hosts of a config: the control planes, then the workers,
// each in the order of the list.
//
// A control plane has the name that the commands know control planes by: it is
// what they guard. A worker goes by its address where it has no name, so that
// one taken out of the middle of the list moves no other.
func machines(cluster *config.Cluster) []machine {
	b := block(cluster)
	var planes, workers []machine
	for i, h := range b.Hosts {
		m := machine{at: i, role: h.role(), pool: h.pool(cluster), address: h.NodeAddress, reach: b.reach(h)}
		if m.address == "" && isIPv4(h.Address) {
			m.address = h.Address
		}
		if m.role == node.ControlPlane {
			m.name = target.ControlPlaneName(cluster.Metadata.Name, len(planes)+1)
			planes = append(planes, m)
			continue
		}
		m.name = cmp.Or(h.Name, cluster.Metadata.Name+"-"+dashed(h.Address))
		workers = append(workers, m)
	}
	return append(planes, workers...)
}

// dashed makes an address part of a name.
func dashed(address string) string {
	return strings.ReplaceAll(strings.ToLower(address), ".", "-")
}

func (h Host) role() string {
	if h.Role == "" && h.Pool != "" {
		return node.Worker
	}
	return h.Role
}

// pool is the one that the host names, or the only one there is.
func (h Host) pool(cluster *config.Cluster) string {
	if h.role() == node.Worker && h.Pool == "" && len(cluster.Spec.Pools) == 1 {
		return cluster.Spec.Pools[0].Name
	}
	return h.Pool
}

// reach is the whole way to a host.
func (b Block) reach(h Host) reach {
	login := h.or(b.Login)
	r := reach{
		Address: h.Address, Port: login.Port, User: login.User, Key: login.Key, Agent: login.Agent,
		Fingerprint: h.Fingerprint, KnownHosts: b.KnownHosts,
	}
	jump := h.Jump
	if jump == nil {
		jump = b.Jump
	}
	if jump != nil {
		login := jump.or(b.Login)
		// Another port of the block is that of the hosts, not of what is in
		// front of them.
		login.Port = cmp.Or(jump.Port, defaultPort)
		r.Jump = &reach{
			Address: jump.Address, Port: login.Port, User: login.User, Key: login.Key, Agent: login.Agent,
			Fingerprint: jump.Fingerprint, KnownHosts: b.KnownHosts,
		}
	}
	return r
}

// find is the machine that became a node.
func find(cluster *config.Cluster, node string) (machine, bool) {
	for _, m := range machines(cluster) {
		if m.name == node {
			return m, true
		}
	}
	return machine{}, false
}
