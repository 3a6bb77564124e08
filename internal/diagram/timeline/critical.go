package timeline

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Step is a part of the critical path: what had to end before the next could
// begin.
type Step struct {
	Began, Ended time.Time
	// Phase is the index of the phase that it is a part of.
	Phase int
	// Host and Stage are set where it is a stage of a host, Operation where it
	// is one; all are empty where it is the phase's own work.
	Host, Stage, Operation string
}

// Took is how long it took.
func (s Step) Took() time.Duration { return s.Ended.Sub(s.Began) }

// slack is by how much an operation may end after what waited for it began:
// events of both are told one after the other.
const slack = 20 * time.Millisecond

// CriticalPath is what the whole time was spent on, in order and without gaps.
// Phases come one after the other. Within one that works on resources it is,
// from the end backwards, the operation that ended last before the next one
// began; within one that waits for hosts, the stages of the host that was
// waited for last; otherwise the phase itself.
func (t *Timeline) CriticalPath() []Step {
	var path []Step
	at := t.Began
	for i, p := range t.Phases {
		if p.Began.After(at) && len(path) > 0 {
			path[len(path)-1].Ended = p.Began // the moment between two phases
		}
		path = append(path, t.within(i)...)
		at = p.Ended
	}
	return merge(path)
}

// within are the steps of one phase.
func (t *Timeline) within(i int) []Step {
	p := t.Phases[i]
	steps := t.operations(i)
	if h, ok := t.decisive(p); ok && len(steps) == 0 {
		steps = stagesOf(i, h, p.Began, p.Ended)
	}
	return fill(i, p.Began, p.Ended, steps)
}

// decisive is the host that a phase waited for last.
func (t *Timeline) decisive(p Phase) (Host, bool) {
	for _, w := range slices.Backward(p.Waits) {
		pool, isPool := strings.CutPrefix(w.Subject, "pool ")
		var last Host
		found := false
		for _, h := range t.Hosts {
			if len(h.Stages) == 0 || h.Name != w.Subject && !(isPool && h.Pool == pool) {
				continue
			}
			if !found || h.ended().After(last.ended()) {
				last, found = h, true
			}
		}
		if found {
			return last, true
		}
	}
	return Host{}, false
}

// ended is when the last stage of a host ended.
func (h Host) ended() time.Time {
	if len(h.Stages) == 0 {
		return time.Time{}
	}
	return h.Stages[len(h.Stages)-1].Ended
}

// stagesOf are the stages of a host within a time.
func stagesOf(phase int, h Host, from, to time.Time) []Step {
	var all []Step
	for _, s := range h.Stages {
		began, ended := later(s.Began, from), earlier(s.Ended, to)
		if ended.After(began) {
			all = append(all, Step{Began: began, Ended: ended, Phase: phase, Host: h.Name, Stage: s.Stage})
		}
	}
	// Before the first it starts.
	if len(all) > 0 && all[0].Began.After(from) && all[0].Stage == node.StageFacts {
		all = slices.Insert(all, 0, Step{Began: from, Ended: all[0].Began, Phase: phase, Host: h.Name, Stage: starting})
	}
	return all
}

// starting is what a host does before its first stage: it boots, it loads the
// bootstrap image.
const starting = "start"

// operations are those of a phase that each waited for the one before.
func (t *Timeline) operations(i int) []Step {
	p := t.Phases[i]
	var path []Step
	end := p.Ended
	for {
		var last *Operation
		for j := range t.Operations {
			o := &t.Operations[j]
			if o.Began.Before(p.Began) || !o.Began.Before(end) || o.Ended.After(end.Add(slack)) {
				continue
			}
			if last == nil || o.Ended.After(last.Ended) {
				last = o
			}
		}
		if last == nil {
			break
		}
		steps := []Step{{Began: last.Began, Ended: earlier(last.Ended, end), Phase: i, Operation: last.What}}
		// A host that becomes a node while its resource is made.
		for _, h := range t.Hosts {
			if stages := stagesOf(i, h, last.Began, last.Ended); h.Name == last.Name && len(stages) > 1 {
				steps = stages
			}
		}
		path = append(steps, path...)
		end = last.Began
	}
	return path
}

// fill puts the phase itself into the gaps between steps.
func fill(phase int, from, to time.Time, steps []Step) []Step {
	var all []Step
	at := from
	for _, s := range steps {
		if s.Began.After(at) {
			all = append(all, Step{Began: at, Ended: s.Began, Phase: phase})
		}
		all = append(all, s)
		at = s.Ended
	}
	if to.After(at) {
		all = append(all, Step{Began: at, Ended: to, Phase: phase})
	}
	return all
}

// merge joins neighbours that are the same.
func merge(path []Step) []Step {
	var all []Step
	for _, s := range path {
		if n := len(all); n > 0 && all[n-1].Host == s.Host && all[n-1].Stage == s.Stage &&
			all[n-1].Operation == s.Operation && (s.Host != "" || all[n-1].Phase == s.Phase) {
			all[n-1].Ended = s.Ended
			continue
		}
		all = append(all, s)
	}
	return all
}

// Name is a step in words.
func (t *Timeline) Name(s Step) string {
	switch {
	case s.Host != "" && s.Stage != "":
		return s.Host + " " + s.Stage
	case s.Operation != "":
		return s.Operation
	case s.Phase < len(t.Phases):
		return lowerFirst(t.Phases[s.Phase].Title)
	}
	return ""
}

// Summary is the critical path as a line: what took too short to matter is
// counted together at the end.
func (t *Timeline) Summary() string {
	least := max(t.Took()/50, 200*time.Millisecond)
	var words []string
	var rest time.Duration
	for _, s := range t.CriticalPath() {
		if s.Took() < least {
			rest += s.Took()
			continue
		}
		words = append(words, fmt.Sprintf("%s %s", t.Name(s), seconds(s.Took())))
	}
	if len(words) == 0 {
		return ""
	}
	text := "critical path of " + seconds(t.Took()) + ": " + strings.Join(words, " → ")
	if rest >= 100*time.Millisecond {
		text += ", and " + seconds(rest) + " of shorter steps"
	}
	return text
}

// seconds is a time as the pictures have it: 12.3 s, 4 min 05 s.
func seconds(d time.Duration) string {
	if d < 100*time.Second {
		return fmt.Sprintf("%.1f s", d.Seconds())
	}
	whole := d.Round(time.Second)
	return fmt.Sprintf("%d min %02d s", int(whole.Minutes()), int(whole.Seconds())%60)
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return strings.ToLower(s[:1]) + s[1:]
}
