// Package addons carries what runs in every cluster, one kustomization a
// folder, so that the binary builds the same files that 'kubectl apply -k'
// reads.
package addons

import "embed"

// Files returns the tree of this folder.
func Files() embed.FS { return files }

//go:embed access coredns kube-proxy network
var files embed.FS
