package diagram

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"
)

// SVG draws the graph as a picture that stands alone.
func (g *Graph) SVG() []byte {
	d := &drawing{layout: place(g)}
	d.titles()
	d.ground()
	d.outside()
	d.entries()
	d.hosts()
	d.edges()
	d.below()
	return d.Document(d.width, d.height, g.title(), g.description(), theme())
}

// drawing is the picture under way.
type drawing struct {
	*layout
	svg.Canvas
}

// theme is how the parts look, by what they are and by their state.
func theme() svg.Theme {
	return append(svg.Common(),
		svg.Rule{Class: "net", Light: "fill:#f6f8fa;stroke:#818b98", Dark: "fill:#151b23;stroke:#656c76"},
		svg.Rule{Class: "zone", Light: "fill:#e6eaef", Dark: "fill:#212830"},
		svg.Rule{Class: "frame", Light: "fill:none;stroke:#818b98;stroke-width:1", Dark: "stroke:#656c76"},
		svg.Rule{Class: "plane", Light: "fill:#ddf4ff;stroke:#0969da", Dark: "fill:#0c2742;stroke:#4493f8"},
		svg.Rule{Class: "pool", Light: "fill:#dafbe1;stroke:#1a7f37", Dark: "fill:#12301d;stroke:#3fb950"},
		svg.Rule{Class: "front", Light: "fill:#fbefff;stroke:#8250df", Dark: "fill:#2a1b47;stroke:#ab7df8"},
		svg.Rule{Class: "way", Light: "fill:#fff1e5;stroke:#bc4c00", Dark: "fill:#3a1d0a;stroke:#db6d28"},
		svg.Rule{Class: "who", Light: "fill:#ffffff;stroke:#59636e", Dark: "fill:#0d1117;stroke:#9198a1"},
		svg.Rule{Class: "disk", Light: "fill:#ffffff;stroke:#0969da", Dark: "fill:#0d1117;stroke:#4493f8"},
		svg.Rule{Class: "line", Light: "fill:none;stroke:#424a53;stroke-width:1.4;stroke-linejoin:round", Dark: "stroke:#b7bdc8"},
		svg.Rule{Class: "arrow", Light: "marker-end:url(#head)"},
		svg.Rule{Class: "both", Light: "marker-start:url(#head);marker-end:url(#head)"},
		svg.Rule{Class: "head", Light: "fill:#424a53", Dark: "fill:#b7bdc8"},
		svg.Rule{Class: "made", Light: "stroke-width:1.6"},
		svg.Rule{Class: "planned", Light: "stroke-width:1.4;stroke-dasharray:6 4"},
		svg.Rule{Class: "foreign", Light: "stroke-width:1.4;stroke-dasharray:1.5 3"},
		svg.Rule{Class: "leaving", Light: "stroke-width:1.4;stroke-dasharray:10 3 2 3;opacity:0.65"},
		svg.Rule{Class: "sick", Light: "stroke:#c11f2e;stroke-width:3", Dark: "stroke:#ff7b72"},
	)
}

func (d *drawing) titles() {
	d.Text(margin, margin+20, heading(), d.g.title())
	d.Text(margin, margin+42, quiet(), d.g.subtitle())
}

// part draws a box with its text; what does not fit is cut, and told whole.
func (d *drawing) part(at box, kind string, p part) {
	d.Open(strings.Join(nonEmpty(append([]string{p.title, stateText(p.state)}, p.lines...)...), ", "))
	d.Rect(at.x, at.y, at.w, at.h, 6, kind+" "+class(p.state))
	d.words(at, p)
	d.Close()
}

func (d *drawing) words(at box, p part) {
	room, y := at.w-2*pad, at.y+pad+8
	d.Text(at.x+pad, y, name(), svg.Cut(p.title, room, name().Size, true))
	for _, text := range p.lines {
		y += row
		how := plain()
		if strings.HasPrefix(text, unwell) {
			how.Class = "bad"
		}
		d.Text(at.x+pad, y, how, svg.Cut(text, room, how.Size, false))
	}
}

// ground draws the network and the zones, which all else stands on.
func (d *drawing) ground() {
	n := d.network
	d.Rect(n.x, n.y, n.w, n.h, 10, "net "+class(d.g.networkState))
	words := name()
	x := n.x + pad
	// The arrow of the users comes down from above: beside it is room.
	if arrow := d.users.centreX(); arrow > x && arrow < x+gap+words.Width(d.g.network)+quiet().Width(d.g.range_) {
		x = arrow + pad
	}
	d.Label(x, n.y+20, words, d.g.network, quiet(), d.g.range_)
	if !d.named() {
		return
	}
	for i, z := range d.g.zones {
		b := box{x: d.planes.x + float64(i)*d.column + 3, y: d.planes.y - 6, w: d.column - 6}
		b.h = n.bottom() - pad/2 - b.y
		d.Rect(b.x, b.y, b.w, b.h, 6, "zone")
		d.Label(b.x+pad, b.bottom()-8, words, z.label, quiet(), z.subnet)
	}
}

func (d *drawing) outside() {
	d.part(d.users, "who", part{title: d.usersPart().title, lines: d.usersPart().lines, state: made})
	if len(d.ways) > 0 {
		d.part(d.internet, "who", part{title: "internet", state: made})
	}
}

func (d *drawing) entries() {
	for i, f := range d.g.fronts {
		if at := d.fronts[i]; f.everywhere {
			d.stack(at, "front", f.state)
		}
		d.part(d.fronts[i], "front", f.part)
	}
	for i, way := range d.g.waysOut {
		d.part(d.ways[i], "way", way)
	}
}

// stack draws the sheets below a box that stands for many.
func (d *drawing) stack(at box, kind string, s state) {
	for i := 2.0; i > 0; i-- {
		d.Rect(at.x+i*stackDepth, at.y+i*stackDepth, at.w, at.h, 6, kind+" "+class(s))
	}
}

func (d *drawing) hosts() {
	d.frame(d.planes, "control plane")
	for i, h := range d.g.planes {
		at := d.layout.hosts[i]
		d.part(at, "plane", h.part)
		y := at.bottom() - diskSize - pad/2
		d.Cylinder(at.x+pad, y, diskSize, diskSize, "disk "+class(h.state))
		d.Text(at.x+2*pad+diskSize, y+diskSize-6, plain(), h.disk)
	}
	if len(d.g.pools) == 0 {
		return
	}
	d.frame(d.workers, "workers")
	for _, b := range d.pools {
		p := d.g.pools[b.of]
		if b.again {
			p.title += ", the same pool"
		}
		if p.many {
			d.stack(b.box, "pool", p.state)
		}
		d.part(b.box, "pool", p.part)
	}
}

func (d *drawing) frame(at box, label string) {
	d.Rect(at.x, at.y, at.w, at.h, 8, "frame")
	d.Text(at.x+pad, at.y+20, quiet(), label)
}

// below draws the ranges of pods and services, the ports and the legend.
func (d *drawing) below() {
	for i, text := range []string{d.g.podText(), d.g.serviceText()} {
		b := d.overlay[i]
		d.Rect(b.x, b.y, b.w, b.h, 6, "net "+class(d.whole()))
		d.Text(b.x+pad, b.y+pad+12, plain(), svg.Cut(text, b.w-2*pad, plain().Size, false))
	}
	if rules := d.g.rules(); len(rules) > 0 {
		d.Text(margin, d.table+14, name(), "Ports, and who calls whom")
		who, why, _ := d.tableColumns()
		for i, r := range rules {
			y := d.table + frameTop + row*float64(i) + 6
			d.Text(margin, y, name(), r.port)
			d.Text(margin+who, y, plain(), r.who)
			d.Text(margin+why, y, quiet(), r.why)
		}
	}
	x := margin
	for _, s := range d.g.states() {
		d.Rect(x, d.legend, swatch, 14, 3, "who "+class(s))
		x += swatch + gap/2
		d.Text(x, d.legend+12, plain(), stateText(s))
		x += plain().Width(stateText(s)) + 2*gap
	}
}

func (d *drawing) whole() state {
	if d.g.exists {
		return made
	}
	return planned
}
