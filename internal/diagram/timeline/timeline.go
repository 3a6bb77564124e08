// Package timeline records how a cluster came up, finds out what it took so
// long for, and draws it: phases of create, operations on resources, stages of
// every host, over time.
package timeline

import (
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Timeline is what happened, and when, by the clock of this machine.
type Timeline struct {
	Cluster string    `json:"cluster"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
	// Error says why it ended, where it did not end well.
	Error      string      `json:"error,omitempty"`
	Phases     []Phase     `json:"phases"`
	Operations []Operation `json:"operations,omitempty"`
	Hosts      []Host      `json:"hosts,omitempty"`
}

// Phase is a step of create; they come one after the other.
type Phase struct {
	Title string    `json:"title"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
	Error string    `json:"error,omitempty"`
	// Waits are the parts of it in which something was waited for.
	Waits []Wait `json:"waits,omitempty"`
}

// Wait is a time in which a phase waited.
type Wait struct {
	// Subject is the host or object that was waited for, Reason what of it.
	Subject string    `json:"subject"`
	Reason  string    `json:"reason"`
	Began   time.Time `json:"began"`
	Ended   time.Time `json:"ended"`
}

// Operation is what was done to one resource.
type Operation struct {
	// What is the operation in words: "create host anywhere-workers-1". Name
	// is the resource's.
	What  string    `json:"what"`
	Name  string    `json:"name"`
	Began time.Time `json:"began"`
	Ended time.Time `json:"ended"`
	Error string    `json:"error,omitempty"`
}

// Host is how a host became a node.
type Host struct {
	Name string `json:"name"`
	Role string `json:"role,omitempty"`
	Pool string `json:"pool,omitempty"`
	// Stages are those of its last bootstrap, in order.
	Stages []node.StageTime `json:"stages,omitempty"`
	// Seen tells that the times are those at which this machine saw a change,
	// for the host tells none: they are as coarse as the looks at it.
	Seen bool `json:"seen,omitempty"`
	// Error says why its bootstrap failed.
	Error string `json:"error,omitempty"`

	skew skew
}

// Took is how long it all took.
func (t *Timeline) Took() time.Duration { return t.Ended.Sub(t.Began) }

// finish ends what is under way, for a picture of now.
func (t *Timeline) finish(now time.Time) {
	t.Ended = now
	for i := range t.Phases {
		p := &t.Phases[i]
		if p.Ended.IsZero() {
			p.Ended = now
		}
		for j := range p.Waits {
			if p.Waits[j].Ended.IsZero() {
				p.Waits[j].Ended = p.Ended
			}
		}
	}
	for i := range t.Operations {
		if t.Operations[i].Ended.IsZero() {
			t.Operations[i].Ended = now
		}
	}
	for i := range t.Hosts {
		t.Hosts[i].finish(now)
	}
}

// finish ends the stage that is under way.
func (h *Host) finish(now time.Time) {
	for i := range h.Stages {
		s := &h.Stages[i]
		if s.Ended.IsZero() {
			s.Ended = later(now, s.Began)
		}
		for j := range s.Waits {
			if s.Waits[j].Ended.IsZero() {
				s.Waits[j].Ended = s.Ended
			}
		}
	}
}
