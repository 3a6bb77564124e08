package catalog

import (
	"fmt"
	"io/fs"
	"net/netip"
	"path"
	"slices"
	"strings"
)

// Where a layer's nodes get the addresses of their pods from.
const (
	// PodCIDRFromNodes is the node's own range, which the controller-manager
	// gives it out of the cluster's.
	PodCIDRFromNodes = "nodes"
	// PodCIDRFromLayer is the layer's own bookkeeping; the controller-manager
	// gives nodes no range.
	PodCIDRFromLayer = "layer"
)

// Layer is what a network layer declares of itself in its layer.yaml, so that
// the phases before it can make ready what it needs.
type Layer struct {
	// Name is that of its folder, and what spec.network.layer says.
	Name string `json:"-"`
	// Description is one line for lists and for the wizard.
	Description string `json:"description"`
	// Version is upstream's, with its v; empty where there is no program.
	Version string `json:"version,omitempty"`
	// Ports are what hosts must reach of each other. Phase 1 opens them.
	Ports []Port `json:"ports,omitempty"`
	// Protocols are IP protocols that are no TCP or UDP and that hosts must
	// let through to each other, such as ipip. No cloud's firewall of ours
	// opens them: a layer with such a need is refused there.
	Protocols []string `json:"protocols,omitempty"`
	// ReplacesKubeProxy leaves kube-proxy out of the cluster.
	ReplacesKubeProxy bool `json:"replacesKubeProxy,omitempty"`
	// EnforcesPolicy tells that NetworkPolicy objects take effect.
	EnforcesPolicy bool `json:"enforcesPolicy,omitempty"`
	// PodCIDR is PodCIDRFromNodes or PodCIDRFromLayer.
	PodCIDR string `json:"podCIDR"`
	// MTUOverhead is by how many bytes a pod's packets are smaller than a
	// host's.
	MTUOverhead int `json:"mtuOverhead,omitempty"`
	// SameSubnet tells that hosts must reach each other without a router in
	// between, which no cloud's network lets them.
	SameSubnet bool `json:"sameSubnet,omitempty"`
	// HostsSeePods tells that a packet from a pod to a host of the cluster bears
	// the pod's own address: the host answers only by the layer's routes. Other
	// layers give it the address of the pod's host.
	HostsSeePods bool `json:"hostsSeePods,omitempty"`
	// DualStack tells that pods can have an address of each family.
	DualStack bool `json:"dualStack,omitempty"`
	// Kernel is what a host's kernel must have. Phase 2 loads and sets it.
	Kernel Kernel `json:"kernel,omitzero"`
	// Leftovers are what the layer leaves on a host when its pods are gone.
	Leftovers Leftovers `json:"leftovers,omitzero"`
}

// Port is a range of ports that every host must reach on every other.
type Port struct {
	From int `json:"from"`
	// To is the last port; zero means that From is the only one.
	To int `json:"to,omitempty"`
	// Protocol is tcp or udp.
	Protocol string `json:"protocol"`
	// Why is what goes through, for firewalls' descriptions and pictures.
	Why string `json:"why"`
}

// Last is the last port of the range.
func (p Port) Last() int { return max(p.From, p.To) }

// Kernel is what a host's kernel must have.
type Kernel struct {
	// MinVersion is the oldest version, such as 5.10; empty for any.
	MinVersion string `json:"minVersion,omitempty"`
	// Modules are loaded before the kubelet starts, and at every boot.
	Modules []string `json:"modules,omitempty"`
	// Sysctls are set before the kubelet starts, and at every boot.
	Sysctls map[string]string `json:"sysctls,omitempty"`
}

// Leftovers are what is taken off a host when a layer leaves it. An asterisk
// at the end of a name stands for any rest.
type Leftovers struct {
	// Interfaces are network devices.
	Interfaces []string `json:"interfaces,omitempty"`
	// Files are absolute paths on the host: files, or folders with all that is
	// in them.
	Files []string `json:"files,omitempty"`
	// Chains are of iptables, both families and every table, with the rules
	// that jump to them.
	Chains []string `json:"chains,omitempty"`
	// Tables are of nftables, as "family name".
	Tables []string `json:"tables,omitempty"`
	// IPSets are names of sets.
	IPSets []string `json:"ipsets,omitempty"`
	// CNINetworks are the names in the layer's CNI configuration, where that
	// has the portmap plugin in it: what that has set up for hostPorts can be
	// taken away by the plugin only as long as the configuration is there.
	CNINetworks []string `json:"cniNetworks,omitempty"`
	// Routes takes away routes to the cluster's pods that are not the kernel's
	// own, such as those through other hosts.
	Routes bool `json:"routes,omitempty"`
}

// layerFile is the declaration's name in a layer's folder.
const layerFile = "layer.yaml"

// NoLayer is a cluster that brings its own network later.
func NoLayer() Layer {
	return Layer{Name: None, Description: "no network: nodes are not Ready until you bring one", PodCIDR: PodCIDRFromNodes, DualStack: true}
}

// None is the name that leaves the pod network to the user.
const None = "none"

// Layers are all layers that are built in, the default first.
func Layers() ([]Layer, error) {
	var all []Layer
	for _, name := range LayerNames() {
		layer, err := LayerOf(name)
		if err != nil {
			return nil, err
		}
		all = append(all, layer)
	}
	return all, nil
}

// LayerNames are what spec.network.layer can name, the default first.
func LayerNames() []string {
	names := []string{DefaultLayer}
	entries, err := fs.ReadDir(files(), "network")
	if err != nil {
		return append(names, None)
	}
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != DefaultLayer {
			names = append(names, entry.Name())
		}
	}
	return append(names, None)
}

// DefaultLayer is the one of a cluster that names none.
const DefaultLayer = "flannel"

// IsPath tells a layer or an addon of the user's own from a name.
func IsPath(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasPrefix(name, "/") || strings.Contains(name, "/")
}

// Called is the name that a layer or an addon of the user's own goes by: that of
// its folder. Any other is its own name.
func Called(name string) string {
	if IsPath(name) {
		return path.Base(path.Clean(name))
	}
	return name
}

// LayerOf is the declaration of a layer that is built in, which is not to be
// changed.
func LayerOf(name string) (Layer, error) {
	known, found := builtInLayers()[name]
	if !found {
		return Layer{}, fmt.Errorf("looking up network layer %q: there is none of that name; use one of %s, or the path of a folder", name, strings.Join(LayerNames(), ", "))
	}
	return known.declared, known.err
}

func readBuiltIn(name string) (Layer, error) {
	if name == None {
		return NoLayer(), nil
	}
	folder, err := fs.Sub(files(), path.Join("network", name))
	if err != nil {
		return Layer{}, fmt.Errorf("reading network layer %q: %w", name, err)
	}
	return ReadLayer(folder, name)
}

// ReadLayer reads the declaration in a layer's folder. A folder without one
// declares nothing: no port is opened for it, and kube-proxy is kept.
func ReadLayer(folder fs.FS, name string) (Layer, error) {
	layer := Layer{Name: name, PodCIDR: PodCIDRFromNodes}
	if _, err := fs.Stat(folder, layerFile); err != nil && IsPath(name) {
		layer.Description = "a network layer of your own"
		return layer, nil
	}
	if err := read(folder, layerFile, &layer); err != nil {
		return Layer{}, fmt.Errorf("reading network layer %q: %w", name, err)
	}
	if err := layer.check(); err != nil {
		return Layer{}, fmt.Errorf("reading %s of network layer %q: %w", layerFile, name, err)
	}
	return layer, nil
}

func (l Layer) check() error {
	switch {
	case l.Description == "":
		return fmt.Errorf("it has no description")
	case l.PodCIDR != PodCIDRFromNodes && l.PodCIDR != PodCIDRFromLayer:
		return fmt.Errorf("podCIDR is %q; write %s or %s", l.PodCIDR, PodCIDRFromNodes, PodCIDRFromLayer)
	}
	for _, port := range l.Ports {
		if port.From < 1 || port.Last() > 65535 || port.To != 0 && port.To < port.From {
			return fmt.Errorf("port %d to %d is no range of ports", port.From, port.To)
		}
		if port.Protocol != "tcp" && port.Protocol != "udp" {
			return fmt.Errorf("port %d has protocol %q; write tcp or udp", port.From, port.Protocol)
		}
	}
	for _, file := range l.Leftovers.Files {
		if !path.IsAbs(file) || strings.Count(path.Clean(file), "/") < 2 {
			return fmt.Errorf("leftover %q is no absolute path at least two folders deep", file)
		}
	}
	for _, name := range slices.Concat(l.Leftovers.Interfaces, l.Leftovers.Chains, l.Leftovers.IPSets) {
		if prefix := strings.TrimSuffix(name, "*"); len(prefix) < 3 || strings.Contains(prefix, "*") {
			return fmt.Errorf("leftover %q is no name of which at least three letters are given, with an asterisk at the end at most", name)
		}
	}
	return nil
}

// Serves tells why a layer cannot be used on hosts of a target, or with pods
// of these ranges; empty where it can. On a target with a network of its own
// making, which is every cloud's, hosts are not in one subnet as Ethernet has it.
func (l Layer) Serves(ownNetwork bool, podRanges []netip.Prefix) string {
	switch {
	case ownNetwork && l.SameSubnet:
		return "its hosts must reach each other without a router in between, which a cloud's network does not let them"
	case ownNetwork && len(l.Protocols) > 0:
		return fmt.Sprintf("it needs IP protocol %s between hosts, which firewalls here do not open", strings.Join(l.Protocols, ", "))
	case len(podRanges) > 1 && !l.DualStack:
		return "it gives pods addresses of one family only"
	}
	return ""
}
