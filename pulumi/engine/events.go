package engine

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
)

// Kind tells what an event says.
type Kind string

// Kinds of events.
const (
	// Started: an operation on a resource begins.
	Started Kind = "started"
	// Done: it succeeded, after Elapsed.
	Done Kind = "done"
	// Failed: it did not; Err says why.
	Failed Kind = "failed"
	// Message: something to tell, about a resource when URN is set.
	Message Kind = "message"
)

// Event is one thing that happened during an operation. A sink gets them one
// after the other.
type Event struct {
	Kind Kind
	// Op is create, update, replace, delete, same, read or refresh.
	Op string
	// URN, Type and Name are the resource's.
	URN, Type, Name string
	// Message is the text of a Message.
	Message string
	// Diff is the paths of the properties that differ.
	Diff []string
	// Changes are the same with their values, nested ones each by itself; no
	// secret is among them.
	Changes []Change
	// Elapsed is how long it took.
	Elapsed time.Duration
	// Err is why it failed.
	Err string
}

// Changes counts the resources of an operation by what became, or in a
// preview would become, of them. The stack itself and providers don't count.
type Changes struct{ Create, Update, Replace, Delete, Same int }

// Any tells whether anything but Same happened.
func (c Changes) Any() bool {
	return c.Create+c.Update+c.Replace+c.Delete > 0
}

// ResourceError is a resource that could not be brought to its wanted state.
type ResourceError struct {
	// Op is what was being done, as in Event.
	Op              string
	URN, Type, Name string
	// Message is the provider's.
	Message string
}

// Error names the resource first.
func (e *ResourceError) Error() string {
	return fmt.Sprintf("%s %q (%s): %s", gerund(e.Op), e.Name, e.Type, e.Message)
}

// recorder turns the engine's events into ours and keeps what the result of
// an operation is made of. It is used by one goroutine at a time.
type recorder struct {
	sink    func(Event)
	began   map[string]time.Time
	counted map[string]bool
	changes Changes
	// blamed holds the last error said about a resource, which comes before
	// the event that it failed.
	blamed   map[string]string
	failures []*ResourceError
	// errors are those about no resource.
	errors []string
	makes  makings
}

func newRecorder(sink func(Event)) *recorder {
	if sink == nil {
		sink = func(Event) {}
	}
	return &recorder{sink: sink, began: map[string]time.Time{}, counted: map[string]bool{}, blamed: map[string]string{}}
}

func (r *recorder) record(event apitype.EngineEvent) {
	r.makes.record(event)
	switch {
	case event.ResourcePreEvent != nil:
		r.started(event.ResourcePreEvent.Metadata)
	case event.ResOutputsEvent != nil:
		r.done(event.ResOutputsEvent.Metadata)
	case event.ResOpFailedEvent != nil:
		r.failed(event.ResOpFailedEvent.Metadata)
	case event.DiagnosticEvent != nil:
		r.said(event.DiagnosticEvent)
	case event.ErrorEvent != nil:
		r.errors = append(r.errors, event.ErrorEvent.Error)
	}
}

func (r *recorder) started(step apitype.StepEventMetadata) {
	if isBookkeeping(step.Type) || step.Op == apitype.OpReplace {
		return
	}
	r.began[step.URN+string(step.Op)] = time.Now()
	r.sink(event(Started, step))
}

func (r *recorder) done(step apitype.StepEventMetadata) {
	if isBookkeeping(step.Type) || step.Op == apitype.OpReplace {
		return
	}
	key := step.URN + string(step.Op)
	// A component reports twice: when it is registered and with its outputs.
	if !r.counted[key] {
		r.counted[key] = true
		r.changes.count(step.Op)
	}
	e := event(Done, step)
	began, ok := r.began[key]
	if !ok {
		began, ok = r.began[step.URN+string(apitype.OpRefresh)]
	}
	if ok {
		e.Elapsed = time.Since(began)
	}
	r.sink(e)
}

func (r *recorder) failed(step apitype.StepEventMetadata) {
	e := event(Failed, step)
	e.Err = r.blamed[step.URN]
	if e.Err == "" {
		e.Err = "the provider gave no reason"
	}
	delete(r.blamed, step.URN)
	if began, ok := r.began[step.URN+string(step.Op)]; ok {
		e.Elapsed = time.Since(began)
	}
	r.failures = append(r.failures, &ResourceError{Op: e.Op, URN: e.URN, Type: e.Type, Name: e.Name, Message: e.Err})
	r.sink(e)
}

// said handles what the engine, a provider or the program says.
func (r *recorder) said(d *apitype.DiagnosticEvent) {
	text := strings.TrimSpace(colors.Never.Colorize(d.Message))
	switch {
	case d.Severity == "debug" || text == "":
	case d.Severity == "error" && d.URN != "" && !isStack(d.URN):
		r.blamed[d.URN] = text
	case d.Severity == "error":
		r.errors = append(r.errors, text)
	default:
		e := Event{Kind: Message, URN: d.URN, Message: text}
		if d.URN != "" && !isStack(d.URN) {
			e.Type, e.Name = typeOf(d.URN), nameOf(d.URN)
		}
		r.sink(e)
	}
}

// problems is everything that went wrong with resources, those included that
// were refused before any step began.
func (r *recorder) problems() []error {
	var out []error
	for _, failure := range r.failures {
		out = append(out, failure)
	}
	for _, of := range slices.Sorted(maps.Keys(r.blamed)) {
		out = append(out, &ResourceError{Op: "check", URN: of, Type: typeOf(of), Name: nameOf(of), Message: r.blamed[of]})
	}
	return out
}

func (c *Changes) count(op apitype.OpType) {
	switch op {
	case apitype.OpCreate, apitype.OpImport:
		c.Create++
	case apitype.OpUpdate:
		c.Update++
	case apitype.OpCreateReplacement, apitype.OpImportReplacement:
		c.Replace++
	case apitype.OpDelete:
		c.Delete++
	case apitype.OpSame:
		c.Same++
	}
}

func event(kind Kind, step apitype.StepEventMetadata) Event {
	e := Event{Kind: kind, Op: opName(step.Op), URN: step.URN, Type: step.Type, Name: nameOf(step.URN)}
	e.Diff = slices.Sorted(maps.Keys(step.DetailedDiff))
	if len(e.Diff) == 0 {
		e.Diff = slices.Sorted(slices.Values(step.Diffs))
	}
	e.Changes = changesOf(step)
	return e
}

// opName leaves out of which part of a replacement an operation is.
func opName(op apitype.OpType) string {
	switch op {
	case apitype.OpCreateReplacement, apitype.OpImportReplacement:
		return string(apitype.OpReplace)
	case apitype.OpDeleteReplaced, apitype.OpReadDiscard, apitype.OpDiscardReplaced:
		return string(apitype.OpDelete)
	case apitype.OpReadReplacement:
		return string(apitype.OpRead)
	default:
		return string(op)
	}
}

func gerund(op string) string {
	if op == "same" {
		return "comparing"
	}
	if stem, ok := strings.CutSuffix(op, "e"); ok {
		return stem + "ing"
	}
	return op + "ing"
}
