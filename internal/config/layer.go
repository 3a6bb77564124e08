package config

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// How kube-proxy writes its rules.
const (
	// ProxyAuto is nftables on every node whose kernel has it, else iptables.
	ProxyAuto     = "auto"
	ProxyNFTables = "nftables"
	ProxyIPTables = "iptables"
)

// PolicyAddon is what enforces NetworkPolicy objects beside any layer.
const PolicyAddon = "kube-network-policies"

func proxyModes() []string { return []string{ProxyAuto, ProxyNFTables, ProxyIPTables} }

func policies() []string { return []string{PolicyAddon} }

// Routing is a block of a target whose hosts are joined by a network of the
// target's own making, in which they do not see each other as on one cable.
type Routing interface {
	// Routes is always true.
	Routes() bool
}

// layer checks the pod network and what goes with it.
func (f *findings) layer(path string, c *Cluster) {
	n := c.Spec.Network
	f.oneOf(path+".policy", "way to enforce network policy", n.Policy, policies(), true)
	f.oneOf(path+".proxyMode", "way to write rules", n.ProxyMode, proxyModes(), false)
	if catalog.IsPath(n.Layer) {
		return
	}
	layer, err := catalog.LayerOf(n.Layer)
	if err != nil {
		f.add(path+".layer", "write one of "+strings.Join(Layers(), ", "),
			"there is no network layer %q%s", n.Layer, meant(n.Layer, Layers()))
		return
	}
	if n.Policy != "" && layer.EnforcesPolicy {
		f.add(path+".policy", "leave it out", "network layer %s enforces network policy itself", n.Layer)
	}
	if why := c.serves(layer); why != "" {
		f.add(path+".layer", "write another layer, such as "+DefaultLayer, "%s cannot be used here: %s", n.Layer, why)
	}
}

// serves tells why a layer cannot be this cluster's; empty where it can.
func (c *Cluster) serves(layer catalog.Layer) string {
	routing, ok := c.Spec.Block.(Routing)
	return layer.Serves(ok && routing.Routes(), podRanges(c.Spec.Network))
}

// layers are those that can be this cluster's.
func (c *Cluster) layers() []string {
	return slices.DeleteFunc(Layers(), func(name string) bool {
		layer, err := catalog.LayerOf(name)
		return err != nil || c.serves(layer) != ""
	})
}

// podRanges are those that can be read.
func podRanges(n Network) (ranges []netip.Prefix) {
	for _, text := range Ranges(n.PodCIDR) {
		if prefix, err := netip.ParsePrefix(text); err == nil {
			ranges = append(ranges, prefix)
		}
	}
	return ranges
}

// oneOf checks a value of few.
func (f *findings) oneOf(path, what, value string, values []string, optional bool) {
	if optional && value == "" || slices.Contains(values, value) {
		return
	}
	f.add(path, "write one of "+strings.Join(values, ", "), "there is no %s %q%s", what, value, meant(value, values))
}
