package timeline

import (
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"
)

// Distances in pixels.
const (
	margin     = 24.0
	gap        = 14.0
	chart      = 960.0 // the width of the whole time
	phaseRow   = 26.0
	thinRow    = 17.0
	hostRow    = 26.0
	axisHeight = 34.0
	sectionTop = 34.0
	barHeight  = 18.0
	thinBar    = 8.0
)

// How many rows are drawn of what there may be thousands of.
const (
	mostOperations = 40
	mostHosts      = 40
)

func heading() svg.Words { return svg.Words{Size: 20, Bold: true} }
func strong() svg.Words  { return svg.Words{Size: 12, Bold: true} }
func plain() svg.Words   { return svg.Words{Size: 12} }
func small() svg.Words   { return svg.Words{Size: 11} }
func quiet() svg.Words   { return svg.Words{Size: 12, Class: "quiet"} }

// SVG draws the timeline as a picture that stands alone.
func (t *Timeline) SVG() []byte {
	d := &drawing{t: t, path: t.CriticalPath()}
	d.chooseOperations()
	d.chooseHosts()
	d.left = margin + d.labels() + gap
	d.width = d.left + chart + 2*margin // the last time stands over the edge
	d.titles()
	d.phases()
	if len(d.operations) > 0 {
		d.resources()
	}
	if len(d.hosts) > 0 {
		d.machines()
	}
	d.axis()
	d.steps()
	d.legend()
	return d.document()
}

// drawing is the picture under way. What stands behind the rest, the lines of
// the time, is drawn once it is known how far down they go.
type drawing struct {
	svg.Canvas
	t           *Timeline
	path        []Step
	operations  []Operation
	hosts       []Host
	left, width float64
	// y is how far down the picture has come; top is where its rows begin.
	y, top float64
	behind svg.Canvas
}

// labels is the room that the names of rows take.
func (d *drawing) labels() float64 {
	room := strong().Width("critical path")
	for _, p := range d.t.Phases {
		room = max(room, plain().Width(p.Title))
	}
	for _, o := range d.operations {
		room = max(room, small().Width(o.What))
	}
	for _, h := range d.hosts {
		room = max(room, plain().Width(h.Name))
	}
	return min(room, widestLabel)
}

// widestLabel is how much of the width names of rows may take.
const widestLabel = 380.0

// x is the place of a moment.
func (d *drawing) x(at time.Time) float64 {
	share := float64(at.Sub(d.t.Began)) / float64(max(d.t.Took(), time.Millisecond))
	return d.left + chart*min(max(share, 0), 1)
}

func (d *drawing) titles() {
	verb := "created in "
	if d.t.Error != "" {
		verb = "failed after "
	}
	d.y = margin + 20
	d.Text(margin, d.y, heading(), "Cluster "+d.t.Cluster)
	d.y += 22
	how, room := quiet(), d.width-2*margin
	text := verb + seconds(d.t.Took())
	if d.t.Error != "" {
		how.Class = "bad"
		text += ": " + d.t.Error
	}
	d.Text(margin, d.y, how, svg.Cut(text, room, how.Size, false))
	d.y += gap + axisHeight
	d.top = d.y
}

// row writes the name of a row.
func (d *drawing) row(y, height float64, how svg.Words, label string) {
	how.Anchor = svg.End
	d.Text(d.left-gap, y+height/2+4, how, svg.Cut(label, d.left-gap-margin, how.Size, how.Bold))
}

// section begins a part of the rows.
func (d *drawing) section(title string) {
	d.y += sectionTop
	d.behind.Text(margin, d.y-10, strong(), title)
}

// bar draws one, with what is told of it to who points at it.
func (d *drawing) bar(from, to time.Time, y, height float64, class, told string) {
	d.Open(told)
	d.Rect(d.x(from), y, max(d.x(to)-d.x(from), 1), height, 2, class)
	d.Close()
}

// time writes how long a bar took: to its right, or to its left where the
// picture ends.
func (d *drawing) time(to, from time.Time, y float64, how svg.Words, text string) {
	x := d.x(to) + 6
	if x+how.Width(text) > d.width-margin/2 {
		how.Anchor = svg.End
		x = d.x(from) - 6
	}
	d.Text(x, y, how, text)
}

func (d *drawing) phases() {
	for _, p := range d.t.Phases {
		d.row(d.y, barHeight, plain(), p.Title)
		class := "phase"
		if p.Error != "" {
			class += " failed"
		}
		d.bar(p.Began, p.Ended, d.y, barHeight, class, fmt.Sprintf("%s: %s", p.Title, seconds(p.Ended.Sub(p.Began))))
		for _, w := range p.Waits {
			d.bar(w.Began, w.Ended, d.y+3, barHeight-6, "wait", fmt.Sprintf("waiting for %s: %s, %s", w.Subject, w.Reason, seconds(w.Ended.Sub(w.Began))))
		}
		d.time(p.Ended, p.Began, d.y+13, plain(), seconds(p.Ended.Sub(p.Began)))
		d.y += phaseRow
	}
}

func (d *drawing) resources() {
	d.section("resources")
	for _, o := range d.operations {
		d.row(d.y, thinRow, small(), o.What)
		class := "operation"
		if o.Error != "" {
			class += " failed"
		}
		d.bar(o.Began, o.Ended, d.y+4, thinBar, class, fmt.Sprintf("%s: %s", o.What, seconds(o.Ended.Sub(o.Began))))
		d.time(o.Ended, o.Began, d.y+12, svg.Words{Size: 11, Class: "quiet"}, seconds(o.Ended.Sub(o.Began)))
		d.y += thinRow
	}
	d.more(len(d.t.Operations)-len(d.operations), "operation", "that took no longer")
}

// machines draws the hosts: how each became a node.
func (d *drawing) machines() {
	d.section("hosts")
	for _, h := range d.hosts {
		d.row(d.y, barHeight, plain(), h.Name)
		for i, s := range h.Stages {
			class := fmt.Sprintf("stage%d", stageColour(s.Stage))
			if h.Error != "" && i == len(h.Stages)-1 {
				class += " failed"
			}
			told := fmt.Sprintf("%s, %s: %s", h.Name, s.Stage, seconds(s.Ended.Sub(s.Began)))
			d.bar(s.Began, s.Ended, d.y, barHeight, class, told)
			for _, w := range s.Waits {
				d.bar(w.Began, w.Ended, d.y+3, barHeight-6, "wait", told+", waiting for "+w.What)
			}
			if room := d.x(s.Ended) - d.x(s.Began); small().Width(s.Stage)+8 < room {
				d.Text(d.x(s.Began)+4, d.y+13, small(), s.Stage)
			}
		}
		d.y += hostRow
	}
	d.more(d.hostsOf()-len(d.hosts), "host", "that ended before")
}

// hostsOf is how many hosts have stages.
func (d *drawing) hostsOf() int {
	n := 0
	for _, h := range d.t.Hosts {
		if len(h.Stages) > 0 {
			n++
		}
	}
	return n
}

// more says how many rows are left out.
func (d *drawing) more(n int, what, which string) {
	if n <= 0 {
		return
	}
	if n > 1 {
		what += "s"
	}
	d.Text(d.left, d.y+12, quiet(), fmt.Sprintf("and %d %s %s", n, what, which))
	d.y += thinRow + 4
}
