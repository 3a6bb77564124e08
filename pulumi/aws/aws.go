package aws

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// name is the target's in the config, and the published provider's.
const name = "aws"

// pluginVersion is that of the SDK this program is written against.
const pluginVersion = "6.83.0"

// Target is Amazon Web Services.
type Target struct {
	connect func(context.Context, *config.Cluster) (API, error)
	watch   live.Watch
	// patience is for lists of what is left.
	patience live.Patience
}

// Option changes what a Target stands on.
type Option func(*Target)

// WithAPI replaces the connection to the live API.
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

// Providers serves the cluster's credentials; everything else is AWS's.
func (*Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{credentials.Package: credentials.NewProvider}
}

// Plugins are the published providers that the program uses.
func (*Target) Plugins() []target.Plugin {
	return []target.Plugin{{Name: name, Version: pluginVersion}}
}

// PullsImages says that hosts get their images from a registry.
func (*Target) PullsImages() {}
