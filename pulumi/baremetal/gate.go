package baremetal

import (
	"context"
	"sync"
)

// gate lets a number of hosts be worked on at a time. The number comes with
// each that asks: it is known from a host's own record alone when a cluster is
// deleted.
type gate struct {
	mu   sync.Mutex
	busy int
	left chan struct{}
}

// enter waits for a place, which leave gives back.
func (g *gate) enter(ctx context.Context, places int) (leave func(), err error) {
	for {
		g.mu.Lock()
		if g.busy < places {
			g.busy++
			g.mu.Unlock()
			return g.leave, nil
		}
		if g.left == nil {
			g.left = make(chan struct{})
		}
		left := g.left
		g.mu.Unlock()
		select {
		case <-left:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.busy--
	if g.left != nil {
		close(g.left)
		g.left = nil
	}
}
