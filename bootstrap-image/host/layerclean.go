package host

import (
	"context"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// LayerCleaning is what a host is freed of when a network layer has left it.
type LayerCleaning struct {
	// HostRoot is where the root of the host is mounted.
	HostRoot string
	// Leftovers are what the layer declares.
	Leftovers catalog.Leftovers
	// Pods are the ranges of the cluster's pods, whose routes go.
	Pods []netip.Prefix
	// Log gets a line for what could not be looked at.
	Log    io.Writer
	Runner Runner
}

// layerCleaning is one run of it.
type layerCleaning struct {
	LayerCleaning
	root    root
	removed []string
}

// CleanLayer takes off a host what a network layer has left there, and names
// what it took: interface flannel.1, file /etc/cni/net.d/10-flannel.conflist.
// The layer's own pods must be gone. A run on a clean host removes nothing.
// Files come first, so that the container runtime starts no pod by them.
func CleanLayer(ctx context.Context, o LayerCleaning) (removed []string, err error) {
	root, err := openRoot(o.HostRoot)
	if err != nil {
		return nil, err
	}
	defer root.close()
	c := &layerCleaning{LayerCleaning: o, root: root, removed: []string{}}
	for _, step := range []struct {
		what string
		run  func(context.Context) error
	}{
		{"files", c.files}, {"routes", c.routes}, {"interfaces", c.interfaces},
		{"rules of iptables", c.chains}, {"tables of nftables", c.tables}, {"IP sets", c.sets},
	} {
		if err := step.run(ctx); err != nil {
			return c.removed, fmt.Errorf("removing %s of a network layer: %w; run the same command again to go on", step.what, err)
		}
	}
	return c.removed, nil
}

func (c *layerCleaning) took(kind, name string) { c.removed = append(c.removed, kind+" "+name) }

func (c *layerCleaning) say(format string, args ...any) {
	_, _ = fmt.Fprintf(c.Log, "network: "+format+"\n", args...)
}

// matches tells whether a name is one of those declared; an asterisk at the end
// of one stands for any rest.
func matches(name string, declared []string) bool {
	return slices.ContainsFunc(declared, func(d string) bool {
		if prefix, any := strings.CutSuffix(d, "*"); any {
			return strings.HasPrefix(name, prefix)
		}
		return name == d
	})
}

// files removes files, and folders with all that is in them.
func (c *layerCleaning) files(context.Context) error {
	for _, pattern := range c.Leftovers.Files {
		found, err := c.root.glob(pattern)
		if err != nil {
			return fmt.Errorf("looking for %q: %w", pattern, err)
		}
		for _, file := range found {
			if err := c.root.root.RemoveAll(rel(file)); err != nil {
				return fmt.Errorf("removing %q: %w", file, err)
			}
			c.took("file", file)
		}
	}
	return nil
}

// interfaces removes network devices. The kernel makes some of them anew as
// long as their module is loaded; those are said and left.
func (c *layerCleaning) interfaces(ctx context.Context) error {
	if len(c.Leftovers.Interfaces) == 0 {
		return nil
	}
	listed, err := c.onHost(ctx, "ip", "-o", "link", "show")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(listed)) {
		fields := strings.Fields(line) // 7: flannel.1: <BROADCAST,…  or  8: veth1@if2: <…
		if len(fields) < 2 {
			continue
		}
		name, _, _ := strings.Cut(strings.TrimSuffix(fields[1], ":"), "@")
		if !matches(name, c.Leftovers.Interfaces) {
			continue
		}
		if _, err := c.onHost(ctx, "ip", "link", "delete", name); err != nil {
			c.say("interface %s stays: %v", name, err)
			continue
		}
		c.took("interface", name)
	}
	return nil
}

// routes removes routes to the cluster's pods, save the kernel's own, which go
// with their interface.
func (c *layerCleaning) routes(ctx context.Context) error {
	if !c.Leftovers.Routes || len(c.Pods) == 0 {
		return nil
	}
	for _, family := range []string{"-4", "-6"} {
		listed, err := c.onHost(ctx, "ip", "-o", family, "route", "show", "table", "main")
		if err != nil {
			c.say("%v", err)
			continue
		}
		for line := range strings.Lines(string(listed)) {
			route := podRoute(line, c.Pods)
			if route == nil {
				continue
			}
			if _, err := c.onHost(ctx, "ip", append([]string{family, "route", "delete"}, route...)...); err != nil {
				return err
			}
			c.took("route", strings.Join(route, " "))
		}
	}
	return nil
}

// podRoute are the words by which a route to pods is deleted; nil for a route
// that stays. A line is 10.244.1.0/24 via 10.0.0.3 dev eth0 proto 80 onlink, or
// blackhole 10.244.1.0/24 proto 80.
func podRoute(line string, pods []netip.Prefix) []string {
	line, _, _ = strings.Cut(line, "\\")
	words := strings.Fields(line)
	at := 0
	if len(words) > 0 && slices.Contains([]string{"blackhole", "unreachable", "prohibit", "throw"}, words[0]) {
		at = 1
	}
	if len(words) <= at {
		return nil
	}
	to, err := netip.ParsePrefix(words[at])
	if address, bare := netip.ParseAddr(words[at]); bare == nil {
		to, err = netip.PrefixFrom(address, address.BitLen()), nil
	}
	inPods := func(pods netip.Prefix) bool { return pods.Bits() <= to.Bits() && pods.Contains(to.Addr()) }
	if err != nil || !slices.ContainsFunc(pods, inPods) {
		return nil
	}
	route := words[:at+1]
	for i := at + 1; i+1 < len(words); i++ {
		switch words[i] {
		case "proto":
			if words[i+1] == "kernel" {
				return nil
			}
			route = append(route[:len(route):len(route)], words[i], words[i+1])
		case "via", "dev", "metric":
			route = append(route[:len(route):len(route)], words[i], words[i+1])
		}
	}
	return route
}

// chains removes chains of iptables with the rules that lead to them, and rules
// that match the layer's IP sets: of both families, by either of the kernel's
// interfaces.
func (c *layerCleaning) chains(ctx context.Context) error {
	if len(c.Leftovers.Chains)+len(c.Leftovers.IPSets)+len(c.Leftovers.CNINetworks) == 0 {
		return nil
	}
	for _, program := range []string{"iptables-nft", "iptables-legacy", "ip6tables-nft", "ip6tables-legacy"} {
		saved, err := c.Runner.Run(ctx, Command{Name: program + "-save"})
		if err != nil {
			c.say("%v", err) // a kernel without it has no such chains
			continue
		}
		ports := hostPortChains(string(saved), c.Leftovers.CNINetworks)
		script, names := undo(string(saved), func(chain string) bool {
			return matches(chain, c.Leftovers.Chains) || slices.Contains(ports, chain)
		}, c.Leftovers.IPSets)
		if script == "" {
			continue
		}
		if _, err := c.Runner.Run(ctx, Command{Name: program + "-restore", Args: []string{"--noflush"}, Stdin: strings.NewReader(script)}); err != nil {
			return err
		}
		for _, name := range names {
			c.took(strings.TrimSuffix(strings.TrimSuffix(program, "-nft"), "-legacy"), name)
		}
	}
	return nil
}

// hostPortChains are those that the portmap plugin has made for pods of some
// CNI networks, by the comments of the rules that lead to them (portmap_iptables.go
// of the CNI plugins). With nftables it finds its rules by the pod alone.
func hostPortChains(saved string, networks []string) (chains []string) {
	for line := range strings.Lines(saved) {
		for _, network := range networks {
			if strings.HasPrefix(line, "-A CNI-HOSTPORT-DNAT ") && strings.Contains(line, `"dnat name: \"`+network+`\" id: `) {
				chains = append(chains, goal(strings.Fields(line)))
			}
		}
	}
	return chains
}

// tables removes tables of nftables, declared as "family name".
func (c *layerCleaning) tables(ctx context.Context) error {
	if len(c.Leftovers.Tables) == 0 {
		return nil
	}
	listed, err := c.Runner.Run(ctx, Command{Name: "nft", Args: []string{"list", "tables"}})
	if err != nil {
		c.say("%v", err)
		return nil
	}
	for line := range strings.Lines(string(listed)) {
		fields := strings.Fields(line) // table FAMILY NAME
		if len(fields) != 3 || !matches(fields[1]+" "+fields[2], c.Leftovers.Tables) {
			continue
		}
		if _, err := c.Runner.Run(ctx, Command{Name: "nft", Args: []string{"delete", "table", fields[1], fields[2]}}); err != nil {
			return err
		}
		c.took("table", fields[1]+" "+fields[2])
	}
	return nil
}

// sets removes IP sets, which can be once no rule names them.
func (c *layerCleaning) sets(ctx context.Context) error {
	if len(c.Leftovers.IPSets) == 0 {
		return nil
	}
	listed, err := c.Runner.Run(ctx, Command{Name: "ipset", Args: []string{"list", "-name"}})
	if err != nil {
		c.say("%v", err) // a kernel without them has none
		return nil
	}
	for _, name := range strings.Fields(string(listed)) {
		if !matches(name, c.Leftovers.IPSets) {
			continue
		}
		if _, err := c.Runner.Run(ctx, Command{Name: "ipset", Args: []string{"destroy", name}}); err != nil {
			c.say("IP set %s stays: %v", name, err)
			continue
		}
		c.took("ipset", name)
	}
	return nil
}

func (c *layerCleaning) onHost(ctx context.Context, name string, args ...string) ([]byte, error) {
	return c.Runner.Run(ctx, Command{OnHost: true, Name: name, Args: args})
}
