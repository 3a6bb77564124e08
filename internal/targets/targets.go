// Package targets is the list of all targets: the one place that names each.
package targets

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/baremetal"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// All are the targets, in the order to offer them in.
func All() []target.Target {
	return []target.Target{local.New(), baremetal.New(), gcp.New(), aws.New(), azure.New()}
}

// Blocks makes the empty block of each, by the target's name: what config.Load
// takes.
func Blocks() map[string]func() config.Block {
	blocks := map[string]func() config.Block{}
	for _, t := range All() {
		blocks[t.Name()] = t.Block
	}
	return blocks
}
