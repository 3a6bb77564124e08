// Package local is the target that makes hosts on the machine in front of you:
// containers that run systemd and Docker and know nothing of Kubernetes. They
// boot by the very first-boot script that machines of a cloud get.
package local

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// name is the target's in the config, and its provider's.
const name = "local"

// Tokens of the target's own resources.
const (
	networkType  = "local:index:Network"
	hostType     = "local:index:Host"
	balancerType = "local:index:Balancer"
)

// Target is the local target.
type Target struct {
	connect func() (Docker, error)
	machine machine
}

var _ target.Target = (*Target)(nil)

// Option changes what a Target stands on.
type Option func(*Target)

// WithDocker replaces the connection to Docker.
func WithDocker(connect func() (Docker, error)) Option {
	return func(t *Target) { t.connect = connect }
}

// New makes the target. It touches nothing: a render needs no Docker.
func New(options ...Option) *Target {
	t := &Target{connect: dial, machine: thisMachine()}
	for _, option := range options {
		option(t)
	}
	return t
}

// Name is the target's name in the config.
func (*Target) Name() string { return name }

// Block is a new, empty block of the config.
func (*Target) Block() config.Block { return &Block{} }

// Providers serves this target's resources and the cluster's credentials.
func (t *Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{
		name: func() (pulumirpc.ResourceProviderServer, error) {
			return provider.New(map[string]provider.Resource{
				networkType:  &networks{connect: t.connect},
				hostType:     &hosts{connect: t.connect, machine: t.machine},
				balancerType: &balancers{connect: t.connect},
			}), nil
		},
		credentials.Package: credentials.NewProvider,
	}
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
