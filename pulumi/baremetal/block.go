package baremetal

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Defaults of the block.
const (
	defaultPort       = 22
	defaultUser       = "root"
	defaultKnownHosts = "~/.ssh/known_hosts"
	defaultParallel   = 10
)

// Block is what a config says about the baremetal target: which machines there
// are and how each is reached.
type Block struct {
	// Hosts are the machines, each of which becomes one node.
	Hosts []Host `json:"hosts" required:"true" example:"[{\"address\": \"192.0.2.11\", \"role\": \"control-plane\"}]"`
	// Login is how hosts are reached that do not say otherwise.
	Login
	// KnownHosts is the file of the hosts' keys, as ssh keeps it. Default:
	// ~/.ssh/known_hosts.
	KnownHosts string `json:"knownHosts,omitempty" example:"~/.ssh/known_hosts"`
	// Jump is the host through which those are reached that name none. Default:
	// none.
	Jump *Jump `json:"jump,omitempty"`
	// Parallel is how many workers are set up at a time. Default: 10.
	Parallel int `json:"parallel,omitempty" example:"10" minimum:"1" maximum:"32"`
	// Endpoint is a DNS name or a virtual address at which users reach the
	// API; nodes do not depend on it. Default: the first control plane.
	Endpoint string `json:"endpoint,omitempty" example:"api.example.com"`
	// InstallEngine lets docker.io be installed by apt-get on hosts without a
	// container engine. Default: true.
	InstallEngine *bool `json:"installEngine,omitempty" example:"true"`
	// Lost are the addresses of hosts that are gone for good: what the state
	// records of them is forgotten although they cannot be asked. Default: none.
	Lost []string `json:"lost,omitempty"`
}

// Login is who one is on a host.
type Login struct {
	// Port is that of the SSH server. Default: 22, or for a host the one beside
	// hosts.
	Port int `json:"port,omitempty" example:"22" minimum:"1" maximum:"65535"`
	// User logs in; one that is not root runs everything by 'sudo -n'.
	// Default: root, or for a host the one beside hosts.
	User string `json:"user,omitempty" example:"root"`
	// Key is the path of a private key; ~ is the home folder. Default: none, or
	// for a host the one beside hosts.
	Key string `json:"key,omitempty" example:"~/.ssh/id_ed25519"`
	// Agent offers the keys of the SSH agent that SSH_AUTH_SOCK names. Default:
	// false, or for a host without key that beside hosts.
	Agent bool `json:"agent,omitempty" example:"true"`
}

// Host is one machine.
type Host struct {
	// Address is an IPv4 address, or a name that resolves to one.
	Address string `json:"address" required:"true" example:"192.0.2.11"`
	// Name is a worker's node name. Default: the cluster's name and the
	// address. Control planes are always NAME-control-plane-N, in the order of
	// the list.
	Name string `json:"name,omitempty" example:"rack1-a"`
	// Role is control-plane or worker. Default, where a pool is named: worker.
	Role string `json:"role,omitempty" example:"worker"`
	// Pool is the worker's. Default, where there is one pool only: that.
	Pool string `json:"pool,omitempty" example:"workers"`
	// NodeAddress is the host's address within spec.network.nodeCIDR, where
	// Address is another one or a name. Default: the address.
	NodeAddress string `json:"nodeAddress,omitempty" example:"10.240.0.11"`
	// Login is how this host is reached.
	Login
	// Fingerprint is that of the host's key, SHA256:…, where the file of known
	// hosts has none. Default: none.
	Fingerprint string `json:"fingerprint,omitempty" example:"SHA256:…"`
	// Jump is the host through which this one is reached. Default: that beside
	// hosts.
	Jump *Jump `json:"jump,omitempty"`
}

// Jump is a host through which others are reached.
type Jump struct {
	// Address is a name or an IPv4 address.
	Address string `json:"address" required:"true" example:"jump.example.com"`
	// Login is how it is reached.
	Login
	// Fingerprint is that of its key, where the file of known hosts has none.
	// Default: none.
	Fingerprint string `json:"fingerprint,omitempty"`
}

var (
	_ config.Block    = (*Block)(nil)
	_ config.Families = (*Block)(nil)
)

// DualStack is true: hosts have the addresses that they have, and say so.
func (*Block) DualStack() bool { return true }

// Default fills what the user left out. What hosts inherit stays with the
// block, so that the config stays as short as it was written.
func (b *Block) Default(*config.Cluster) {
	if b.Port == 0 {
		b.Port = defaultPort
	}
	if b.User == "" {
		b.User = defaultUser
	}
	if b.KnownHosts == "" {
		b.KnownHosts = defaultKnownHosts
	}
	if b.Parallel == 0 {
		b.Parallel = defaultParallel
	}
	if b.InstallEngine == nil {
		yes := true
		b.InstallEngine = &yes
	}
}

// or fills from another login what this one leaves open. Neither of two ways
// to prove who one is shall be tried that the nearer one does not mean.
func (l Login) or(above Login) Login {
	if l.Port == 0 {
		l.Port = above.Port
	}
	if l.User == "" {
		l.User = above.User
	}
	if l.Key == "" && !l.Agent {
		l.Key, l.Agent = above.Key, above.Agent
	}
	return l
}

// block is the target's block of a config, defaults filled in.
func block(cluster *config.Cluster) Block {
	b := Block{}
	if given, ok := cluster.Spec.Block.(*Block); ok && given != nil {
		b = *given
	}
	b.Default(cluster)
	return b
}
