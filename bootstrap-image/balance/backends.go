package balance

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
)

// health is how a backend was when it was last looked at, the best first.
type health int

const (
	ready    health = iota
	unknown         // not yet looked at
	notReady        // it answers, and says that it would rather not
	stuck           // its host takes connections, and the program does not answer
	gone            // its host takes no connection
)

func (h health) String() string {
	return [...]string{"ready", "unknown", "not ready", "stuck", "gone"}[h]
}

// backend is one API server.
type backend struct {
	address string
	// current backends are those of the cluster as it is now; the others were
	// given at the start and are a last resort.
	current bool
	health  health
	links   map[*link]bool
	stop    context.CancelFunc
}

// backends are all API servers, and who is connected to which.
type backends struct {
	options Options
	ctx     context.Context
	running *sync.WaitGroup
	say     func(format string, args ...any)

	mu  sync.Mutex
	all map[string]*backend
	// over is set at the end: a link that comes later is closed at once.
	over bool
}

// newBackends looks after the backends that are given, until the context ends.
func newBackends(o Options, ctx context.Context, running *sync.WaitGroup, say func(string, ...any)) *backends {
	b := &backends{options: o, ctx: ctx, running: running, say: say, all: map[string]*backend{}}
	b.use(o.Backends)
	return b
}

// use makes these the current backends. Others are forgotten, with their
// connections, save those given at the start.
func (b *backends) use(addresses []string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, address := range addresses {
		if b.all[address] == nil {
			b.all[address] = b.watched(address)
		}
	}
	for address, one := range b.all {
		one.current = slices.Contains(addresses, address)
		if one.current || slices.Contains(b.options.Backends, address) {
			continue
		}
		one.stop()
		delete(b.all, address)
		one.closeLinks()
	}
}

// watched is a new backend whose health is followed from now on.
func (b *backends) watched(address string) *backend {
	ctx, stop := context.WithCancel(b.ctx)
	one := &backend{address: address, health: unknown, links: map[*link]bool{}, stop: stop}
	b.running.Go(func() { b.watch(ctx, one) })
	return one
}

// set notes how a backend is. Connections to one that is gone would hang for
// as long as their clients wait: they are closed, each time, as one may have
// come in between. Those to one that is stuck are closed where there is a better
// one to go to: on a machine that is merely too busy there is none, and whoever
// is closed would begin anew and never come to an end.
func (b *backends) set(one *backend, now health, why error) {
	b.mu.Lock()
	before, closed := one.health, 0
	one.health = now
	if now == gone || now == stuck && b.anyReady() {
		closed = one.closeLinks()
	}
	b.mu.Unlock()
	switch {
	case before == now && closed == 0:
	case now == ready:
		b.say("%s is ready", one.address)
	case closed > 0:
		b.say("%s is %s (%v): closed %d connections", one.address, now, why, closed)
	default:
		b.say("%s is %s (%v)", one.address, now, why)
	}
}

// anyReady tells whether some current backend is ready. The lock is held.
func (b *backends) anyReady() bool {
	for _, one := range b.all {
		if one.current && one.health == ready {
			return true
		}
	}
	return false
}

// closeLinks closes every connection to a backend. The lock is held.
func (one *backend) closeLinks() int {
	for l := range one.links {
		l.close()
	}
	n := len(one.links)
	clear(one.links)
	return n
}

// order is in which backends are tried: healthy ones first, among those the one
// with the fewest connections. Nobody is left out: where all looks say that
// nothing works, trying costs nothing.
func (b *backends) order() []*backend {
	type candidate struct {
		one        *backend
		tier, load int
	}
	b.mu.Lock()
	var all []candidate
	for _, one := range b.all {
		all = append(all, candidate{one, one.tier(), len(one.links)})
	}
	b.mu.Unlock()
	// Equals come in any order, not always the same one first.
	rand.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	slices.SortStableFunc(all, func(x, y candidate) int {
		if x.tier != y.tier {
			return x.tier - y.tier
		}
		return x.load - y.load
	})
	ordered := make([]*backend, len(all))
	for i, c := range all {
		ordered[i] = c.one
	}
	return ordered
}

// tier is how willingly a backend is taken, 0 before all others. One that is
// not of the cluster any more comes behind those that are and may work.
func (one *backend) tier() int {
	switch {
	case one.current && one.health < notReady:
		return int(one.health)
	case !one.current && one.health == ready:
		return 2
	case one.current:
		return 1 + int(one.health)
	}
	return 3 + int(one.health)
}

func (b *backends) add(one *backend, l *link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.over || b.all[one.address] != one {
		l.close()
		return
	}
	one.links[l] = true
}

func (b *backends) forget(one *backend, l *link) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(one.links, l)
}

// closeAll ends all connections, those still to come included.
func (b *backends) closeAll() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.over = true
	for _, one := range b.all {
		one.closeLinks()
	}
}
