package config

import "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"

// What is taken where the config says nothing. The comments of the fields
// repeat the values for readers; a test keeps the two together.
const (
	DefaultName              = "anywhere"
	DefaultTarget            = "local"
	DefaultKubernetesVersion = "v1.37.1"
	DefaultPoolName          = "workers"
	DefaultPoolCount         = 2
	DefaultLayer             = Flannel
	DefaultProxyMode         = ProxyAuto
	DefaultPodCIDR           = "10.244.0.0/16"
	DefaultServiceCIDR       = "10.96.0.0/16"
	DefaultNodeCIDR          = "10.240.0.0/24"
	DefaultDNSDomain         = "cluster.local"
)

// IPv6 ranges that are proposed where a config with two families lacks one, and
// that stand for a cluster's own in the files of addons. No config has them by
// default.
const (
	DefaultPodCIDR6     = "fd00:10:244::/56"
	DefaultServiceCIDR6 = "fd00:10:96::/112"
	DefaultNodeCIDR6    = "fd00:10:240::/64"
)

// The network layers that this program speaks of by name.
const (
	// Flannel joins the pods of all nodes in a VXLAN.
	Flannel = catalog.DefaultLayer
	// None leaves the pod network to the user; nodes are not Ready until
	// there is one.
	None = catalog.None
)

// Layers are the network layers that can be named, the default first.
func Layers() []string { return catalog.LayerNames() }

// Default fills every field that is empty with its default, in the target's
// block too. The name has none here: two clusters must not share one by
// accident. An empty list of pools, unlike none, is kept.
func (c *Cluster) Default() {
	fill(&c.APIVersion, APIVersion)
	fill(&c.Kind, Kind)
	spec := &c.Spec
	fill(&spec.Target, DefaultTarget)
	fill(&spec.KubernetesVersion, DefaultKubernetesVersion)
	fill(&spec.ControlPlane.Count, 1)
	if spec.Pools == nil {
		spec.Pools = defaultPools()
	}
	fill(&spec.Network.Layer, DefaultLayer)
	fill(&spec.Network.ProxyMode, DefaultProxyMode)
	fill(&spec.Network.PodCIDR, DefaultPodCIDR)
	fill(&spec.Network.ServiceCIDR, DefaultServiceCIDR)
	fill(&spec.Network.NodeCIDR, DefaultNodeCIDR)
	fill(&spec.Network.DNSDomain, DefaultDNSDomain)
	if block, ok := spec.Block.(Block); ok {
		block.Default(c)
	}
}

func defaultPools() []Pool {
	return []Pool{{Name: DefaultPoolName, Count: DefaultPoolCount}}
}

func fill[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// New makes the config that is used where there is no file: every default,
// for the given target, or for the default one if that is empty. A target
// that is not registered leaves the config without a block.
func New(target string, blocks map[string]func() Block) *Cluster {
	c := &Cluster{Metadata: Metadata{Name: DefaultName}}
	c.Spec.Target = target
	fill(&c.Spec.Target, DefaultTarget)
	if block, known := blocks[c.Spec.Target]; known {
		c.Spec.Block = block()
	}
	c.Default()
	return c
}
