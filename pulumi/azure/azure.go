// Package azure is the target whose hosts are virtual machines of Microsoft
// Azure: fixed control planes behind load balancers, workers in scale sets.
package azure

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// name is the target's in the config, and the cloud's in node bundles.
const name = "azure"

// pluginVersion is that of the published provider which the SDK in go.mod was
// made from.
const pluginVersion = "2.90.0"

// Target is the Azure target.
type Target struct {
	connect func(context.Context, *config.Cluster) (API, error)
	watch   live.Watch
	// patience is for lists of what is left.
	patience live.Patience
}

var (
	_ target.Target    = (*Target)(nil)
	_ target.Published = (*Target)(nil)
	_ target.Billed    = (*Target)(nil)
	_ target.Pulling   = (*Target)(nil)
)

// Option changes what a Target stands on.
type Option func(*Target)

// WithAPI replaces the connection to Azure.
func WithAPI(connect func(context.Context, *config.Cluster) (API, error)) Option {
	return func(t *Target) { t.connect = connect }
}

// New makes the target. It touches nothing: a render needs no credentials.
func New(options ...Option) *Target {
	t := &Target{connect: live.Once(dial), patience: live.Lag()}
	for _, option := range options {
		option(t)
	}
	return t
}

// Name is the target's name in the config.
func (*Target) Name() string { return name }

// Block is a new, empty block of the config.
func (*Target) Block() config.Block { return &Block{} }

// Providers serves the cluster's credentials; all else is the plugin's.
func (*Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{credentials.Package: credentials.NewProvider}
}

// Plugins are the published providers that the program needs.
func (*Target) Plugins() []target.Plugin {
	return []target.Plugin{{Name: "azure-native", Version: pluginVersion}}
}

// PullsImages says that hosts pull their images from a registry.
func (*Target) PullsImages() {}

// block is the target's block of a config, defaults filled in.
func block(cluster *config.Cluster) Block {
	b := Block{}
	if given, ok := cluster.Spec.Block.(*Block); ok && given != nil {
		b = *given
	}
	b.Default(cluster)
	return b
}
