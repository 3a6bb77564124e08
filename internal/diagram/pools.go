package diagram

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// namesShown is how many of a pool's hosts are named, where they have names.
const namesShown = 4

// pools are those of the config, and those that exist beyond.
func (b *builder) pools() []pool {
	var all []pool
	for i, wanted := range b.cluster.Spec.Pools {
		p := pool{part: part{id: fmt.Sprintf("pool%d", i+1), title: wanted.Name, state: planned}, zones: wanted.Machine.Zones}
		hosts := b.workers(wanted.Name)
		count, exists := b.countOf(wanted)
		if exists {
			p.state = made
		}
		p.many = max(count, wanted.Max) > 1
		p.title = fmt.Sprintf("%s ×%d", wanted.Name, count)
		p.lines = nonEmpty(kind(wanted), b.change(wanted, count, exists), b.names(hosts))
		if troubles := b.troubles(wanted.Name); len(troubles) > 0 {
			p.state, p.lines = sick, append(p.lines, troubles...)
		}
		all = append(all, p)
	}
	for _, gone := range b.gone() {
		all = append(all, pool{part: part{id: fmt.Sprintf("pool%d", len(all)+1), title: gone, state: leaving, lines: []string{"not in the config"}}})
	}
	return all
}

// troubles are what is wrong with hosts of a pool, the first of them at least.
func (b *builder) troubles(pool string) []string {
	var all []string
	for _, t := range b.facts.Trouble {
		if t.Host.Pool == pool {
			all = append(all, unwell+t.Host.Name+": "+t.Reason)
		}
	}
	if more := len(all) - namesShown; more > 0 {
		all = append(all[:namesShown], fmt.Sprintf("%sand %d more", unwell, more))
	}
	return all
}

// kind is what the nodes of a pool are: e2-standard-2, spot, 3…20.
func kind(p config.Pool) string {
	words := nonEmpty(machine(p.Machine))
	if p.Spot {
		words = append(words, "spot")
	}
	if p.Max > 0 {
		words = append(words, fmt.Sprintf("%d…%d", p.Min, p.Max))
	}
	for _, taint := range p.Taints {
		words = append(words, "taint "+taint.Key+":"+taint.Effect)
	}
	return strings.Join(words, ", ")
}

// workers are the hosts of a pool that have names of their own.
func (b *builder) workers(pool string) []target.Host {
	var all []target.Host
	for _, h := range slices.Concat(b.recordedHosts(), b.sketch.Hosts) {
		known := slices.ContainsFunc(all, func(o target.Host) bool { return o.Name == h.Name })
		if h.Role == node.Worker && h.Pool == pool && !known {
			all = append(all, h)
		}
	}
	return all
}

// countOf is how many nodes a pool has, or will have, and whether it exists.
func (b *builder) countOf(p config.Pool) (count int, exists bool) {
	if b.facts.Outputs == nil {
		return p.Count, false
	}
	for _, group := range b.facts.Outputs.Pools {
		if group.Name == p.Name {
			return group.Count, true
		}
	}
	for _, h := range b.recordedHosts() {
		if h.Role == node.Worker && h.Pool == p.Name {
			count++
		}
	}
	if count > 0 {
		return count, true
	}
	return p.Count, false
}

// change says that a pool is to have another size.
func (b *builder) change(p config.Pool, count int, exists bool) string {
	if !exists || p.Max > 0 || count == p.Count {
		return ""
	}
	return fmt.Sprintf("the config says %d", p.Count)
}

// names are those of a pool's hosts, the first of them at least.
func (*builder) names(hosts []target.Host) string {
	var all []string
	for _, h := range hosts {
		if len(all) == namesShown && len(hosts) > namesShown {
			return strings.Join(all, ", ") + ", …"
		}
		name := h.Name
		if h.Address != "" {
			name += " (" + h.Address + ")"
		}
		all = append(all, name)
	}
	return strings.Join(all, ", ")
}

// gone are the names of pools that exist and are not in the config.
func (b *builder) gone() []string {
	if b.facts.Outputs == nil {
		return nil
	}
	var all []string
	add := func(name string) {
		wanted := slices.ContainsFunc(b.cluster.Spec.Pools, func(p config.Pool) bool { return p.Name == name })
		if name != "" && !wanted && !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	for _, p := range b.facts.Outputs.Pools {
		add(p.Name)
	}
	for _, h := range b.recordedHosts() {
		if h.Role == node.Worker {
			add(h.Pool)
		}
	}
	return all
}
