package cli

import (
	"context"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// releaseTimeout bounds the wait for controllers: a cloud takes a load
	// balancer down within a few minutes.
	releaseTimeout = 10 * time.Minute
	// answerTimeout is how long an API that is to be deleted is waited for.
	answerTimeout = 15 * time.Second
)

// releasing is the phase in which a cluster on a cloud gives back what its
// controllers made, while they still run.
func (o *deleteOptions) releasing() []phase.Phase {
	if _, cloud := o.target.(target.Pulling); !cloud || o.force {
		return nil
	}
	return []phase.Phase{{Title: "Giving back load balancers and volumes", Run: o.release, Deadline: releaseTimeout}}
}

// recorded is what the state says of a cluster that was complete once. Of one
// that was not, the API has nothing to tell.
func (s *session) recorded(ctx context.Context, report phase.Reporter) (out target.Outputs, complete bool, err error) {
	stack, err := s.existing(ctx, noted(report))
	if err != nil || stack == nil {
		return out, false, err
	}
	defer stack.Close()
	values, err := stack.Outputs(ctx)
	if err != nil {
		return out, false, err
	}
	if out, err = target.ParseOutputs(values); err != nil {
		report.Note("the cluster is not complete yet: its API is not asked")
		return out, false, nil
	}
	return out, true, nil
}

// release asks the API. One that cannot be asked is passed over: what is left
// is looked for in the end, and named.
func (o *deleteOptions) release(ctx context.Context, report phase.Reporter) error {
	out, complete, err := o.recorded(ctx, report)
	if err != nil || !complete {
		return err
	}
	api, err := o.connect(out)
	if err != nil {
		return err
	}
	answers, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	if err := api.Healthz(answers); err != nil && ctx.Err() == nil {
		report.Note("the API does not answer (%v): what its controllers made is looked for in the end", err)
		return nil
	}
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		held, err := api.Release(ctx)
		if err != nil || len(held) == 0 {
			return "", "", err
		}
		return held[0].Object, "its " + held[0].What + " to be taken down", nil
	})
}
