// Package doctor is what a look at a cluster and at the machine in front of
// you finds: checks that run side by side, each with a deadline, and results
// that say what is wrong and what to type. It asks nothing itself: checks are
// functions that it is given.
package doctor

import (
	"context"
	"slices"
	"strings"
	"time"
)

// State is how a check ended.
type State string

// The states, from what needs no reading to what does.
const (
	// OK: as it should be.
	OK State = "ok"
	// Skipped: not looked at, for the reason that the detail gives.
	Skipped State = "skipped"
	// Unknown: it was looked at, and cannot be told from here.
	Unknown State = "unknown"
	// Warning: it works, and may not for long or not for all.
	Warning State = "warning"
	// Failed: it does not work, or the next step would fail over it.
	Failed State = "failed"
)

// severity orders states; the highest of several is that of all.
func (s State) severity() int {
	return slices.Index([]State{OK, Skipped, Unknown, Warning, Failed}, s)
}

// Result is one finding.
type Result struct {
	// Group and Check are filled in by the runner.
	Group string `json:"group"`
	Check string `json:"check"`
	// Subject is what it is about where a check looks at several: a host.
	Subject string `json:"subject,omitempty"`
	State   State  `json:"state"`
	// Detail is what was seen, or what is wrong.
	Detail string `json:"detail,omitempty"`
	// Fix is what to do about it, best a command to type.
	Fix string `json:"fix,omitempty"`
}

// Check is one question.
type Check struct {
	// Group is the word that --only takes, Name what is asked within it.
	Group, Name string
	// About is a line for a list of all checks.
	About string
	// Needs are checks, as "group/name", without which the question makes no
	// sense: where one of them failed or was skipped, this one is skipped. What
	// is not among the checks that run is taken to be well.
	Needs []string
	// Deadline bounds the check; zero means usualDeadline.
	Deadline time.Duration
	// Run finds out. No result at all means that all is well.
	Run func(context.Context) []Result
}

// usualDeadline is for checks that ask one thing of one machine.
const usualDeadline = 20 * time.Second

// ID is how Needs name the check.
func (c Check) ID() string { return c.Group + "/" + c.Name }

// Well is the result of a check that found nothing wrong.
func Well(detail string) []Result { return []Result{{State: OK, Detail: detail}} }

// Warn is the result of a check that found something to be mended some time.
func Warn(detail, fix string) []Result { return []Result{{State: Warning, Detail: detail, Fix: fix}} }

// Fail is the result of a check that found what does not work.
func Fail(detail, fix string) []Result { return []Result{{State: Failed, Detail: detail, Fix: fix}} }

// Skip is the result of a check that does not apply, and why.
func Skip(why string) []Result { return []Result{{State: Skipped, Detail: why}} }

// CannotTell is the result of a check that found no answer.
func CannotTell(why string) []Result { return []Result{{State: Unknown, Detail: why}} }

// Report is all that was found.
type Report struct {
	// Cluster is its name, Target where its hosts come from; both may be empty.
	Cluster string    `json:"cluster,omitempty"`
	Target  string    `json:"target,omitempty"`
	Time    time.Time `json:"time"`
	Results []Result  `json:"results"`
	// Summary counts the results by state.
	Summary map[State]int `json:"summary"`
}

// Count fills in the summary.
func (r *Report) Count() {
	r.Summary = map[State]int{OK: 0, Warning: 0, Failed: 0, Skipped: 0, Unknown: 0}
	for _, result := range r.Results {
		r.Summary[result.State]++
	}
}

// Failed tells whether anything does not work.
func (r *Report) Failed() bool {
	return slices.ContainsFunc(r.Results, func(one Result) bool { return one.State == Failed })
}

// Groups are those of some checks, in their order.
func Groups(checks []Check) []string {
	var groups []string
	for _, c := range checks {
		if !slices.Contains(groups, c.Group) {
			groups = append(groups, c.Group)
		}
	}
	return groups
}

// Only are the checks of some groups, all where none is named.
func Only(checks []Check, groups []string) []Check {
	if len(groups) == 0 {
		return checks
	}
	return slices.DeleteFunc(slices.Clone(checks), func(c Check) bool { return !slices.Contains(groups, c.Group) })
}

// oneLine is a text without line breaks and runs of spaces.
func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
