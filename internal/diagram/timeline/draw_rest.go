package timeline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"
)

// stages are those that have a colour, in order.
func stages() []string {
	return []string{
		node.StageFacts, node.StageBundle, node.StageCertificates, node.StageIgnition, node.StageUnits,
		node.StageKubelet, node.StageEtcd, node.StageAPIServer, node.StageRegistered, node.StageReady,
	}
}

func stageColour(stage string) int { return slices.Index(stages(), stage) + 1 }

// theme is how bars look. Stages have colours that neighbours do not share.
func theme() svg.Theme {
	all := append(svg.Common(),
		svg.Rule{Class: "grid", Light: "stroke:#d1d9e0;stroke-width:1;fill:none", Dark: "stroke:#2f3742"},
		svg.Rule{Class: "phase", Light: "fill:#54aeff", Dark: "fill:#1f6feb"},
		svg.Rule{Class: "operation", Light: "fill:#afb8c1", Dark: "fill:#6e7681"},
		svg.Rule{Class: "wait", Light: "fill:#ffffff;fill-opacity:0.62", Dark: "fill:#0d1117;fill-opacity:0.5"},
		svg.Rule{Class: "step", Light: "fill:#ffd8b5;stroke:#bc4c00;stroke-width:1", Dark: "fill:#5a2a0a;stroke:#db6d28"},
		svg.Rule{Class: "critical", Light: "fill:none;stroke:#bc4c00;stroke-width:2.2", Dark: "stroke:#f0883e"},
		svg.Rule{Class: "head", Light: "fill:#424a53", Dark: "fill:#b7bdc8"},
		svg.Rule{Class: "stage0", Light: "fill:#d1d9e0", Dark: "fill:#3d444d"},
	)
	light := []string{"#b6e3ff", "#d8b9ff", "#ffcecb", "#aceebb", "#fae17d", "#80ccff", "#ffc680", "#ecd8ff", "#6fdd8b", "#4ac26b"}
	dark := []string{"#0c4a7a", "#553098", "#8e1519", "#04612a", "#6c4400", "#0550ae", "#762c00", "#6639ba", "#116329", "#1a7f37"}
	for i := range light {
		all = append(all, svg.Rule{Class: fmt.Sprintf("stage%d", i+1), Light: "fill:" + light[i], Dark: "fill:" + dark[i]})
	}
	return append(all, svg.Rule{Class: "failed", Light: "fill:#ff8182", Dark: "fill:#a40e26"})
}

// chooseOperations takes the operations to draw: those of the critical path, and where
// there are too many, of the others those that took longest. They are in the
// order in which they began.
func (d *drawing) chooseOperations() {
	onPath := map[string]bool{}
	for _, s := range d.path {
		onPath[s.Operation] = true
	}
	all := slices.Clone(d.t.Operations)
	slices.SortStableFunc(all, func(a, b Operation) int {
		return cmp.Or(first(onPath[a.What], onPath[b.What]), cmp.Compare(b.Ended.Sub(b.Began), a.Ended.Sub(a.Began)))
	})
	d.operations = all[:min(len(all), mostOperations)]
	slices.SortStableFunc(d.operations, func(a, b Operation) int { return a.Began.Compare(b.Began) })
}

// chooseHosts takes the hosts to draw: those of the critical path and the
// control planes, and where there are too many, of the others those that were
// done last.
func (d *drawing) chooseHosts() {
	keep := map[string]bool{}
	for _, s := range d.path {
		keep[s.Host] = true
	}
	all := slices.DeleteFunc(slices.Clone(d.t.Hosts), func(h Host) bool { return len(h.Stages) == 0 })
	order := slices.Clone(all)
	slices.SortStableFunc(order, func(a, b Host) int {
		return cmp.Or(first(keep[a.Name], keep[b.Name]), first(a.Role == node.ControlPlane, b.Role == node.ControlPlane), b.ended().Compare(a.ended()))
	})
	chosen := map[string]bool{}
	for _, h := range order[:min(len(order), mostHosts)] {
		chosen[h.Name] = true
	}
	d.hosts = slices.DeleteFunc(all, func(h Host) bool { return !chosen[h.Name] })
}

// first puts what has a mark before what has none.
func first(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return -1
	}
	return 1
}

// steps draws the critical path: as a row of its own, and around the bars that
// it goes along.
func (d *drawing) steps() {
	d.section("")
	d.row(d.y, barHeight, strong(), "critical path")
	n := 0
	for _, s := range d.path {
		d.bar(s.Began, s.Ended, d.y, barHeight, "step", fmt.Sprintf("%s: %s", d.t.Name(s), seconds(s.Took())))
		d.around(s)
		if !d.matters(s) {
			continue
		}
		n++
		if number := fmt.Sprint(n); small().Width(number)+4 < d.x(s.Ended)-d.x(s.Began) {
			d.Text(d.x(s.Began)+3, d.y+13, small(), number)
		}
	}
	d.y += hostRow + 4
	d.list()
}

// matters tells that a step took long enough to be named.
func (d *drawing) matters(s Step) bool {
	return s.Took() >= max(d.t.Took()/100, 50*time.Millisecond)
}

// around marks the bar of a step.
func (d *drawing) around(s Step) {
	mark := func(y, height float64) {
		d.Rect(d.x(s.Began), y, max(d.x(s.Ended)-d.x(s.Began), 1), height, 2, "critical")
	}
	switch {
	case s.Host != "":
		for i, h := range d.hosts {
			if h.Name == s.Host {
				mark(d.rowOf("host", i)-1, barHeight+2)
			}
		}
	case s.Operation != "":
		for i, o := range d.operations {
			if o.What == s.Operation && !o.Began.After(s.Began) && !o.Ended.Before(s.Began) {
				mark(d.rowOf("operation", i)+3, thinBar+2)
			}
		}
	default:
		mark(d.rowOf("phase", s.Phase)-1, barHeight+2)
	}
}

// rowOf is where a row is.
func (d *drawing) rowOf(kind string, i int) float64 {
	y := d.top
	if kind == "phase" {
		return y + float64(i)*phaseRow
	}
	y += float64(len(d.t.Phases)) * phaseRow
	if len(d.operations) > 0 {
		y += sectionTop
		if kind == "operation" {
			return y + float64(i)*thinRow
		}
		y += float64(len(d.operations)) * thinRow
		if len(d.operations) < len(d.t.Operations) {
			y += thinRow + 4
		}
	}
	return y + sectionTop + float64(i)*hostRow
}

// list names the steps that took long enough to matter, in columns.
func (d *drawing) list() {
	const columns = 3
	width := (d.width - 2*margin) / columns
	n := 0
	for _, s := range d.path {
		if !d.matters(s) {
			continue
		}
		x, y := margin+float64(n%columns)*width, d.y+float64(n/columns)*thinRow+12
		text := fmt.Sprintf("%d. %s %s", n+1, d.t.Name(s), seconds(s.Took()))
		d.Text(x, y, plain(), svg.Cut(text, width-gap, plain().Size, false))
		n++
	}
	d.y += float64((n+columns-1)/columns)*thinRow + gap
}

// axis draws the time, and its lines behind the bars.
func (d *drawing) axis() {
	every := tick(d.t.Took())
	for at := time.Duration(0); at <= d.t.Took(); at += every {
		x := d.x(d.t.Began.Add(at))
		d.behind.Path("grid", [2]float64{x, d.top - 8}, [2]float64{x, d.y})
		how := quiet()
		how.Anchor = svg.Middle
		d.behind.Text(x, d.top-14, how, tickText(at, every))
	}
}

// tick is the distance of lines: so that there are about ten.
func tick(whole time.Duration) time.Duration {
	for _, step := range []float64{0.1, 0.2, 0.5, 1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600} {
		every := time.Duration(step * float64(time.Second))
		if whole <= 12*every {
			return every
		}
	}
	return whole/10 + time.Second
}

func tickText(at, every time.Duration) string {
	switch {
	case every < time.Second:
		return fmt.Sprintf("%.1f s", at.Seconds())
	case at < time.Minute || every < 30*time.Second && at < 2*time.Minute:
		return fmt.Sprintf("%.0f s", at.Seconds())
	}
	return fmt.Sprintf("%d:%02d min", int(at.Minutes()), int(at.Seconds())%60)
}

// legend explains bars and colours.
func (d *drawing) legend() {
	x := margin
	add := func(class, text string) {
		if x+30+plain().Width(text) > d.width-margin {
			x, d.y = margin, d.y+thinRow+4
		}
		d.Rect(x, d.y, 22, 12, 2, class)
		x += 28
		d.Text(x, d.y+10, plain(), text)
		x += plain().Width(text) + gap
	}
	d.y += gap
	add("critical", "on the critical path")
	add("phase", "phase of create")
	add("operation", "operation on a resource")
	d.Rect(x, d.y, 22, 12, 2, "phase")
	d.Rect(x, d.y+2, 22, 8, 2, "wait")
	d.Text(x+28, d.y+10, plain(), "faded: waiting")
	x += 28 + plain().Width("faded: waiting") + gap
	if d.t.Error != "" {
		add("failed", "failed")
	}
	if len(d.hosts) > 0 {
		x, d.y = margin, d.y+thinRow+6
		d.Text(x, d.y+10, quiet(), "stages of a host:")
		x += quiet().Width("stages of a host:") + gap
		for i, stage := range stages() {
			add(fmt.Sprintf("stage%d", i+1), stage)
		}
	}
	d.y += 12 + margin
}

// document puts what stands behind the bars first.
func (d *drawing) document() []byte {
	d.behind.Append(&d.Canvas)
	return d.behind.Document(d.width, d.y, "How cluster "+d.t.Cluster+" came up", d.t.description(), theme())
}

// description says in words what the picture shows.
func (t *Timeline) description() string {
	text := fmt.Sprintf("%s in all.", seconds(t.Took()))
	for _, p := range t.Phases {
		text += fmt.Sprintf(" %s: %s.", p.Title, seconds(p.Ended.Sub(p.Began)))
	}
	if summary := t.Summary(); summary != "" {
		text += " " + summary + "."
	}
	return text
}
