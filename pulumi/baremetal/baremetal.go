// Package baremetal is the target of hosts that exist already: machines listed
// in the config and reached by SSH. Phase 1 makes nothing of them but sees to a
// container engine and images, and runs the bootstrap with the bundle over
// standard input; where that ends, the host is a node.
package baremetal

import (
	"context"
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
	// lost are addresses of hosts that the config says are gone for good.
	lost lost
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
	return &hosts{connect: t.connect, heard: &t.heard, gate: &t.gate, lost: &t.lost}
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

// lost is a set of addresses, learnt from the config that is at work.
type lost struct {
	mu        sync.Mutex
	addresses []string
}

func (l *lost) set(addresses []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.addresses = addresses
}

func (l *lost) has(address string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, one := range l.addresses {
		if one == address {
			return true
		}
	}
	return false
}
