package timeline

import (
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// skew is by how much a host's clock is before this machine's, as far as looks
// at it tell: the host wrote its status after the look before and before this
// one.
type skew struct {
	known    bool
	atLeast  time.Duration
	bounded  bool
	atMost   time.Duration
	lastSeen time.Time
}

// learn takes in when a status was written by the host's clock, and between
// which looks that was; before is zero where there was no look before.
func (s *skew) learn(written, before, now time.Time) {
	if written.IsZero() || written.Equal(s.lastSeen) {
		return // nothing was written between the looks
	}
	first := s.lastSeen.IsZero()
	s.lastSeen = written
	if least := written.Sub(now); !s.known || least > s.atLeast {
		s.known, s.atLeast = true, least
	}
	// What was there at the first look may be old.
	if first || before.IsZero() {
		return
	}
	if most := written.Sub(before); !s.bounded || most < s.atMost {
		s.bounded, s.atMost = true, most
	}
}

// value is the skew, zero where both clocks may be the same.
func (s *skew) value() time.Duration {
	switch {
	case s.known && s.atLeast > 0:
		if s.bounded && s.atMost > s.atLeast {
			return (s.atLeast + s.atMost) / 2
		}
		return s.atLeast
	case s.bounded && s.atMost < 0:
		return (s.atLeast + s.atMost) / 2
	}
	return 0
}

// correct gives stages the times of this machine's clock.
func (s *skew) correct(stages []node.StageTime) []node.StageTime {
	by := -s.value()
	move := func(t time.Time) time.Time {
		if t.IsZero() {
			return t
		}
		return t.Add(by)
	}
	var all []node.StageTime
	for _, stage := range stages {
		moved := node.StageTime{Stage: stage.Stage, Began: move(stage.Began), Ended: move(stage.Ended)}
		for _, w := range stage.Waits {
			moved.Waits = append(moved.Waits, node.WaitTime{What: w.What, Began: move(w.Began), Ended: move(w.Ended)})
		}
		all = append(all, moved)
	}
	return all
}
