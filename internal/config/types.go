// Package config is the cluster config object: the one document that says
// what a cluster is to be. It is read strictly, completed with defaults and
// checked as a whole before anything is touched.
package config

import "encoding/json"

// What the config object calls itself.
const (
	APIVersion = "kubernetes-anywhere.io/v1alpha1"
	Kind       = "Cluster"
)

// In this and every struct of the config, blocks of targets included, the tag
// required:"true" marks a field that the document must have, and example:"…"
// gives a value to propose. The tags minimum, maximum, maxLength and pattern, a
// regular expression for the whole of a string, repeat for editors what Validate
// asks; a test keeps the two together.

// Cluster is what a cluster is to be: the one document that all commands read.
// Fields that are not marked as required may be left out.
type Cluster struct {
	// Schema is for editors: the URL of what describes such documents to them.
	// Default: none.
	Schema string `json:"$schema,omitempty"`
	// APIVersion is always kubernetes-anywhere.io/v1alpha1.
	APIVersion string `json:"apiVersion" required:"true" example:"kubernetes-anywhere.io/v1alpha1"`
	// Kind is always Cluster.
	Kind string `json:"kind" required:"true" example:"Cluster"`
	// Metadata names the cluster.
	Metadata Metadata `json:"metadata" required:"true"`
	// Spec is what the cluster is to be; every part of it has a default.
	Spec Spec `json:"spec"`
}

// Metadata names the cluster.
type Metadata struct {
	// Name is the cluster's name: of its state, its kubeconfig context and
	// every resource it is made of. A DNS label of at most 32 characters.
	Name string `json:"name" required:"true" example:"anywhere" maxLength:"32" pattern:"[a-z0-9]([-a-z0-9]*[a-z0-9])?"`
}

// Spec is what the cluster is to be.
type Spec struct {
	// Target is where the hosts come from: local makes containers on this
	// machine, baremetal takes machines of your own, and the others are clouds.
	// Default: local.
	Target string `json:"target"`
	// KubernetesVersion is a full version with its v. Default: v1.37.1.
	KubernetesVersion string `json:"kubernetesVersion"`
	// ControlPlane is the hosts that run the control plane.
	ControlPlane ControlPlane `json:"controlPlane"`
	// Pools are the workers. Default: one pool, workers, of two nodes. An
	// empty list makes a cluster without workers.
	Pools []Pool `json:"pools"`
	// Network is the cluster's addresses and how pods reach each other.
	Network Network `json:"network"`
	// Addons are what is to be said of single addons: those that are not listed
	// are part of the cluster where they are part of every cluster of its
	// target. Default: none.
	Addons []Addon `json:"addons,omitempty"`
	// Logging is what the addon fluent-bit does with containers' logs.
	Logging Logging `json:"logging,omitzero"`
	// Images says where container images come from.
	Images Images `json:"images,omitzero"`
	// Block is the block that the target declares, a pointer to its own
	// struct; in the document it stands under the target's name.
	Block any `json:"-"`
}

// ControlPlane is the set of named, fixed hosts that run the control plane.
type ControlPlane struct {
	// Count is 1, 3 or 5. Default: 1.
	Count int `json:"count"`
	// Machine is what each of them is, on targets that make machines.
	Machine Machine `json:"machine,omitzero"`
	// EtcdDiskGB is the size of the disk that etcd keeps its data on, in
	// units of 10⁹ bytes: a disk of its own, which outlives the machine.
	// Default, on targets that make machines: 20.
	EtcdDiskGB int `json:"etcdDiskGB,omitempty" minimum:"20" maximum:"16384"`
	// Snapshots are the copies of etcd's data that control planes keep.
	Snapshots Snapshots `json:"snapshots,omitzero"`
}

// Machine is a kind of machine of a cloud. Targets whose hosts are no such
// machines refuse it.
type Machine struct {
	// Type is the cloud's own name of a size, such as e2-standard-2. Default:
	// one of two processors and 8 GiB, of the target's choice.
	Type string `json:"type,omitempty"`
	// Arch is amd64 or arm64. Default: amd64.
	Arch string `json:"arch,omitempty"`
	// DiskGB is the size of the boot disk in units of 10⁹ bytes. Default: 50.
	DiskGB int `json:"diskGB,omitempty" minimum:"20" maximum:"16384"`
	// Zones are where machines are spread over. Default: the target's zones.
	Zones []string `json:"zones,omitempty"`
}

// Pool is a set of alike workers.
type Pool struct {
	// Name is unique in the cluster: a DNS label of at most 20 characters.
	Name string `json:"name" required:"true" example:"workers" maxLength:"20" pattern:"[a-z0-9]([-a-z0-9]*[a-z0-9])?"`
	// Count is the number of nodes; 0 keeps an empty pool. Where Max is set it
	// is only the number to begin with.
	Count int `json:"count" required:"true" example:"2" minimum:"0" maximum:"65536"`
	// Min is the fewest nodes of a pool that something else scales. Default: 0.
	Min int `json:"min,omitempty" minimum:"0"`
	// Max is the most nodes of a pool that something else scales, such as the
	// cluster autoscaler; its number is then not changed back. Zero means that
	// the pool has Count nodes, no more and no less. Default: 0.
	Max int `json:"max,omitempty" minimum:"0" maximum:"65536"`
	// Machine is what each node is, on targets that make machines.
	Machine Machine `json:"machine,omitzero"`
	// Spot takes machines that the cloud sells for less and may take back.
	// Default: false.
	Spot bool `json:"spot,omitempty"`
	// Labels are set on every node of the pool. Default: none.
	Labels map[string]string `json:"labels,omitempty"`
	// Taints are set on every node of the pool when it registers. Default: none.
	Taints []Taint `json:"taints,omitempty"`
}

// Taint keeps pods that do not tolerate it off a pool's nodes.
type Taint struct {
	// Key is written like a label's key.
	Key string `json:"key" required:"true" example:"dedicated"`
	// Value is written like a label's value and may be empty. Default: none.
	Value string `json:"value,omitempty"`
	// Effect is NoSchedule, PreferNoSchedule or NoExecute.
	Effect string `json:"effect" required:"true" example:"NoSchedule"`
}

// Network is every address range of the cluster, none of which may overlap.
// Each of podCIDR, serviceCIDR and nodeCIDR is an IPv4 range, or all of them are
// an IPv4 and an IPv6 range with a comma between: then pods, services and nodes
// have an address of each family.
type Network struct {
	// Layer is the pod network: the name of one that is built in, none, or the
	// path of a folder with a kustomization of your own. Default: flannel.
	Layer string `json:"layer"`
	// Policy adds what makes NetworkPolicy objects take effect where the layer
	// does not: kube-network-policies. Default: none.
	Policy string `json:"policy,omitempty"`
	// ProxyMode is how kube-proxy writes its rules: nftables, iptables, or
	// auto, which is nftables on every node whose kernel has it. With nftables
	// NodePorts are served on a node's own address, with iptables on all that
	// it has, 127.0.0.1 included. Default: auto.
	ProxyMode string `json:"proxyMode,omitempty"`
	// PodCIDR is cut into one /24 a node, an IPv6 range beside it (a /48 to a
	// /64, as in 10.244.0.0/16,fd00:10:244::/56) into one /64. Default:
	// 10.244.0.0/16.
	PodCIDR string `json:"podCIDR"`
	// ServiceCIDR is where services get their addresses; the first is the
	// API's and the tenth the DNS server's. An IPv6 range beside it is a /108 to
	// a /124, as in 10.96.0.0/16,fd00:10:96::/112. Default: 10.96.0.0/16.
	ServiceCIDR string `json:"serviceCIDR"`
	// NodeCIDR is the hosts' own network, with an IPv6 range beside it as in
	// 10.240.0.0/24,fd00:10:240::/64. Default: 10.240.0.0/24.
	NodeCIDR string `json:"nodeCIDR"`
	// DNSDomain ends the names of services. Default: cluster.local.
	DNSDomain string `json:"dnsDomain"`
}

// Addon is what is to be said of one addon.
type Addon struct {
	// Name is that of an addon that is built in ('kubectl anywhere addons list
	// --all'), or with Path any other: a DNS label of at most 32 characters.
	Name string `json:"name" required:"true" example:"metrics-server" maxLength:"32" pattern:"[a-z0-9]([-a-z0-9]*[a-z0-9])?"`
	// Enabled is whether the cluster has it. Default: true.
	Enabled *bool `json:"enabled,omitempty"`
	// Unmanaged leaves the addon in your hands: it is neither applied nor
	// changed nor deleted any more. Default: false.
	Unmanaged bool `json:"unmanaged,omitempty"`
	// Path is the folder of a kustomization of your own, relative to the
	// folder of this document. Default: none, and the addon is built in.
	Path string `json:"path,omitempty"`
}

// Logging is what the addon fluent-bit does with the logs of containers.
type Logging struct {
	// Output is where they go: stdout, file, or http. Default: stdout.
	Output string `json:"output,omitempty"`
	// Path is the folder on each host that files are written to. Default, with
	// output file: /var/log/kubernetes-anywhere.
	Path string `json:"path,omitempty"`
	// Endpoint is the URL that logs are sent to as JSON, with output http.
	// Default: none.
	Endpoint string `json:"endpoint,omitempty" pattern:"https?://.+"`
}

// Images says where container images come from.
type Images struct {
	// Registry replaces the upstream registries by a mirror that holds the
	// same paths. Default: none, and images come from upstream.
	Registry string `json:"registry,omitempty"`
	// Bundle is the path of an archive of all images, made by
	// 'kubectl anywhere images bundle'. Hosts load it and pull nothing.
	// Default: the one that was built on this machine, if there is one.
	Bundle string `json:"bundle,omitempty"`
}

// specFields is Spec without its methods.
type specFields Spec

// MarshalJSON writes the spec with the target's block under its name. The
// block is spliced in rather than merged as a map: the order of the fields is
// part of what makes the document readable.
func (s Spec) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(specFields(s))
	if err != nil || s.Block == nil {
		return fields, err
	}
	name, err := json.Marshal(s.Target)
	if err != nil {
		return nil, err
	}
	block, err := json.Marshal(s.Block)
	if err != nil {
		return nil, err
	}
	whole := append(fields[:len(fields)-1], ',')
	whole = append(append(whole, name...), ':')
	return append(append(whole, block...), '}'), nil
}

// Block is what a target adds to the config: the struct of its own settings.
type Block interface {
	// Default fills what the user left out.
	Default(*Cluster)
	// Validate tells what is wrong. Paths in its problems are relative to
	// the block, save those that begin with "spec." or "metadata.", and those
	// of problems without one whose message begins so. Positions are filled in
	// by the caller.
	Validate(*Cluster) []FieldProblem
}

// FieldProblem is a problem with one field, before its place in a file is
// known.
type FieldProblem struct {
	// Path is the field in the document's words, such as pools[0].name.
	Path string
	// Message says what is wrong.
	Message string
	// Fix says what to write instead.
	Fix string
}
