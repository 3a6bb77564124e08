package gcp

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// name is the target's in the config, the provider's, and the cloud's in node
// bundles.
const name = "gcp"

// pluginVersion is that of the SDK in go.mod: a program and its plugin must
// agree on what resources look like.
const pluginVersion = "7.38.0"

// Target is Google Cloud.
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

// WithAPI replaces the connection to Google Cloud that looks at what is there;
// what the program makes, it makes through Pulumi's plugin.
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

// Providers serves the cluster's credentials; everything else is of Pulumi's
// published plugin.
func (*Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{credentials.Package: credentials.NewProvider}
}

// Plugins are the published provider.
func (*Target) Plugins() []target.Plugin {
	return []target.Plugin{{Name: name, Version: pluginVersion}}
}

// PullsImages says that hosts have no use for an archive on this machine.
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
