package manager

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

const (
	// Whatever the watch missed is put right this often.
	resync = time.Minute
	// A new watch has begun by then.
	afterStart = 5 * time.Second
	// A burst of events, such as a namespace's deletion, is one reconcile.
	settle = 300 * time.Millisecond
	// After a failure, which is mostly a control plane still starting.
	retryFirst, retryLast = time.Second, 15 * time.Second
)

// keepAddons applies the set that the cluster keeps, at once, whenever
// something of it changes, and every minute.
func (m *manager) keepAddons(ctx context.Context) {
	events := make(chan string, 1)
	watch := &watching{cluster: m.cluster, log: m.log, events: events}
	defer watch.stop()
	backoff := retryFirst
	for {
		wait := resync
		if refs, err := m.reconcile(ctx); err != nil {
			m.log.once("addons", "%v", err)
			wait, backoff = backoff, min(2*backoff, retryLast)
		} else {
			m.log.forget("addons")
			backoff = retryFirst
			if watch.start(ctx, refs) {
				// What happened before the watch began is seen by looking once more.
				wait = afterStart
			}
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case event := <-events:
			m.log.printf("addons: %s", event)
			sleep(ctx, settle)
		case <-timer.C:
		}
		timer.Stop()
	}
}

// reconcile applies the set, which it first renders in a cluster that has
// none, and returns what is in it.
func (m *manager) reconcile(ctx context.Context) ([]kube.Ref, error) {
	began := time.Now()
	refs, changes, err := m.apply(ctx)
	m.pulse.tried()
	if ctx.Err() != nil {
		return refs, ctx.Err() // what an end of the term does to requests is nobody's news
	}
	m.metrics.reconciled(time.Since(began), len(refs), changes, err)
	m.tell(changes, err)
	return refs, err
}

func (m *manager) apply(ctx context.Context) (refs []kube.Ref, changes []kube.Change, err error) {
	desired, found, err := m.cluster.ReadDesired(ctx)
	if err != nil {
		return nil, nil, err
	}
	if !found {
		if err := m.initialise(ctx); err != nil {
			return nil, nil, err
		}
		if desired, found, err = m.cluster.ReadDesired(ctx); err != nil || !found {
			return nil, nil, fmt.Errorf("reading back the set of addons (found: %t): %w", found, err)
		}
	}
	for _, obj := range desired.Objects {
		refs = append(refs, kube.RefOf(obj))
	}
	changes, err = m.cluster.Reconcile(ctx, kube.Options{})
	return refs, changes, err
}

// initialise writes the first set, rendered from the file of phase 2.
func (m *manager) initialise(ctx context.Context) error {
	spec := m.file.Cluster.Spec
	set, err := addon.Render(addon.Values{
		Cluster:      &m.file.Cluster,
		NodeEndpoint: m.file.NodeEndpoint,
		Images:       images.For(spec.KubernetesVersion, spec.Images.Registry),
		Layer:        m.file.Layer,
		// What is the user's own is on the user's machine, and comes from there.
		Built: true,
	})
	if err != nil {
		return err
	}
	m.log.printf("addons: the cluster has no set yet; writing %d objects rendered from the cluster file", len(set.Objects))
	return m.cluster.CreateDesired(ctx, set.Objects)
}

// watching is a watch over the kinds of a set, started anew when they change.
type watching struct {
	cluster cluster
	log     *log
	events  chan<- string
	kinds   []string
	cancel  context.CancelFunc
}

// start says whether it began a new watch.
func (w *watching) start(ctx context.Context, refs []kube.Ref) bool {
	var kinds []string
	for _, ref := range refs {
		kinds = append(kinds, ref.Group+"/"+ref.Version+"/"+ref.Kind)
	}
	slices.Sort(kinds)
	kinds = slices.Compact(kinds)
	if w.cancel != nil && slices.Equal(kinds, w.kinds) {
		return false
	}
	w.stop()
	w.kinds = kinds
	ctx, w.cancel = context.WithCancel(ctx)
	go func() {
		for ctx.Err() == nil {
			err := w.cluster.Watch(ctx, refs, w.notify)
			if ctx.Err() != nil {
				return
			}
			w.log.once("watch", "%v; trying again", err)
			sleep(ctx, retryLast)
		}
	}()
	return true
}

// notify passes an event on; while one is waiting, another adds nothing.
func (w *watching) notify(event string) {
	select {
	case w.events <- event:
	default:
	}
}

func (w *watching) stop() {
	if w.cancel != nil {
		w.cancel()
	}
}
