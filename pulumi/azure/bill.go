package azure

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Bill lists what is paid for while the cluster exists.
func (*Target) Bill(*config.Cluster) []target.Charge { return nil }
