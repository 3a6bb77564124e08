// Package baremetal is the target of hosts that exist already: machines listed
// in the config and reached by SSH. Phase 1 makes nothing of them but sees to a
// container engine and images, and runs the bootstrap with the bundle over
// standard input; where that ends, the host is a node.
package baremetal

import (
	"context"
	"slices"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// name is the target's in the config, and its provider's.
const name = "baremetal"

// hostType is the token of the target's own resource.
const hostType = "baremetal:index:Host"

// connector opens a connection to a host.
type connector func(context.Context, reach) (shell, error)

// Target is the baremetal target.
type Target struct {
	connect connector
	// heard passes on what hosts say while they become nodes.
	heard narrator
	gate  gate
	// meant is what the config at work says of hosts that go.
	meant intent
}

var (
	_ target.Target    = (*Target)(nil)
	_ target.Reaching  = (*Target)(nil)
	_ target.Narrating = (*Target)(nil)
	_ target.Lengthy   = (*Target)(nil)
	_ target.Naming    = (*Target)(nil)
)

// Option changes what a Target stands on.
type Option func(*Target)

// withConnector replaces SSH.
func withConnector(connect connector) Option {
	return func(t *Target) { t.connect = connect }
}

// New makes the target. It touches nothing: a render needs no host.
func New(options ...Option) *Target {
	t := &Target{connect: dialSSH}
	for _, option := range options {
		option(t)
	}
	return t
}

// Name is the target's name in the config.
func (*Target) Name() string { return name }

// Block is a new, empty block of the config.
func (*Target) Block() config.Block { return &Block{} }

// Providers serves this target's resource and the cluster's credentials.
func (t *Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{
		name: func() (pulumirpc.ResourceProviderServer, error) {
			return provider.New(map[string]provider.Resource{hostType: t.hosts()}), nil
		},
		credentials.Package: credentials.NewProvider,
	}
}

func (t *Target) hosts() *hosts {
	return &hosts{connect: t.connect, heard: &t.heard, gate: &t.gate, meant: &t.meant}
}

// Narrate has what hosts say while they become nodes passed on: the host's
// name and a line. It may be called from several goroutines; nil ends it.
func (t *Target) Narrate(heard func(host, line string)) { t.heard.set(heard) }

// LengthyTypes are the hosts: their creation ends when they are nodes.
func (*Target) LengthyTypes() []string { return []string{hostType} }

// NodeNames are the names of a pool's nodes.
func (*Target) NodeNames(cluster *config.Cluster, pool string) []string {
	var names []string
	for _, m := range machines(cluster) {
		if m.pool == pool {
			names = append(names, m.name)
		}
	}
	return names
}

// narrator passes lines on to whoever listens now.
type narrator struct {
	mu    sync.Mutex
	heard func(host, line string)
}

func (n *narrator) set(heard func(host, line string)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.heard = heard
}

func (n *narrator) say(host, line string) {
	n.mu.Lock()
	heard := n.heard
	n.mu.Unlock()
	if heard != nil {
		heard(host, line)
	}
}

// intent is what a program was declared for. Without one, as in a delete, the
// whole cluster goes.
type intent struct {
	mu sync.Mutex
	// stays tells that there is a cluster after the run.
	stays bool
	// lost are the addresses of hosts that are gone for good.
	lost []string
}

func (i *intent) set(lost []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.stays, i.lost = true, lost
}

// isLost tells that a host cannot be asked any more.
func (i *intent) isLost(address string) bool {
	i.mu.Lock()
	defer i.mu.Unlock()
	return slices.Contains(i.lost, address)
}

// resetArgs are what a host is reset by: where other control planes stay, one
// may only go that they can do without.
func (i *intent) resetArgs() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	if i.stays {
		return []string{"reset", "--yes"}
	}
	return []string{"reset", "--yes", "--force"}
}
