package diagram

import "slices"

// placeHosts places the control planes, one below the other in each zone, or
// side by side where there are no zones.
func (l *layout) placeHosts(y float64) float64 {
	l.planes.y = y
	card := l.card()
	filled := make([]float64, len(l.g.zones))
	most := 0.0
	for i, h := range l.g.planes {
		at := max(0, slices.IndexFunc(l.g.zones, func(z zone) bool { return z.name == h.zone }))
		b := box{w: card.w, h: card.h, y: y + frameTop}
		if l.named() {
			b.x = l.planes.x + float64(at)*l.column + (l.column-card.w)/2
			b.y += filled[at]
			filled[at] += card.h + gap
			most = max(most, filled[at])
		} else {
			used := float64(len(l.g.planes))*(card.w+gap) - gap
			b.x = l.planes.x + (l.planes.w-used)/2 + float64(i)*(card.w+gap)
			most = card.h + gap
		}
		l.hosts = append(l.hosts, b)
	}
	l.planes.h = frameTop + most
	return l.planes.bottom()
}

// spans are the runs of columns that a pool's zones make: first and last.
func (l *layout) spans(p pool) [][2]int {
	var columns []int
	for i, z := range l.g.zones {
		if slices.Contains(p.zones, z.name) {
			columns = append(columns, i)
		}
	}
	if len(columns) == 0 {
		return [][2]int{{0, len(l.g.zones) - 1}}
	}
	var all [][2]int
	for _, c := range columns {
		if n := len(all); n > 0 && all[n-1][1] == c-1 {
			all[n-1][1] = c
			continue
		}
		all = append(all, [2]int{c, c})
	}
	return all
}

// placePools places each pool over its zones, in the first row that is free
// there.
func (l *layout) placePools(y float64) float64 {
	if len(l.g.pools) == 0 {
		return y + gap
	}
	l.workers = box{x: l.planes.x, w: l.planes.w, y: y + between}
	y = l.workers.y + frameTop
	free := make([]float64, len(l.g.zones))
	for i := range free {
		free[i] = y
	}
	for i, p := range l.g.pools {
		h := sizeOf(p.part).h
		spans := l.spans(p)
		top := 0.0
		for _, s := range spans {
			top = max(top, slices.Max(free[s[0]:s[1]+1]))
		}
		for j, s := range spans {
			l.pools = append(l.pools, poolBox{of: i, again: j > 0, box: box{
				x: l.planes.x + float64(s[0])*l.column + gap, y: top,
				w: float64(s[1]-s[0]+1)*l.column - 2*gap - stackDepth*2, h: h,
			}})
			for c := s[0]; c <= s[1]; c++ {
				free[c] = top + h + gap + stackDepth
			}
		}
	}
	l.workers.h = slices.Max(free) - l.workers.y
	return l.workers.bottom()
}

// stackDepth is how far the sheets of a stack are apart.
const stackDepth = 4.0

// placeRest places what is below the network.
func (l *layout) placeRest(y float64) {
	h := 2*pad + row
	half := (l.network.w - gap) / 2
	l.overlay = []box{{margin, y, half, h}, {margin + half + gap, y, half, h}}
	l.table = y + h + 2*gap
	l.legend = l.table + frameTop + row*float64(len(l.g.rules())) + 2*gap
	l.height = l.legend + 2*gap
}

// overlayWidth is what the two ranges take side by side.
func (l *layout) overlayWidth() float64 {
	return gap + 2*(2*pad+max(plain().Width(l.g.podText()), plain().Width(l.g.serviceText())))
}

// columns of the table of ports: where the second and the third begin.
func (l *layout) tableColumns() (who, why, end float64) {
	for _, r := range l.g.rules() {
		who = max(who, name().Width(r.port)+2*gap)
	}
	for _, r := range l.g.rules() {
		why = max(why, who+plain().Width(r.who)+2*gap)
	}
	for _, r := range l.g.rules() {
		end = max(end, why+plain().Width(r.why)+gap)
	}
	return who, why, end
}

func (l *layout) tableWidth() float64 {
	_, _, end := l.tableColumns()
	return end
}

func (l *layout) legendWidth() float64 {
	width := 0.0
	for _, s := range l.g.states() {
		width += swatch + gap/2 + plain().Width(stateText(s)) + 2*gap
	}
	return width
}

// swatch is the width of a sample in the legend.
const swatch = 30.0

// states are those that the legend explains: solid and dashed, and whatever
// else is there.
func (g *Graph) states() []state {
	all := []state{made, planned}
	add := func(s state) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	add(g.networkState)
	for _, h := range g.planes {
		add(h.state)
	}
	for _, p := range g.pools {
		add(p.state)
	}
	for _, f := range g.fronts {
		add(f.state)
	}
	return all
}
