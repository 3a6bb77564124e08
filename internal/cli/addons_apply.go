package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// carryFlags say how addons are applied.
type carryFlags struct {
	Force, Yes, NoWait bool
	Timeout            time.Duration
}

func (f *carryFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.Force, "force-conflicts", false, "Take over fields that somebody else has set to another value")
	cmd.Flags().BoolVar(&f.Yes, "yes", false, "Prune without asking")
	cmd.Flags().BoolVar(&f.NoWait, "no-wait", false, "Do not wait until the addons are ready")
	cmd.Flags().DurationVar(&f.Timeout, "timeout", 10*time.Minute, "Longest wait for the addons to be ready")
}

func (f *carryFlags) check() error { return checkTimeout(f.Timeout) }

// application is one run of 'addons apply', or of what ends in it.
type application struct {
	*creation
	carryFlags
	dryRun bool
	// about are the addons whose conflicts are an error; those of others are
	// then only told. None are all.
	about []string
	// accepted is called once it is known what happens, and before it does;
	// done once it has. Either may be nil.
	accepted, done func() error

	changes []kube.Change
}

// run says what changes, then does it.
func (a *application) run(ctx context.Context) error {
	err := phase.Run(ctx, []phase.Phase{
		{Title: "Reaching the API", Run: a.reach, Deadline: reachTimeout},
		{Title: "Comparing with the cluster", Run: a.compare, Deadline: reachTimeout},
	}, a.progress())
	if err != nil {
		return err
	}
	if a.dryRun {
		_, err := a.showChanges(a.changes)
		return err
	}
	a.foretell()
	if err := a.confirm(ctx); err != nil {
		return err
	}
	if a.accepted != nil {
		if err := a.accepted(); err != nil {
			return err
		}
	}
	plan := []phase.Phase{{Title: "Applying the addons", Run: a.carryOut, Deadline: reachTimeout}}
	if !a.NoWait && a.hasNetwork() {
		plan = append(plan, phase.Phase{Title: "Waiting for the addons", Run: a.awaitAddons, Deadline: a.Timeout})
	}
	return phase.Run(ctx, plan, a.progress())
}

// compare asks what applying would do. What cannot be compared may be applied
// all the same.
func (a *application) compare(ctx context.Context, report phase.Reporter) error {
	set, err := addon.Render(a.addonValues(a.out))
	if err != nil {
		return err
	}
	return phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		changes, err := compareAddons(ctx, a.api, set)
		if err != nil && transient(err) {
			return a.out.Endpoint, err.Error(), nil
		}
		if a.changes = changes; err != nil {
			report.Note("not all could be compared: %v", err)
		}
		return "", "", nil
	})
}

// mostForetold is how many objects of a kind of change are named; those that
// go are all named.
const mostForetold = 12

// foretell tells what changes, by what it is.
func (a *application) foretell() {
	if !a.list(a.env.ErrOut, kube.Created, kube.Configured, kube.Released, kube.Conflicted, kube.Pruned) {
		a.narrate("\n" + count(len(a.changes), "object") + " as wanted")
	}
	a.narrate("")
}

// list names the objects that change in one of some ways, and tells whether
// there are any.
func (a *application) list(w io.Writer, actions ...kube.Action) bool {
	said := false
	for _, action := range actions {
		named := a.of(action)
		if len(named) == 0 {
			continue
		}
		said = true
		fmt.Fprintf(w, "\n%s (%d):\n", action, len(named))
		for i, change := range named {
			if i == mostForetold && action != kube.Pruned {
				fmt.Fprintf(w, "  and %d more; 'kubectl anywhere addons diff %s' shows them\n", len(named)-i, a.cluster.Metadata.Name)
				break
			}
			fmt.Fprintf(w, "  %s\n", change.Ref)
			for _, ref := range change.Takes {
				fmt.Fprintf(w, "    with it goes %s, which is no part of the addons\n", ref)
			}
		}
	}
	return said
}

// of are the changes of one kind.
func (a *application) of(action kube.Action) (changes []kube.Change) {
	for _, change := range a.changes {
		if change.Action == action {
			changes = append(changes, change)
		}
	}
	return changes
}

// confirm asks a person before objects are deleted. Where no person types, it
// goes on, as 'kubectl apply --prune' does.
func (a *application) confirm(ctx context.Context) error {
	going := len(a.of(kube.Pruned))
	if going == 0 || a.Yes || !a.env.Typed {
		return nil
	}
	if !a.env.asks() {
		return &usageError{fmt.Errorf("nothing was changed: %s would be pruned, and --log-format json asks nothing: add --yes", count(going, "object"))}
	}
	if a.env.isQuiet() { // and has not heard of them
		a.list(a.env.emphatic(), kube.Pruned)
		fmt.Fprintln(a.env.emphatic())
	}
	if yes, err := a.env.agrees(ctx, "Prune "+count(going, "object")+"?"); yes || err != nil {
		return err
	}
	return &usageError{errors.New("nothing was changed: answer y, or add --yes")}
}

func (a *application) carryOut(ctx context.Context, report phase.Reporter) error {
	changes, err := a.apply(ctx, report, kube.Options{Force: a.Force})
	if err != nil {
		return err
	}
	if a.done != nil {
		if err := a.done(); err != nil {
			return err
		}
	}
	mine := slices.DeleteFunc(slices.Clone(changes), func(change kube.Change) bool {
		return len(a.about) > 0 && !slices.Contains(a.about, a.addonOf(change.Ref))
	})
	for _, change := range changes {
		if change.Action == kube.Conflicted && !slices.ContainsFunc(mine, func(m kube.Change) bool { return m.Ref == change.Ref }) {
			report.Note("left as it is: %v", change.Err)
		}
	}
	return a.conflicts(mine)
}

// addonOf is the addon that an object of the set belongs to.
func (a *application) addonOf(ref kube.Ref) string {
	for _, object := range a.set.Objects {
		if kube.RefOf(object) == ref {
			return object.GetLabels()[addonLabel]
		}
	}
	return ""
}

// awaitAddons waits until what runs in the cluster runs, and tells of each addon
// that had to be waited for.
func (c *creation) awaitAddons(ctx context.Context, report phase.Reporter) error {
	open := slices.Clone(c.set.Objects)
	var waiting []string
	return phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		states, err := c.api.Readiness(ctx, open)
		if err != nil {
			return "", "", err // the wait is over; each object's own error is in its state
		}
		var left []*unstructured.Unstructured
		subject, reason := "", ""
		for i, state := range states {
			if state.Reason == "" {
				continue
			}
			if left = append(left, open[i]); reason == "" {
				subject, reason = state.Object.String(), state.Reason
			}
		}
		open = left
		still := addonsIn(open)
		for _, name := range waiting {
			if !slices.Contains(still, name) && name != withoutAddon {
				report.Note("%s is ready", name)
			}
		}
		waiting = still
		return subject, reason, nil
	})
}

// addonsIn are the addons of objects, in their order.
func addonsIn(objects []*unstructured.Unstructured) (names []string) {
	for _, object := range objects {
		if name := addonNameOf(object); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
