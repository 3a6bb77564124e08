// Package live is what the clouds' own questions to their APIs have in common:
// questions asked side by side, what a plan asks of quotas, and looks at the
// consoles of machines. It knows no cloud.
package live

import (
	"context"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// atOnce is how many questions are under way at the same time: enough to make
// waiting short, few enough that no API calls it a flood.
const atOnce = 10

// Check is one question of a preflight.
type Check func(context.Context) []diag.Problem

// Together asks all questions side by side and keeps the answers in the order
// of the questions.
func Together(ctx context.Context, checks ...Check) []diag.Problem {
	answers := make([][]diag.Problem, len(checks))
	Each(len(checks), func(i int) { answers[i] = checks[i](ctx) })
	var problems []diag.Problem
	for _, answer := range answers {
		problems = append(problems, answer...)
	}
	return problems
}

// Each calls do for 0 to n-1, several at a time, and returns when all are done.
func Each(n int, do func(i int)) {
	var all sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			do(i)
		})
	}
	all.Wait()
}
