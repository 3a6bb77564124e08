package node

import "time"

// mostWaits is how many waits of one stage are remembered, so that the status
// file stays small whatever a host has to wait for: further ones lengthen the
// last.
const mostWaits = 6

// StageTime is when a stage was under way, by the clock of the host.
type StageTime struct {
	Stage string    `json:"stage"`
	Began time.Time `json:"began"`
	// Ended is zero while the stage is under way.
	Ended time.Time `json:"ended,omitzero"`
	// Waits are the parts of it in which it waited.
	Waits []WaitTime `json:"waits,omitempty"`
}

// WaitTime is when a stage waited, and for what.
type WaitTime struct {
	What  string    `json:"what"`
	Began time.Time `json:"began"`
	// Ended is zero while the wait goes on.
	Ended time.Time `json:"ended,omitzero"`
}

// Enter begins a stage, the nth of so many, and ends the one before.
func (s *Status) Enter(stage string, n, stages int, at time.Time) {
	history := s.ended(at)
	*s = Status{State: Running, Stage: stage, N: n, Stages: stages}
	s.History = append(history, StageTime{Stage: stage, Began: stamp(at)})
}

// Wait says what the stage waits for from now on; empty ends the wait.
func (s *Status) Wait(what string, at time.Time) {
	s.Waiting = what
	if len(s.History) == 0 || !s.History[len(s.History)-1].Ended.IsZero() {
		return // a command beside the bootstrap waits
	}
	waits := &s.History[len(s.History)-1].Waits
	if last := len(*waits) - 1; last >= 0 && (*waits)[last].Ended.IsZero() {
		if (*waits)[last].What == what {
			return
		}
		if what == "" || len(*waits) < mostWaits {
			(*waits)[last].Ended = stamp(at)
		}
	}
	switch {
	case what == "":
	case len(*waits) < mostWaits:
		*waits = append(*waits, WaitTime{What: what, Began: stamp(at)})
	default:
		(*waits)[mostWaits-1].What, (*waits)[mostWaits-1].Ended = what, time.Time{}
	}
}

// End ends the bootstrap, Done or Failed.
func (s *Status) End(state string, at time.Time) {
	s.State, s.History = state, s.ended(at)
}

// ended is the history with what was under way over.
func (s *Status) ended(at time.Time) []StageTime {
	if len(s.History) == 0 {
		return nil
	}
	last := &s.History[len(s.History)-1]
	if last.Ended.IsZero() {
		last.Ended = stamp(at)
	}
	if n := len(last.Waits); n > 0 && last.Waits[n-1].Ended.IsZero() {
		last.Waits[n-1].Ended = last.Ended
	}
	return s.History
}

// stamp is a time as the history has it: milliseconds are what a wait is seen
// in, and are short to write.
func stamp(at time.Time) time.Time { return at.UTC().Truncate(time.Millisecond) }
