package timeline

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

var _ phase.Reporter = (*Recorder)(nil)

// Recorder hands on what phases report to another reporter, and remembers when.
// It may be used from several goroutines.
type Recorder struct {
	next phase.Reporter
	now  func() time.Time

	mu sync.Mutex
	t  Timeline
	// looked is when the last look at a host began.
	looked map[string]time.Time
}

// NewRecorder starts a record of a cluster; now is the clock.
func NewRecorder(cluster string, next phase.Reporter, now func() time.Time) *Recorder {
	return &Recorder{next: next, now: now, t: Timeline{Cluster: cluster, Began: now()}, looked: map[string]time.Time{}}
}

// Begin remembers that a phase starts.
func (r *Recorder) Begin(n, m int, title string) {
	r.next.Begin(n, m, title)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.t.Phases = append(r.t.Phases, Phase{Title: title, Began: r.now()})
}

// Wait remembers what the phase waits for from now on.
func (r *Recorder) Wait(subject, reason string) {
	r.next.Wait(subject, reason)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.t.Phases) == 0 {
		return
	}
	now, waits := r.now(), &r.t.Phases[len(r.t.Phases)-1].Waits
	if n := len(*waits); n > 0 && (*waits)[n-1].Ended.IsZero() {
		last := &(*waits)[n-1]
		if last.Subject == subject && last.Reason == reason {
			return
		}
		last.Ended = now
	}
	if subject != "" || reason != "" {
		*waits = append(*waits, Wait{Subject: subject, Reason: reason, Began: now})
	}
}

// Note only hands on.
func (r *Recorder) Note(format string, args ...any) { r.next.Note(format, args...) }

// End remembers that the phase is over.
func (r *Recorder) End(took time.Duration, err error) {
	r.next.End(took, err)
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.t.Phases) == 0 {
		return
	}
	p := &r.t.Phases[len(r.t.Phases)-1]
	p.Ended = r.now()
	if err != nil {
		p.Error = err.Error()
	}
	if n := len(p.Waits); n > 0 && p.Waits[n-1].Ended.IsZero() {
		p.Waits[n-1].Ended = p.Ended
	}
}

// Operation remembers that an operation on a resource began or, with ended,
// that it is over; failure says why it failed.
func (r *Recorder) Operation(what, name string, ended bool, failure string) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if !ended {
		r.t.Operations = append(r.t.Operations, Operation{What: what, Name: name, Began: r.now()})
		return
	}
	for i := len(r.t.Operations) - 1; i >= 0; i-- {
		if o := &r.t.Operations[i]; o.What == what && o.Ended.IsZero() {
			o.Ended, o.Error = r.now(), failure
			return
		}
	}
}

// Observe takes in a look at a host, which began at the given time; status is
// nil before its bootstrap has spoken.
func (r *Recorder) Observe(name, role, pool string, status *node.Status, began time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	h := r.host(name, role, pool)
	before := r.looked[name]
	r.looked[name] = began
	if status == nil {
		return
	}
	if status.Error != "" {
		h.Error = status.Error
	} else {
		h.Error = ""
	}
	if len(status.History) == 0 {
		h.see(status, now)
		return
	}
	h.skew.learn(status.Updated, before, now)
	h.Seen, h.Stages = false, slices.Clone(status.History)
}

// host is the record of a host.
func (r *Recorder) host(name, role, pool string) *Host {
	for i := range r.t.Hosts {
		if r.t.Hosts[i].Name == name {
			return &r.t.Hosts[i]
		}
	}
	r.t.Hosts = append(r.t.Hosts, Host{Name: name, Role: role, Pool: pool})
	return &r.t.Hosts[len(r.t.Hosts)-1]
}

// see takes in a status that tells no times: a stage began when it was seen
// first.
func (h *Host) see(s *node.Status, now time.Time) {
	if !h.Seen {
		h.Seen, h.Stages = true, nil
	}
	kept := node.Status{History: h.Stages}
	if n := len(h.Stages); s.Stage != "" && (n == 0 || h.Stages[n-1].Stage != s.Stage) {
		kept.Enter(s.Stage, s.N, s.Stages, now)
	}
	if s.State != node.Running {
		kept.End(s.State, now)
	} else {
		kept.Wait(s.Waiting, now)
	}
	h.Stages = kept.History
}

// Timeline is what was recorded until now; failure, which may be nil, is why it
// ended. Stages are by this machine's clock, and those of an earlier run of
// create are left out.
func (r *Recorder) Timeline(failure error) *Timeline {
	r.mu.Lock()
	defer r.mu.Unlock()
	t := r.t
	if failure != nil {
		t.Error = failure.Error()
	}
	t.Phases, t.Operations = slices.Clone(t.Phases), slices.Clone(t.Operations)
	for i := range t.Phases {
		t.Phases[i].Waits = slices.Clone(t.Phases[i].Waits)
	}
	t.Hosts = nil
	for _, h := range r.t.Hosts {
		h.Stages = h.skew.correct(h.Stages)
		h.Stages = slices.DeleteFunc(h.Stages, func(s node.StageTime) bool {
			return !s.Ended.IsZero() && s.Ended.Before(t.Began)
		})
		for j := range h.Stages {
			if h.Stages[j].Began.Before(t.Began) {
				h.Stages[j].Began = t.Began
			}
		}
		t.Hosts = append(t.Hosts, h)
	}
	slices.SortFunc(t.Hosts, func(a, b Host) int {
		return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Pool, b.Pool), compareNames(a.Name, b.Name))
	})
	end := r.now()
	if n := len(t.Phases); n > 0 && !t.Phases[n-1].Ended.IsZero() {
		end = t.Phases[n-1].Ended
	}
	t.finish(end)
	return &t
}

// compareNames puts a-2 before a-10.
func compareNames(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), cmp.Compare(a, b))
}
