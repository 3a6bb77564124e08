// Package addons carries what runs in every cluster, one kustomization a
// folder, so that the binary builds the same files that 'kubectl apply -k'
// reads.
package addons

import "embed"

// Files returns the tree of this folder.
func Files() embed.FS { return files }

// One line registers an addon, or a network layer.
//
//go:embed access
//go:embed coredns
//go:embed kube-proxy
//go:embed network/cilium
//go:embed network/flannel
//go:embed network/flannel-host-gw
//go:embed network/kube-router
var files embed.FS
