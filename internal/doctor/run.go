package doctor

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

const (
	// atOnce is how many checks run at the same time.
	atOnce = 8
	// grace is how long a check whose time is over may take to tidy up.
	grace = 20 * time.Second
)

// Run runs checks side by side and returns what they found, in the order of
// the checks. What others find makes no difference to a check, except to those
// that need it. heard, which may be nil, is told of each check's results as
// soon as all before it are known. The error is the context's.
func Run(ctx context.Context, checks []Check, heard func([]Result)) ([]Result, error) {
	done := make([]chan struct{}, len(checks))
	found := make([][]Result, len(checks))
	at := map[string]int{}
	for i, c := range checks {
		done[i] = make(chan struct{})
		at[c.ID()] = i
	}
	slots := make(chan struct{}, atOnce)
	for i, c := range checks {
		go func() {
			defer close(done[i])
			found[i] = c.settled(waitFor(ctx, c, i, at, done, found, slots))
		}()
	}
	var all []Result
	for i := range checks {
		<-done[i]
		if heard != nil && ctx.Err() == nil {
			heard(found[i])
		}
		all = append(all, found[i]...)
	}
	return all, ctx.Err()
}

// waitFor runs a check once what it needs is known, and a slot is free.
func waitFor(ctx context.Context, c Check, self int, at map[string]int, done []chan struct{}, found [][]Result, slots chan struct{}) []Result {
	for _, need := range c.Needs {
		i, runs := at[need]
		if !runs || i >= self { // a check can only need earlier ones: no circle can hang
			continue
		}
		<-done[i]
		switch worst(found[i]) {
		case Failed:
			return Skip(strings.Replace(need, "/", ": ", 1) + " failed")
		case Skipped:
			return Skip(found[i][0].Detail) // what is at the bottom of it
		}
	}
	slots <- struct{}{}
	defer func() { <-slots }()
	return c.bounded(ctx)
}

// worst is the state of several results together.
func worst(results []Result) State {
	state := OK
	for _, r := range results {
		if r.State.severity() > state.severity() {
			state = r.State
		}
	}
	// Of several things, some skipped and others well, what needs them can run.
	if state == Skipped && slices.ContainsFunc(results, func(r Result) bool { return r.State == OK }) {
		return OK
	}
	return state
}

// bounded runs the check within its deadline. A check that goes on after it is
// given up: what it might still find nobody waits for.
func (c Check) bounded(ctx context.Context) []Result {
	if ctx.Err() != nil {
		return CannotTell("interrupted before it began")
	}
	deadline := c.Deadline
	if deadline == 0 {
		deadline = usualDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	answer := make(chan []Result, 1)
	go func() {
		defer func() {
			if crash := recover(); crash != nil {
				answer <- CannotTell(fmt.Sprintf("the check itself broke: %v, at %s", crash, firstFrames(debug.Stack())))
			}
		}()
		answer <- c.Run(ctx)
	}()
	select {
	case results := <-answer:
		return results
	case <-ctx.Done():
	}
	select {
	case results := <-answer: // it knows better than we what it was at
		return results
	case <-time.After(grace):
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return CannotTell("interrupted")
	}
	return Fail(fmt.Sprintf("no answer within %s", deadline), "")
}

func firstFrames(stack []byte) string {
	lines := strings.Split(string(stack), "\n")
	return oneLine(strings.Join(lines[:min(len(lines), 12)], " "))
}

// settled fills in what the check need not say.
func (c Check) settled(results []Result) []Result {
	if len(results) == 0 {
		results = Well("")
	}
	results = slices.Clone(results)
	for i := range results {
		results[i].Group, results[i].Check = c.Group, c.Name
		results[i].Detail, results[i].Fix = strings.TrimSpace(results[i].Detail), strings.TrimSpace(results[i].Fix)
	}
	return results
}
