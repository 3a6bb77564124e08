package live

import (
	"context"
	"time"
)

// Patience is how often a list is asked for again, and after which pause. The
// zero value asks once.
type Patience struct {
	Again int
	Every time.Duration
}

// Lag is the patience for lists of what exists: clouds go on listing for a
// while what is gone.
func Lag() Patience { return Patience{Again: 6, Every: 10 * time.Second} }

// Settled asks for a list until it is empty, fails, or patience ends, and
// returns the last answer.
func Settled[R any](ctx context.Context, p Patience, list func(context.Context) ([]R, error)) ([]R, error) {
	for n := 0; ; n++ {
		found, err := list(ctx)
		if err != nil || len(found) == 0 || n == p.Again {
			return found, err
		}
		select {
		case <-ctx.Done():
			return found, ctx.Err()
		case <-time.After(p.Every):
		}
	}
}
