package live

import (
	"context"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Bounds of looking: each console is a call of an API that counts them.
const (
	// mostConsoles are read in one look.
	mostConsoles = 20
	// lookAgain is how old what was seen may be before it is read anew.
	lookAgain = 5 * time.Second
	// firstBootEnds is when a first boot has long ended, well or not: it gives
	// up after half an hour.
	firstBootEnds = time.Hour
)

// Machine is one instance as its cloud lists it.
type Machine struct {
	Host target.Host
	// Key is what the cloud never gives to another instance, so that what was
	// seen of one is not told of the next with the same name.
	Key string
	// Created is when the machine was made; zero where that is not known. Consoles
	// forget: one of an old machine that is silent says nothing about it.
	Created time.Time
	// Before is what the machine does instead of running, and what to do about
	// it; empty for one that runs, whose console is worth a look.
	Before string
}

// Console reads what a machine has written to its console.
type Console func(context.Context, Machine) (string, error)

// Watch remembers what was seen of machines, so that repeated looks cost
// little: one that is done is not read again. The zero value is ready.
type Watch struct {
	// Now is the clock; nil means time.Now.
	Now func() time.Time

	mu   sync.Mutex
	seen map[string]look
}

// look is what was seen of a machine and when.
type look struct {
	at time.Time
	target.Observation
}

func (l look) done() bool { return l.Status != nil && l.Status.State == node.Done }

// Look tells how far each machine is. Of those that run, at most 20 consoles
// are read, those first that are not known to be done, in the order given. A
// console that cannot be read is something seen; only the end of ctx fails.
func (w *Watch) Look(ctx context.Context, machines []Machine, console Console) ([]target.Observation, error) {
	now := time.Now
	if w.Now != nil {
		now = w.Now
	}
	at := now()
	var read []int
	for i, m := range machines {
		if len(read) < mostConsoles && m.Before == "" && w.stale(m.Key, at) {
			read = append(read, i)
		}
	}
	fresh := make([]look, len(read))
	Each(len(read), func(i int) { fresh[i] = look{at, one(ctx, machines[read[i]], console, at)} })
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	for i, l := range fresh {
		w.keep(machines[read[i]].Key, l)
	}
	all := make([]target.Observation, len(machines))
	for i, m := range machines {
		all[i] = w.tell(m)
	}
	return all, nil
}

// stale tells whether a machine is worth a look.
func (w *Watch) stale(key string, at time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, known := w.seen[key]
	return !known || !last.done() && at.Sub(last.at) >= lookAgain
}

func (w *Watch) keep(key string, l look) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.seen == nil {
		w.seen = map[string]look{}
	}
	w.seen[key] = l
}

// tell is what is known of a machine now.
func (w *Watch) tell(m Machine) target.Observation {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, known := w.seen[m.Key]
	switch {
	case m.Before != "":
		return target.Observation{Host: m.Host, Before: m.Before, Log: last.Log}
	case !known:
		return target.Observation{Host: m.Host, Before: "it runs; its console is read when fewer machines are waited for"}
	}
	seen := last.Observation
	seen.Host = m.Host
	return seen
}

// one reads the console of one machine. Nothing is said of an old one whose
// console has forgotten: whether it is a node, only the cluster can tell.
func one(ctx context.Context, m Machine, console Console, now time.Time) target.Observation {
	seen := target.Observation{Host: m.Host}
	text, err := console(ctx, m)
	if err != nil {
		seen.Before = "it runs; reading its console: " + err.Error()
		return seen
	}
	seen.Status, seen.Before, seen.Log = target.ReadConsole(text)
	old := !m.Created.IsZero() && now.Sub(m.Created) > firstBootEnds
	if seen.Status == nil && seen.Before == "" && !old {
		seen.Before = "booting; its console says nothing of the first boot yet"
	}
	return seen
}
