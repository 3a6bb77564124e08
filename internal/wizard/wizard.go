package wizard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// Wizard is where a person is among the questions.
type Wizard struct {
	draft  *Draft
	frames []frame
	// onlyMissing leaves out what needs no answer.
	onlyMissing bool
	bill        func(*config.Cluster) []string
	notes       []string
	// failed is what the choice of a menu could not do.
	failed error
	end    End
}

// End is how it ended, if it did.
type End int

// The ends there are.
const (
	// Asking is not yet ended.
	Asking End = iota
	// Write is the wish to have the file written.
	Write
	// Abort is the wish to leave everything as it was.
	Abort
)

// frame is a row of questions; those of an item of a list stand above those
// of the config.
type frame struct {
	build func() []step
	// at is the question that is asked, by its ID.
	at string
	// place is where that is in the row, should the question be gone.
	place int
	// abandon undoes what began the frame, where it is left by its beginning.
	abandon func(*Wizard)
}

// Start begins to ask. With onlyMissing, what needs no answer is left out;
// bill, which may be nil, lists what a cluster costs.
func Start(d *Draft, onlyMissing bool, bill func(*config.Cluster) []string) *Wizard {
	w := &Wizard{draft: d, onlyMissing: onlyMissing, bill: bill}
	w.frames = []frame{{build: w.main}}
	return w
}

// main are the questions of the config, the menu of what was not asked, and
// the summary.
func (w *Wizard) main() []step {
	var out []step
	var broken []string
	for _, p := range w.draft.Problems() {
		broken = append(broken, p.Path)
	}
	for _, p := range w.draft.parts() {
		first, _ := w.draft.asked(p)
		for _, s := range first {
			if !w.onlyMissing || needed(s, broken) || slices.Contains(w.draft.answers, s.path) {
				out = append(out, s)
			}
		}
	}
	if !w.onlyMissing {
		out = append(out, w.furtherStep())
	}
	return append(out, w.summaryStep())
}

// furtherStep is the menu of what was not asked.
func (w *Wizard) furtherStep() step {
	m := &menu{help: "These have defaults that suit most clusters.", choices: []choice{{value: "no", label: "No, go on to the summary"}}}
	for _, g := range w.draft.further() {
		m.choices = append(m.choices, choice{value: g.title, label: g.title + " (" + titles(g.steps) + ")", do: func(w *Wizard) {
			w.enter(frame{build: func() []step {
				for _, again := range w.draft.further() {
					if again.title == g.title {
						return again.steps
					}
				}
				return nil
			}})
		}})
	}
	return step{id: "further settings", section: "Summary", title: "Further settings?", menu: m}
}

// steps are the questions of the frame on top and the place of the current.
func (w *Wizard) steps() ([]step, int) {
	top := &w.frames[len(w.frames)-1]
	steps := top.build()
	for len(steps) == 0 && len(w.frames) > 1 {
		w.frames = w.frames[:len(w.frames)-1]
		top = &w.frames[len(w.frames)-1]
		steps = top.build()
	}
	i := slices.IndexFunc(steps, func(s step) bool { return s.id == top.at })
	if i < 0 {
		i = min(top.place, len(steps)-1)
	}
	top.at, top.place = steps[i].id, i
	return steps, i
}

// Question is what is asked now.
func (w *Wizard) Question() Question {
	steps, i := w.steps()
	return w.draft.ask(steps[i])
}

// Check tells why an answer to the current question cannot be, as a *Refused,
// and changes nothing.
func (w *Wizard) Check(text string) error {
	steps, i := w.steps()
	if m := steps[i].menu; m != nil {
		_, err := m.pick(text)
		return err
	}
	_, err := w.draft.try(steps[i].path, text)
	return err
}

// Answer takes an answer over and goes on to the next question.
func (w *Wizard) Answer(text string) error {
	w.notes, w.failed = nil, nil
	steps, i := w.steps()
	if m := steps[i].menu; m != nil {
		picked, err := m.pick(text)
		if err != nil {
			return err
		}
		if picked.do == nil {
			w.advance()
			return nil
		}
		picked.do(w)
		return w.failed
	}
	notes, err := w.draft.Answer(steps[i].path, text)
	if err != nil {
		return err
	}
	w.notes = append(notes, w.draft.doubtsOf(steps[i].path)...)
	w.advance()
	return nil
}

// pick finds the choice that an answer means; the empty one is the first.
func (m *menu) pick(text string) (choice, error) {
	var values []string
	for i, c := range m.choices {
		if c.value == text || (text == "" && i == 0) {
			return c, nil
		}
		values = append(values, c.value)
	}
	return choice{}, fmt.Errorf("%q is no answer here%s", text, config.Meant(text, values))
}

// advance goes to the next question, or out of a frame that has no more.
func (w *Wizard) advance() {
	steps, i := w.steps()
	top := &w.frames[len(w.frames)-1]
	if i+1 < len(steps) {
		top.at, top.place = steps[i+1].id, i+1
		return
	}
	if len(w.frames) > 1 {
		w.frames = w.frames[:len(w.frames)-1]
	}
}

// Back goes to the question before, which keeps its answer.
func (w *Wizard) Back() {
	w.notes, w.failed = nil, nil
	steps, i := w.steps()
	top := &w.frames[len(w.frames)-1]
	switch {
	case i > 0:
		top.at, top.place = steps[i-1].id, i-1
	case len(w.frames) > 1:
		abandon := top.abandon
		w.frames = w.frames[:len(w.frames)-1]
		if abandon != nil {
			abandon(w)
		}
	}
}

// enter begins another row of questions, after which this one goes on.
func (w *Wizard) enter(f frame) { w.frames = append(w.frames, f) }

// refuse notes that a choice could not be carried out.
func (w *Wizard) refuse(err error) { w.failed = err }

// Notes are what the last answer did beyond what it said.
func (w *Wizard) Notes() []string { return w.notes }

// End is how the questions ended, or Asking.
func (w *Wizard) End() End { return w.end }

// Draft is the config as answered so far.
func (w *Wizard) Draft() *Draft { return w.draft }

// Answered is a question of the current section that was passed.
type Answered struct {
	Title, Value string
	// Default tells that the value is not written.
	Default bool
}

// Past are the questions before the current one in its section.
func (w *Wizard) Past() []Answered {
	steps, i := w.steps()
	var out []Answered
	for _, s := range steps[:i] {
		if s.section != steps[i].section || s.menu != nil {
			continue
		}
		value, written := w.draft.written(s.path)
		if !written {
			if value = show(w.draft.effective(s.path)); value == "" {
				value = s.field.DefaultWords
			}
		}
		out = append(out, Answered{Title: s.title, Value: value, Default: !written})
	}
	return out
}

// Sections are the headings of the questions, and which of them the current
// one is under; in the questions about an item, that of its list.
func (w *Wizard) Sections() (titles []string, current int) {
	bottom := w.frames[0]
	for _, s := range bottom.build() {
		if len(titles) == 0 || titles[len(titles)-1] != s.section {
			titles = append(titles, s.section)
		}
		if s.id == bottom.at {
			current = len(titles) - 1
		}
	}
	return titles, current
}

// mend is the question about a field with a problem.
func (w *Wizard) mend(path string) func() []step {
	return func() []step {
		for at := path; at != ""; at = strings.TrimRight(at[:max(0, strings.LastIndexAny(at, ".["))], ".") {
			f := w.draft.schema.Find(at)
			if f == nil {
				continue
			}
			p := part{title: "To be mended", path: at, field: f, depth: all}
			switch {
			case f.Type == schema.Object:
				steps, _ := w.draft.asked(p)
				return steps
			case f.Type == schema.List && f.Item.Type == schema.Object:
				return []step{w.draft.listStep(p, at, f)}
			}
			return []step{{id: at, section: p.title, title: words(below("", at)...), path: at, field: f}}
		}
		return nil
	}
}
