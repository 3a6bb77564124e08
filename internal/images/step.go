package images

import (
	"context"
	"time"
)

// step runs one step and tells of it when it begins, every ten seconds, and
// when it ends. What is in the cache ends before there is anything to tell.
func (b *build) step(ctx context.Context, title string, run func(context.Context) (cached bool, err error)) error {
	b.n++
	event := Event{Step: title, N: b.n, Of: b.of}
	start := time.Now()
	type outcome struct {
		cached bool
		err    error
	}
	ended := make(chan outcome, 1)
	go func() {
		cached, err := run(ctx)
		ended <- outcome{cached, err}
	}()
	tick := time.NewTimer(300 * time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			event.Elapsed = time.Since(start).Truncate(time.Second)
			b.log(event)
			tick.Reset(10 * time.Second)
		case out := <-ended:
			event.Elapsed, event.Done, event.Cached = time.Since(start), out.err == nil, out.cached
			if out.err == nil {
				b.log(event)
			}
			return out.err
		}
	}
}
