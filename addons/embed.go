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
//go:embed aws-cloud-controller-manager
//go:embed aws-ebs-csi
//go:embed azure-cloud-controller-manager
//go:embed azure-disk-csi
//go:embed cluster-autoscaler
//go:embed coredns
//go:embed dns-autoscaler
//go:embed fluent-bit
//go:embed gcp-cloud-controller-manager
//go:embed gcp-pd-csi
//go:embed headlamp
//go:embed kube-network-policies
//go:embed kube-proxy
//go:embed local-storage
//go:embed metrics-server
//go:embed network/calico
//go:embed network/cilium
//go:embed network/flannel
//go:embed network/flannel-host-gw
//go:embed network/kube-router
//go:embed node-local-dns
//go:embed node-problem-detector
var files embed.FS
