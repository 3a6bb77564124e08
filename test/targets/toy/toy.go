// Package toy is the smallest target there can be: its hosts are folders.
// docs/new-target.md walks through it.
package toy

import (
	"context"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// name is the target's in the config, and its provider's.
const name = "toy"

// Target makes hosts that are folders.
type Target struct{}

var (
	_ target.Target  = Target{}
	_ target.Pulling = Target{}
)

// Name is the target's name in the config.
func (Target) Name() string { return name }

// PullsImages says that archives of images on this machine are of no use.
func (Target) PullsImages() {}

// Block is a new, empty block of the config.
func (Target) Block() config.Block { return &Block{} }

// Preflight looks for the folder that hosts are to be in.
func (Target) Preflight(_ context.Context, in target.Inputs) []diag.Problem {
	folder := block(in.Cluster).Folder
	if _, err := os.Stat(folder); err != nil {
		return []diag.Problem{{Message: "there is no folder " + folder, Fix: "mkdir -p " + folder}}
	}
	return nil
}

// Providers serves the hosts and the cluster's credentials.
func (Target) Providers() map[string]target.Provider {
	return map[string]target.Provider{
		name: func() (pulumirpc.ResourceProviderServer, error) {
			return provider.New(map[string]provider.Resource{hostType: hosts{}}), nil
		},
		credentials.Package: credentials.NewProvider,
	}
}
