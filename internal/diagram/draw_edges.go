package diagram

import "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"

// point is a place on a line.
type point = [2]float64

// edges draws who calls whom. What is declared between groups is drawn between
// their frames: down from what stands in front, up along the right, around on
// the left.
func (d *drawing) edges() {
	d.fromUsers()
	d.fromFronts()
	d.fromNodes()
	d.loop(d.planes, d.g.find(planes, planes, true).label)
	if len(d.g.pools) > 0 {
		d.loop(d.workers, d.g.find(workers, workers, true).label)
		d.hostsToHosts()
	}
	for i := range d.ways {
		way := d.ways[i]
		d.Path("line arrow", point{way.centreX(), way.y}, point{way.centreX(), d.internet.bottom()})
	}
}

// down draws an arrow from one box to one below it; at is where its label is.
func (d *drawing) down(x, from, to, at float64, label string) {
	if label == "" {
		return
	}
	d.Path("line arrow", point{x, from}, point{x, to})
	d.Text(x+8, at, plain(), label)
}

// fromUsers labels above the border of the network.
func (d *drawing) fromUsers() {
	x, to, end := d.users.centreX(), planes, d.planes.y
	if at := d.userFront(); at >= 0 {
		to, end = d.g.fronts[at].id, d.fronts[at].y
	}
	d.down(x, d.users.bottom(), end, d.users.bottom()+20, d.g.find(outside, to, false).label)
}

func (d *drawing) fromFronts() {
	for i, f := range d.g.fronts {
		b := d.fronts[i]
		bottom := b.bottom()
		if f.everywhere {
			bottom += 2 * stackDepth
		}
		d.down(b.centreX(), bottom, d.planes.y, d.planes.y-between/2+4, d.g.find(f.id, planes, false).label)
	}
}

// fromNodes draws how nodes reach the API: along the right.
func (d *drawing) fromNodes() {
	to := d.nodeFront()
	x := d.planes.right() + gutter/2
	label := d.g.find(workers, to, false).label
	for i, f := range d.g.fronts {
		if f.id != to {
			continue
		}
		b := d.fronts[i]
		end, right := point{b.right(), b.centreY()}, b.right()
		if f.everywhere {
			end = point{right + 2*stackDepth, b.centreY() + stackDepth}
		}
		from := d.planes.y + frameTop
		d.Path("line arrow", point{d.planes.right(), from}, point{x, from}, point{x, end[1]}, end)
		if label != "" {
			from := d.workers.y + frameTop
			d.Path("line", point{d.workers.right(), from}, point{x, from}, point{x, d.planes.y + frameTop})
		} else {
			label = d.g.find(planes, to, false).label
		}
		d.Text(x+6, d.planes.y-4, plain(), label)
		return
	}
	if label != "" {
		from, end := d.workers.y+frameTop, d.planes.bottom()-frameTop
		d.Path("line arrow", point{d.workers.right(), from}, point{x, from}, point{x, end}, point{d.planes.right(), end})
		d.Text(x+6, (from+end)/2+4, plain(), label)
	}
}

// loop draws that hosts of a frame call each other: around on the left.
func (d *drawing) loop(at box, label string) {
	if label == "" {
		return
	}
	x, from, to := at.x-gutter/2, at.centreY()-12, at.centreY()+12
	d.Path("line both", point{at.x, from}, point{x, from}, point{x, to}, point{at.x, to})
	how := plain()
	how.Anchor = svg.End
	d.Text(x-6, at.centreY()+4, how, label)
}

// hostsToHosts draws what control planes and workers call at each other.
func (d *drawing) hostsToHosts() {
	e := d.g.find(planes, workers, true)
	if e.label == "" {
		return
	}
	x := d.planes.centreX()
	if d.named() {
		// Within a zone: a label across two is hard to read.
		x = d.planes.x + float64(len(d.g.zones)/2)*d.column + d.column/4
	}
	d.Path("line both", point{x, d.planes.bottom()}, point{x, d.workers.y})
	d.Text(x+8, (d.planes.bottom()+d.workers.y)/2+4, plain(), e.label)
}
