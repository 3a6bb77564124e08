package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

// previewAnswer is how long a preview waits for an API that does not answer.
const previewAnswer = 10 * time.Second

// compareAddons asks the API what applying a set would do; nothing is done.
func compareAddons(ctx context.Context, api *kube.Client, set *addon.Set) ([]kube.Change, error) {
	return api.ApplySet(ctx, set.Objects, kube.Options{DryRun: true, Release: refsOf(set.Unmanaged)})
}

// planAddons fills in phase 3: what the API says, or all of it where there has
// never been a cluster.
func (s *session) planAddons(ctx context.Context, f foundation, p *plan.Plan) error {
	set, err := s.addonSet(f)
	if err != nil {
		return err
	}
	if set == nil {
		p.AddonsUnknown = "where nodes reach the API is not known yet"
		return nil
	}
	if !f.complete {
		for _, object := range set.Objects {
			p.Addons = append(p.Addons, plan.Object{Op: plan.Create, Ref: kube.RefOf(object).String()})
		}
		return nil
	}
	api, err := s.connect(f.before)
	if err != nil {
		return err
	}
	answers, cancel := context.WithTimeout(ctx, previewAnswer)
	defer cancel()
	if err := api.Healthz(answers); err != nil {
		p.AddonsUnknown = fmt.Sprintf("the API at %s does not answer: %v", f.before.Endpoint, err)
		return ctx.Err()
	}
	if switching, err := s.switching(answers, api); err != nil {
		p.AddonsUnknown = fmt.Sprintf("whether the network layer is being switched cannot be told: %v", err)
		return ctx.Err()
	} else if switching != "" {
		p.Refused = append(p.Refused, switching)
	}
	changes, err := compareAddons(ctx, api, set)
	if err != nil {
		p.AddonsUnknown = fmt.Sprintf("the API refuses to compare some: %v", err)
	}
	for _, change := range changes {
		if change.Action == kube.Unchanged {
			p.AddonsUnchanged++
			continue
		}
		p.Addons = append(p.Addons, objectOf(change))
	}
	return ctx.Err()
}

// addonSet are the addons of the cluster as it is or will be; nil where that
// cannot be told.
func (s *session) addonSet(f foundation) (*addon.Set, error) {
	out := f.before
	if moves := f.rendered.Endpoint != f.was.Endpoint && f.unknown == nil; moves || !f.complete {
		out.NodeEndpoint = f.rendered.Endpoint
	}
	if out.NodeEndpoint == "" {
		return nil, nil
	}
	return addon.Render(s.addonValues(out))
}

// objectOf is a change in the words of a plan.
func objectOf(change kube.Change) plan.Object {
	o := plan.Object{Ref: change.Ref.String(), Fields: change.Fields(), Op: map[kube.Action]string{
		kube.Created: plan.Create, kube.Configured: plan.Update, kube.Pruned: plan.Delete, kube.Conflicted: plan.Conflict,
		// Our mark is taken off it.
		kube.Released: plan.Update,
	}[change.Action]}
	for _, ref := range change.Takes {
		o.Fields = append(o.Fields, ref.String()+" goes with it")
	}
	var conflict *kube.ConflictError
	if errors.As(change.Err, &conflict) {
		o.Conflict = conflict.Error()
	}
	return o
}
