package diagram

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"
)

// Distances in pixels.
const (
	margin   = 24.0
	gap      = 14.0
	pad      = 12.0
	frameTop = 30.0 // the label of a frame
	gutter   = 28.0 // beside the hosts, for lines
	between  = 54.0 // room for arrows and their labels, one above the other
	row      = 17.0 // from one line of text to the next
	diskSize = 22.0
	// widestPool is how wide a pool is made for the sake of its text; what is
	// longer is cut off, and told who points at it.
	widestPool = 460.0
)

// How texts are set.
func heading() svg.Words { return svg.Words{Size: 20, Bold: true} }
func name() svg.Words    { return svg.Words{Size: 13, Bold: true} }
func plain() svg.Words   { return svg.Words{Size: 12} }
func quiet() svg.Words   { return svg.Words{Size: 12, Class: "quiet"} }

// box is a place in the picture.
type box struct{ x, y, w, h float64 }

func (b box) right() float64   { return b.x + b.w }
func (b box) bottom() float64  { return b.y + b.h }
func (b box) centreX() float64 { return b.x + b.w/2 }
func (b box) centreY() float64 { return b.y + b.h/2 }

// layout is where everything is.
type layout struct {
	g             *Graph
	width, height float64
	// column is the width of a zone.
	column         float64
	network        box
	planes         box
	workers        box
	users          box
	internet       box
	fronts, ways   []box
	hosts          []box
	pools          []poolBox
	overlay        []box
	table, legend  float64
	leftGut, rtGut float64
}

// poolBox is a part of a pool: zones that are no neighbours make several.
type poolBox struct {
	box
	of int
	// again tells that it is not the first.
	again bool
}

// sizeOf is how large a part is.
func sizeOf(p part) box {
	w := name().Width(p.title)
	for _, text := range p.lines {
		w = max(w, plain().Width(text))
	}
	return box{w: w + 2*pad, h: pad + row + row*float64(len(p.lines)) + pad/2}
}

func place(g *Graph) *layout {
	l := &layout{g: g}
	l.widths()
	y := l.top()
	y = l.placeHosts(y)
	y = l.placePools(y)
	if l.named() {
		y += row + pad
	}
	l.network.h = y + pad - l.network.y
	l.placeRest(l.network.bottom() + gap)
	return l
}

// named tells that the columns are zones.
func (l *layout) named() bool { return l.g.zones[0].name != "" }

// widths settles how wide columns and gutters are.
func (l *layout) widths() {
	g := l.g
	n := float64(len(g.zones))
	card := l.card()
	l.column = card.w + 2*gap
	if !l.named() {
		l.column = gap + float64(len(g.planes))*(card.w+gap)
	}
	for _, z := range g.zones {
		l.column = max(l.column, name().Width(z.label)+plain().Width(z.subnet)+3*gap)
	}
	for _, p := range g.pools {
		for _, span := range l.spans(p) {
			l.column = max(l.column, (min(sizeOf(p.part).w, widestPool)+2*gap)/float64(span[1]-span[0]+1))
		}
	}
	fronts := -2 * gap
	for _, b := range l.entries() {
		fronts += b.w + 2*gap
	}
	l.column = max(l.column, fronts/n, 250/n)
	l.leftGut = gutter + max(plain().Width(g.find(planes, planes, true).label), plain().Width(g.find(workers, workers, true).label))
	l.rtGut = gutter + max(plain().Width(g.find(workers, l.nodeFront(), false).label), plain().Width(g.find(workers, planes, false).label))
	band := n * l.column
	l.width = max(2*margin+l.leftGut+band+l.rtGut, 2*margin+l.tableWidth(), 2*margin+heading().Width(g.title()), 2*margin+plain().Width(g.subtitle()), 2*margin+l.legendWidth(), 2*margin+l.overlayWidth())
	l.column += max(0, l.width-2*margin-l.leftGut-band-l.rtGut) / n
	l.network.x, l.network.w = margin, l.width-2*margin
	l.planes.x, l.planes.w = margin+l.leftGut, n*l.column
}

// card is the size of a control plane: all are alike.
func (l *layout) card() box {
	card := box{w: 170}
	for _, h := range l.g.planes {
		size := sizeOf(h.part)
		card.w = max(card.w, size.w, plain().Width(h.disk)+diskSize+3*pad)
		card.h = max(card.h, size.h+diskSize+pad)
	}
	return card
}

// entries are the boxes above the hosts, from left to right: the ways out,
// what users reach, what nodes reach. Where users reach the hosts themselves,
// there is room for their arrow.
func (l *layout) entries() []box {
	var all []box
	for _, way := range l.g.waysOut {
		all = append(all, sizeOf(way))
	}
	if l.userFront() < 0 {
		all = append(all, box{w: l.usersSize().w})
	}
	for _, f := range l.g.fronts {
		size := sizeOf(f.part)
		if f.users {
			size.w = max(size.w, l.usersSize().w)
		}
		all = append(all, size)
	}
	return all
}

func (l *layout) userFront() int {
	return slices.IndexFunc(l.g.fronts, func(f front) bool { return f.users })
}

// nodeFront is the id of what nodes reach the API by, or of the hosts
// themselves.
func (l *layout) nodeFront() string {
	for _, f := range l.g.fronts {
		if f.nodes {
			return f.id
		}
	}
	return planes
}

// usersPart is who is outside, as a box.
func (l *layout) usersPart() part {
	p := part{title: "users"}
	for _, from := range l.g.users.from {
		p.lines = append(p.lines, "from "+from)
	}
	if len(l.g.users.from) == 0 {
		p.lines = []string{"within the network only"}
	}
	for _, from := range l.g.users.ssh {
		p.lines = append(p.lines, "SSH to hosts from "+from)
	}
	return p
}

func (l *layout) usersSize() box { return sizeOf(l.usersPart()) }

// top places what is above the hosts and returns where those begin.
func (l *layout) top() float64 {
	y := margin + 60
	l.users = l.usersSize()
	l.users.y = y
	l.network.y = l.users.bottom() + between*0.7
	y = l.network.y + frameTop
	entries := l.entries()
	high := 0.0
	for _, e := range entries {
		high = max(high, e.h)
	}
	total := 0.0
	for _, e := range entries {
		total += e.w
	}
	// The room that is left is shared out between them.
	space := 2 * gap
	if len(entries) > 1 {
		space = max(space, min(80, (l.planes.w-total)/float64(len(entries)-1)))
	}
	x := l.planes.x
	for i, e := range entries {
		e.x, e.y = x, y+high-e.h
		x += e.w + space
		l.enter(i, e)
	}
	if len(entries) == 0 || high == 0 {
		return y + gap
	}
	return y + high + between
}

// enter puts a box of the row above the hosts where it belongs.
func (l *layout) enter(i int, e box) {
	ways := len(l.g.waysOut)
	if i < ways {
		l.ways = append(l.ways, e)
		h := sizeOf(part{}).h
		l.internet = box{x: l.ways[0].x, y: l.users.bottom() - h, w: e.right() - l.ways[0].x, h: h}
		return
	}
	if l.userFront() < 0 && i == ways {
		l.users.x = e.x
		return
	}
	if at := len(l.fronts); at == l.userFront() {
		l.users.x = e.centreX() - l.users.w/2
	}
	l.fronts = append(l.fronts, e)
}
