package diagram

import (
	"fmt"
	"strings"
)

// Mermaid writes the graph as a flowchart of Mermaid, whose syntax is at
// https://mermaid.js.org/syntax/flowchart.html; GitHub draws it.
func (g *Graph) Mermaid() string {
	var out strings.Builder
	line := func(depth int, format string, args ...any) {
		out.WriteString(strings.Repeat("  ", depth) + fmt.Sprintf(format, args...) + "\n")
	}
	line(0, "flowchart TB")
	line(1, `%s(["%s"])`, outside, mermaidText(append([]string{"users"}, g.users.from...)...))
	if len(g.waysOut) > 0 {
		line(1, `internet(["internet"])`)
	}
	line(1, `subgraph network ["%s"]`, mermaidText(g.title(), g.network+" "+g.range_))
	for _, f := range g.fronts {
		line(2, `%s{{"%s"}}:::%s`, f.id, mermaidText(append([]string{f.title}, f.lines...)...), class(f.state))
	}
	for _, way := range g.waysOut {
		line(2, `%s[/"%s"\]:::%s`, way.id, mermaidText(way.title), class(way.state))
	}
	line(2, `subgraph %s ["control plane"]`, planes)
	for _, h := range g.planes {
		line(3, `%s["%s"]:::%s`, h.id, mermaidText(append([]string{h.title, zoneText(h.zone)}, h.lines...)...), class(h.state))
		line(3, `%s_etcd[("%s")]:::%s`, h.id, mermaidText(h.disk), class(h.state))
		line(3, `%s --- %s_etcd`, h.id, h.id)
	}
	line(2, "end")
	if len(g.pools) > 0 {
		line(2, `subgraph %s ["workers"]`, workers)
		for _, p := range g.pools {
			line(3, `%s[["%s"]]:::%s`, p.id, mermaidText(append([]string{p.title}, append(p.lines, zoneText(p.zones...))...)...), class(p.state))
		}
		line(2, "end")
	}
	line(1, "end")
	g.mermaidEdges(line)
	line(1, `pods["%s"]:::note`, mermaidText(g.podText(), g.serviceText()))
	for _, s := range []state{planned, made, leaving, sick, foreign} {
		line(1, "classDef %s %s", class(s), mermaidStyle(s))
	}
	line(1, "classDef note fill:none,stroke:none")
	return out.String()
}

// mermaidEdges draws what hosts of a group call at each other between two of
// them: not every renderer draws a group that calls itself.
func (g *Graph) mermaidEdges(line func(int, string, ...any)) {
	for _, e := range g.edges {
		from, to, arrow := e.from, e.to, "-->"
		if e.both {
			arrow = "<-->"
		}
		if from == to {
			from, to = g.twoOf(from)
		}
		if from == to {
			arrow = "-->"
		}
		line(1, `%s %s|"%s"| %s`, from, arrow, mermaidText(e.label), to)
	}
	for _, way := range g.waysOut {
		line(1, `%s --> internet`, way.id)
	}
}

// twoOf are two boxes of a group, or the only one twice.
func (g *Graph) twoOf(group string) (first, second string) {
	var ids []string
	for _, h := range g.planes {
		if group == planes {
			ids = append(ids, h.id)
		}
	}
	for _, p := range g.pools {
		if group == workers {
			ids = append(ids, p.id)
		}
	}
	return ids[0], ids[min(1, len(ids)-1)]
}

// mermaidText is lines as the text of a node: within double quotes, characters
// that mean something are written as entity codes.
func mermaidText(lines ...string) string {
	var all []string
	for _, text := range nonEmpty(lines...) {
		all = append(all, strings.NewReplacer("#", "#35;", `"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "#96;", "\n", " ").Replace(text))
	}
	return strings.Join(all, "<br>")
}

// class is a state as the name of a class.
func class(s state) string {
	return [...]string{planned: "planned", made: "made", leaving: "leaving", sick: "sick", foreign: "foreign"}[s]
}

func mermaidStyle(s state) string {
	return [...]string{
		planned: "stroke-dasharray:6 4",
		made:    "stroke-width:2px",
		leaving: "stroke-dasharray:2 4,opacity:0.6",
		sick:    "stroke:#c11f2e,stroke-width:3px",
		foreign: "stroke-dasharray:1 3",
	}[s]
}

func zoneText(zones ...string) string {
	switch {
	case len(zones) == 0 || zones[0] == "":
		return ""
	case len(zones) == 1:
		return "zone " + zones[0]
	}
	return "zones " + strings.Join(zones, ", ")
}
