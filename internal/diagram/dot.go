package diagram

import (
	"fmt"
	"strings"
)

// DOT writes the graph in the language of Graphviz, which is described at
// https://graphviz.org/doc/info/lang.html.
func (g *Graph) DOT() string {
	var out strings.Builder
	line := func(depth int, format string, args ...any) {
		out.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
	}
	line(0, "digraph %s {", dotText(g.name))
	line(1, "compound=true; rankdir=TB; labelloc=t; fontname=%s; label=%s;", dotText("sans-serif"), dotText(g.title(), g.subtitle(), g.podText(), g.serviceText()))
	line(1, "node [shape=box, style=rounded, fontname=%s]; edge [fontname=%s, fontsize=10];", dotText("sans-serif"), dotText("sans-serif"))
	line(1, "%s [shape=ellipse, label=%s];", outside, dotText(append([]string{"users"}, g.users.from...)...))
	if len(g.waysOut) > 0 {
		line(1, "internet [shape=ellipse];")
	}
	line(1, "subgraph cluster_network {")
	line(2, "label=%s; style=%s;", dotText(g.network+" "+g.range_), dotText(dotStyle(g.networkState)))
	for _, f := range g.fronts {
		line(2, "%s [shape=hexagon, label=%s, %s];", f.id, dotText(append([]string{f.title}, f.lines...)...), dotLook(f.state))
	}
	for _, way := range g.waysOut {
		line(2, "%s [shape=trapezium, label=%s, %s];", way.id, dotText(way.title), dotLook(way.state))
	}
	g.dotHosts(line)
	line(1, "}")
	g.dotEdges(line)
	line(0, "}")
	return out.String()
}

func (g *Graph) dotHosts(line func(int, string, ...any)) {
	line(2, "subgraph cluster_%s {", planes)
	line(3, "label=%s;", dotText("control plane"))
	for _, h := range g.planes {
		line(3, "%s [label=%s, %s];", h.id, dotText(append([]string{h.title, zoneText(h.zone)}, h.lines...)...), dotLook(h.state))
		line(3, "%s_etcd [shape=cylinder, label=%s, %s];", h.id, dotText(h.disk), dotLook(h.state))
		line(3, "%s -> %s_etcd [dir=none];", h.id, h.id)
	}
	line(2, "}")
	if len(g.pools) == 0 {
		return
	}
	line(2, "subgraph cluster_%s {", workers)
	line(3, "label=%s;", dotText("workers"))
	for _, p := range g.pools {
		peripheries := 1
		if p.many {
			peripheries = 2
		}
		line(3, "%s [peripheries=%d, label=%s, %s];", p.id, peripheries, dotText(append([]string{p.title}, append(p.lines, zoneText(p.zones...))...)...), dotLook(p.state))
	}
	line(2, "}")
}

// dotEdges draws edges of groups from the first of each, clipped at the
// group's border.
func (g *Graph) dotEdges(line func(int, string, ...any)) {
	for _, e := range g.edges {
		from, tail := g.dotEnd(e.from)
		to, head := g.dotEnd(e.to)
		if from == "" || to == "" {
			continue
		}
		attributes := []string{"label=" + dotText(e.label)}
		if e.both {
			attributes = append(attributes, "dir=both")
		}
		if e.from != e.to {
			attributes = append(attributes, nonEmpty(tail("ltail"), head("lhead"))...)
		}
		line(1, "%s -> %s [%s];", from, to, strings.Join(attributes, ", "))
	}
	for _, way := range g.waysOut {
		line(1, "%s -> internet;", way.id)
	}
}

// dotEnd is the node that an edge is drawn from or to, and the attribute by
// which it ends at a group.
func (g *Graph) dotEnd(end string) (string, func(string) string) {
	group := func(attribute string) string { return fmt.Sprintf("%s=cluster_%s", attribute, end) }
	switch {
	case end == planes && len(g.planes) > 0:
		return g.planes[0].id, group
	case end == workers && len(g.pools) > 0:
		return g.pools[0].id, group
	case end == planes || end == workers:
		return "", nil
	}
	return end, func(string) string { return "" }
}

// dotText is lines as a quoted string, centred.
func dotText(lines ...string) string {
	var all []string
	for _, text := range nonEmpty(lines...) {
		all = append(all, strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", " ").Replace(text))
	}
	return `"` + strings.Join(all, `\n`) + `"`
}

func dotStyle(s state) string {
	return [...]string{planned: "rounded,dashed", made: "rounded", leaving: "rounded,dotted", sick: "rounded,bold", foreign: "rounded,dotted"}[s]
}

func dotLook(s state) string {
	look := "style=" + dotText(dotStyle(s))
	if s == sick {
		look += `, color="#c11f2e"`
	}
	return look
}
