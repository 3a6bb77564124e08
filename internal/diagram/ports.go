package diagram

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Ends of edges that are no box: all control planes, all workers, who is
// outside.
const (
	outside = "users"
	planes  = "planes"
	workers = "workers"
)

// edge is who calls whom.
type edge struct {
	from, to string
	// label is the ports, why what they are for: one for each.
	label string
	why   []string
	// both tells that each calls the other.
	both bool
}

// rule is a line of the table of ports.
type rule struct{ port, who, why string }

// sshPort is that of hosts' SSH servers.
const sshPort = 22

// declared are the ports of a cluster, as firewalls have them: those of every
// control plane, those of every worker.
func (b *builder) declared() (ofPlanes, ofWorkers []target.Port) {
	// A layer of the user's own is the user's to know.
	layer, _ := target.Inputs{Cluster: b.cluster}.LayerPorts()
	return append(target.ControlPlanePorts(), layer...), append(target.WorkerPorts(), layer...)
}

// edges are derived from what firewalls are derived from.
func (b *builder) edges(g *Graph) []edge {
	var all edgeList
	ofPlanes, ofWorkers := b.declared()
	for _, port := range ofPlanes {
		switch port.Source {
		case target.Anywhere:
			b.calls(&all, g, port)
		case target.ControlPlanes:
			all.peers(planes, len(g.planes), port)
		case target.Nodes:
			all.peers(planes, len(g.planes), port)
			if len(g.pools) > 0 {
				all.add(workers, planes, port)
			}
		}
	}
	for _, port := range ofWorkers {
		if port.Source == target.Nodes && len(g.pools) > 0 {
			all.add(planes, workers, port)
			all.peers(workers, 2, port)
		}
	}
	for range g.users.ssh[:min(1, len(g.users.ssh))] {
		ssh := target.Port{From: sshPort, To: sshPort, Protocol: "tcp", Why: "SSH, from where the config allows it"}
		all.add(outside, planes, ssh)
		if len(g.pools) > 0 {
			all.add(outside, workers, ssh)
		}
	}
	return all.merged()
}

// calls are those of the API, by way of what stands in front of it.
func (b *builder) calls(all *edgeList, g *Graph, port target.Port) {
	users, nodes := planes, planes
	for _, f := range g.fronts {
		if f.users {
			users = f.id
		}
		if f.nodes {
			nodes = f.id
		}
	}
	all.call(outside, users, g.listens(users, 0, port))
	if len(g.pools) > 0 {
		all.call(workers, nodes, g.listens(nodes, -1, port))
	}
	for _, f := range g.fronts {
		if f.id == nodes {
			all.call(planes, nodes, g.listens(nodes, -1, port))
		}
		all.call(f.id, planes, port)
	}
}

// listens is the port at which a front is reached, where it is known to be
// another: at the first of its addresses, for users, or at the last, for nodes.
func (g *Graph) listens(id string, which int, port target.Port) target.Port {
	for _, f := range g.fronts {
		if f.id != id || len(f.lines) == 0 {
			continue
		}
		address := f.lines[(which+len(f.lines))%len(f.lines)]
		if n, err := strconv.Atoi(address[strings.LastIndexByte(address, ':')+1:]); err == nil {
			port.From, port.To = n, n
		}
	}
	return port
}

// edgeList is edges under way: one for each port and pair of ends.
type edgeList []edge

// peers adds that several of a kind call each other.
func (l *edgeList) peers(who string, count int, port target.Port) {
	if count > 1 {
		l.add(who, who, port)
	}
}

// add adds a call at a port, or that it is made in both directions.
func (l *edgeList) add(from, to string, port target.Port) {
	label := portText(port)
	for i := range *l {
		e := &(*l)[i]
		switch {
		case e.label != label:
		case e.from == from && e.to == to:
			return
		case e.from == to && e.to == from:
			e.both = true
			return
		}
	}
	*l = append(*l, edge{from: from, to: to, label: label, why: []string{port.Why}, both: from == to})
}

// call adds a call that has nothing to do with one in the other direction: what
// stands in front of API servers passes on what it is asked.
func (l *edgeList) call(from, to string, port target.Port) {
	*l = append(*l, edge{from: from, to: to, label: portText(port), why: []string{port.Why}})
}

// merged has one edge where ports have the same ends.
func (l edgeList) merged() []edge {
	var all []edge
	for _, e := range l {
		at := slices.IndexFunc(all, func(o edge) bool { return o.from == e.from && o.to == e.to && o.both == e.both })
		if at < 0 {
			all = append(all, e)
			continue
		}
		all[at].label += ", " + e.label
		all[at].why = append(all[at].why, e.why...)
	}
	return all
}

// portText is a port as people write it: 2379–2380/tcp.
func portText(p target.Port) string {
	if p.From == p.To {
		return fmt.Sprintf("%d/%s", p.From, p.Protocol)
	}
	return fmt.Sprintf("%d–%d/%s", p.From, p.To, p.Protocol)
}

// find is the edge from one end to another; its label is empty where there is
// none.
func (g *Graph) find(from, to string, both bool) edge {
	for _, e := range g.edges {
		if e.both == both && (e.from == from && e.to == to || both && e.from == to && e.to == from) {
			return e
		}
	}
	return edge{}
}

// rules are the ports with their reasons, each once, in order.
func (g *Graph) rules() []rule {
	var all []rule
	for _, e := range g.edges {
		for i, port := range strings.Split(e.label, ", ") {
			if !slices.ContainsFunc(all, func(r rule) bool { return r.port == port }) {
				all = append(all, rule{port: port, who: g.callers(port), why: e.why[i]})
			}
		}
	}
	return all
}

// callers says who calls whom at a port.
func (g *Graph) callers(port string) string {
	var from, to []string
	add := func(list *[]string, who string) {
		if words := map[string]string{outside: "users", planes: "control planes", workers: "workers"}[who]; words != "" && !slices.Contains(*list, words) {
			*list = append(*list, words)
		}
	}
	for _, e := range g.edges {
		if !slices.Contains(strings.Split(e.label, ", "), port) {
			continue
		}
		add(&from, e.from)
		add(&to, e.to)
		if e.both {
			add(&from, e.to)
			add(&to, e.from)
		}
	}
	// What only a front listens at.
	for _, e := range g.edges {
		for _, f := range g.fronts {
			if len(to) == 0 && e.to == f.id && e.label == port {
				to = []string{f.title}
			}
		}
	}
	return together(from) + " → " + together(to)
}

// together names all hosts at once where control planes and workers are meant.
func together(who []string) string {
	slices.Sort(who)
	text := strings.Join(who, ", ")
	return strings.NewReplacer("control planes, users, workers", "users, all nodes", "control planes, workers", "all nodes").Replace(text)
}
