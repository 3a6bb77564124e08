package cli

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// How long each question may take. They are asked side by side.
const (
	apiLimit = 5 * time.Second
	// directLimit is for addresses that often cannot be reached from here.
	directLimit = 2 * time.Second
	addonsLimit = 8 * time.Second
	// machinesLimit is for clouds, whose APIs take their time.
	machinesLimit = 10 * time.Second
)

// What is asked, as it is called where there is no answer.
const (
	askedNodes    = "nodes"
	askedAddons   = "addons"
	askedPlanes   = "control plane"
	askedVersion  = "version"
	askedMachines = "machines"
	askedUser     = "your kubeconfig"
	askedSwitch   = "network switch"
)

// lookout looks at one cluster, once or again and again.
type lookout struct {
	*session
	out target.Outputs
	// api is nil where the cluster cannot be asked at all; why says so.
	api *kube.Client
	why error
}

func (s *session) lookout(out target.Outputs) *lookout {
	l := &lookout{session: s, out: out}
	l.api, l.why = s.connect(out)
	return l
}

// questions are asked side by side; what each finds out is put into the report
// one at a time.
type questions struct {
	mu     sync.Mutex
	all    sync.WaitGroup
	report *health.Report
}

// ask asks one question. What put does with the report is done only where the
// answer came in time; else the report has it as unknown.
func (q *questions) ask(ctx context.Context, what string, limit time.Duration, question func(context.Context) (put func(*health.Report), err error)) {
	q.all.Go(func() {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		type answer struct {
			put func(*health.Report)
			err error
		}
		answered := make(chan answer, 1)
		go func() {
			put, err := question(ctx)
			answered <- answer{put, err}
		}()
		a := answer{}
		select {
		case a = <-answered:
		case <-ctx.Done(): // not everybody heeds it
			a.err = ctx.Err()
		}
		q.mu.Lock()
		defer q.mu.Unlock()
		if a.err != nil {
			q.report.Unknown = append(q.report.Unknown, health.Unknown{What: what, Why: inShort(a.err, limit)})
			return
		}
		a.put(q.report)
	})
}

// inShort is why there was no answer, without what everybody knows.
func inShort(err error, limit time.Duration) string {
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Sprintf("no answer within %s", limit)
	}
	var asked *url.Error
	if errors.As(err, &asked) {
		err = asked.Err
	}
	return err.Error()
}

// report looks at everything at once and judges it. It is an error where
// nothing could be told.
func (l *lookout) report(ctx context.Context) (health.Report, error) {
	spec := l.cluster.Spec
	r := health.Report{
		Name: l.cluster.Metadata.Name, Target: l.target.Name(), Wanted: spec.KubernetesVersion, Supports: config.Versions(),
		API: health.API{Endpoint: l.out.Endpoint}, Planes: []health.Plane{}, Nodes: []health.Node{}, Pools: l.pools(),
		Addons: []health.Addon{}, Certificates: l.authorities(), At: time.Now(),
	}
	for _, host := range hostsThat(l.out, isControlPlane) {
		r.Planes = append(r.Planes, health.Plane{Host: host.Name, Address: host.Address})
	}
	q := &questions{report: &r}
	var machines []target.Observation
	q.ask(ctx, askedMachines, machinesLimit, func(ctx context.Context) (func(*health.Report), error) {
		seen, err := l.target.Observe(ctx, l.cluster, l.out)
		return func(*health.Report) { machines = seen }, err
	})
	q.ask(ctx, askedUser, apiLimit, l.askUser)
	q.all.Go(func() { l.askAPI(ctx, q) })
	q.all.Wait()
	if err := ctx.Err(); err != nil {
		return r, fmt.Errorf("looking at cluster %q: %w", r.Name, err)
	}
	joinMachines(&r, machines)
	if r.API.State != health.Ready && isUnknown(r, askedMachines) {
		return r, fmt.Errorf("looking at cluster %q: the API at %s is %s: %s; and its machines cannot be seen: %s",
			r.Name, r.API.Endpoint, r.API.State, r.API.Reason, whyUnknown(r, askedMachines))
	}
	return health.Judge(r), nil
}

func (l *lookout) pools() []health.Pool {
	pools := []health.Pool{}
	for _, p := range l.cluster.Spec.Pools {
		pool := health.Pool{Name: p.Name, Wanted: p.Count, Most: p.Max}
		if p.Max > 0 {
			pool.Wanted = p.Min
		}
		pools = append(pools, pool)
	}
	return pools
}

func isUnknown(r health.Report, what string) bool { return whyUnknown(r, what) != "" }

func whyUnknown(r health.Report, what string) string {
	for _, u := range r.Unknown {
		if u.What == what {
			return u.Why
		}
	}
	return ""
}

// joinMachines adds to the nodes what the target sees of the machine of each,
// and the machines that are no nodes.
func joinMachines(r *health.Report, machines []target.Observation) {
	at := map[string]int{}
	for i, n := range r.Nodes {
		at[n.Name] = i
	}
	for _, o := range machines {
		machine := &health.Machine{Doing: stage(o)}
		if o.Status != nil {
			machine.State = o.Status.State
		}
		i, registered := at[o.Host.Name]
		if !registered {
			i = len(r.Nodes)
			r.Nodes = append(r.Nodes, health.Node{Name: o.Host.Name, Role: o.Host.Role, Pool: o.Host.Pool})
		}
		n := &r.Nodes[i]
		n.Machine = machine
		for _, fill := range []struct {
			into *string
			with string
		}{{&n.Address, o.Host.Address}, {&n.Zone, o.Host.Zone}, {&n.ProviderID, o.Host.ProviderID}, {&n.Pool, o.Host.Pool}} {
			if *fill.into == "" {
				*fill.into = fill.with
			}
		}
	}
}
