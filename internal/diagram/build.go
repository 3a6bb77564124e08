package diagram

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// builder makes a Graph of what is known.
type builder struct {
	cluster *config.Cluster
	facts   Facts
	sketch  target.Sketch
}

func (b *builder) graph() *Graph {
	spec := b.cluster.Spec
	g := &Graph{
		name: b.cluster.Metadata.Name, place: b.sketch.Place, version: "Kubernetes " + spec.KubernetesVersion,
		network: b.sketch.Network, range_: spec.Network.NodeCIDR, networkState: b.whole(),
		users: users{from: b.sketch.Users, ssh: b.sketch.SSH},
		pods:  spec.Network.PodCIDR, services: spec.Network.ServiceCIDR, layer: spec.Network.Layer,
		exists: b.facts.Outputs != nil,
	}
	if g.place == "" {
		g.place = "target " + spec.Target
	}
	if g.network == "" {
		g.network = "network"
	}
	if b.sketch.Existing {
		g.networkState = foreign
	}
	for i, way := range b.sketch.WaysOut {
		g.waysOut = append(g.waysOut, part{id: fmt.Sprintf("out%d", i+1), title: way, state: b.whole()})
	}
	g.planes, g.pools = b.planes(), b.pools()
	g.zones = b.zones(g)
	g.fronts = b.fronts()
	g.edges = b.edges(g)
	return g
}

// whole is the state of what is there as soon as the cluster is.
func (b *builder) whole() state {
	if b.facts.Outputs != nil {
		return made
	}
	return planned
}

// planes are the control planes of the config, and those that exist beyond.
func (b *builder) planes() []host {
	spec := b.cluster.Spec.ControlPlane
	var all []host
	for i, name := range b.cluster.ControlPlaneNames() {
		h := host{
			part: part{id: fmt.Sprintf("plane%d", i+1), title: name, state: planned},
			zone: target.ControlPlaneZone(b.cluster, i+1), disk: "etcd, on the host's own disk",
		}
		address := b.foreseen(name).Address
		if made, found := b.recorded(name); found {
			h.state, address = b.health(name), made.Address
			if made.Zone != "" {
				h.zone = made.Zone
			}
		}
		h.lines = nonEmpty(address, machine(spec.Machine), b.trouble(name))
		if spec.EtcdDiskGB > 0 {
			h.disk = fmt.Sprintf("etcd, disk of %d GB", spec.EtcdDiskGB)
		}
		all = append(all, h)
	}
	for _, h := range b.recordedHosts() {
		if h.Role == node.ControlPlane && !slices.ContainsFunc(all, func(known host) bool { return known.title == h.Name }) {
			all = append(all, host{
				part: part{id: fmt.Sprintf("plane%d", len(all)+1), title: h.Name, state: leaving, lines: nonEmpty(h.Address, "not in the config")},
				zone: h.Zone, disk: "etcd",
			})
		}
	}
	return all
}

// machine is a machine in words; empty where a target makes none.
func machine(m config.Machine) string {
	words := nonEmpty(m.Type, m.Arch)
	if m.DiskGB > 0 {
		words = append(words, fmt.Sprintf("%d GB", m.DiskGB))
	}
	return strings.Join(words, ", ")
}

// zones are the columns: those of the target, and whatever else a machine is
// in. Without any there is one, which has no name.
func (b *builder) zones(g *Graph) []zone {
	var all []zone
	add := func(name, subnet string) {
		if name == "" || slices.ContainsFunc(all, func(z zone) bool { return z.name == name }) {
			return
		}
		label := name
		if len(name) < 3 {
			label = "zone " + name // Azure's are called 1, 2 and 3
		}
		all = append(all, zone{name: name, label: label, subnet: subnet})
	}
	for _, z := range b.sketch.Zones {
		add(z.Name, z.Subnet)
	}
	for _, h := range g.planes {
		add(h.zone, "")
	}
	for _, p := range g.pools {
		for _, name := range p.zones {
			add(name, "")
		}
	}
	if len(all) == 0 {
		return []zone{{}}
	}
	return all
}

func (b *builder) fronts() []front {
	var all []front
	for i, f := range b.sketch.Fronts {
		one := front{
			part:  part{id: fmt.Sprintf("front%d", i+1), title: f.Name, state: b.whole()},
			users: f.Users, nodes: f.Nodes, everywhere: f.Everywhere,
		}
		if f.Foreign {
			one.state = foreign
		}
		listens := slices.Clone(f.Listens)
		add := func(address string) {
			if address != "" && !slices.Contains(listens, address) {
				listens = append(listens, address)
			}
		}
		if out := b.facts.Outputs; out != nil {
			if f.Users {
				add(strings.TrimPrefix(out.Endpoint, "https://"))
			}
			if f.Nodes {
				add(out.NodeEndpoint)
			}
		}
		one.lines = listens
		all = append(all, one)
	}
	return all
}

// recordedHosts are the hosts that exist.
func (b *builder) recordedHosts() []target.Host {
	if b.facts.Outputs == nil {
		return nil
	}
	return b.facts.Outputs.Hosts
}

// recorded is a host as it exists.
func (b *builder) recorded(name string) (target.Host, bool) {
	for _, h := range b.recordedHosts() {
		if h.Name == name {
			return h, true
		}
	}
	return target.Host{}, false
}

// foreseen is what is known of a host before it exists.
func (b *builder) foreseen(name string) target.Host {
	for _, h := range b.sketch.Hosts {
		if h.Name == name {
			return h
		}
	}
	return target.Host{Name: name}
}

// health is the state of a host that exists.
func (b *builder) health(name string) state {
	if b.trouble(name) != "" {
		return sick
	}
	return made
}

// trouble is what is wrong with a host, with a mark before it.
func (b *builder) trouble(name string) string {
	for _, t := range b.facts.Trouble {
		if t.Host.Name == name {
			return unwell + t.Reason
		}
	}
	return ""
}

// unwell begins a line that says what is wrong.
const unwell = "✕ "

// offset is the nth address of a range, empty where it cannot be read.
func offset(cidr string, n int) string {
	prefix, err := netip.ParsePrefix(config.First(cidr))
	if err != nil {
		return ""
	}
	at := prefix.Masked().Addr()
	for range n {
		at = at.Next()
	}
	return at.String()
}

func nonEmpty(all ...string) []string {
	return slices.DeleteFunc(all, func(text string) bool { return text == "" })
}
