package cli

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"slices"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// put does something with the report.
type put = func(*health.Report)

// askAPI asks the API how it is, and all else that it knows where it answers.
// Where it does not, the control planes are asked by their addresses.
func (l *lookout) askAPI(ctx context.Context, q *questions) {
	found := kube.Health{Err: l.why}
	if l.api != nil {
		limited, cancel := context.WithTimeout(ctx, apiLimit)
		found = l.api.Health(limited)
		cancel()
	}
	q.mu.Lock()
	q.report.API = answerOf(l.out.Endpoint, found)
	if found.Serving != nil {
		q.report.Certificates = append(q.report.Certificates, leaf("the API's serving certificate", found.Serving))
	}
	if q.report.API.State == health.Unreachable {
		for _, what := range []string{askedNodes, askedAddons} {
			q.report.Unknown = append(q.report.Unknown, health.Unknown{What: what, Why: "the API does not answer"})
		}
	}
	state := q.report.API.State
	q.mu.Unlock()
	if state != health.Ready && l.api != nil {
		for i := range q.report.Planes {
			q.all.Go(func() { l.askPlane(ctx, q, i) })
		}
	}
	if state == health.Unreachable {
		return
	}
	q.ask(ctx, askedNodes, apiLimit, func(ctx context.Context) (put, error) { return l.askNodes(ctx, found.At) })
	q.ask(ctx, askedPlanes, apiLimit, l.askPods)
	q.ask(ctx, askedAddons, addonsLimit, l.askAddons)
	q.ask(ctx, askedSwitch, apiLimit, l.askSwitch)
	q.ask(ctx, askedVersion, apiLimit, func(ctx context.Context) (put, error) {
		version, err := l.api.Version(ctx)
		return func(r *health.Report) { r.API.Version = version }, err
	})
}

// answerOf is an API server's answer in words.
func answerOf(endpoint string, h kube.Health) health.API {
	api := health.API{Endpoint: endpoint, State: health.Ready, Took: h.Took}
	switch {
	case h.Err != nil:
		api.State, api.Reason = health.Unreachable, inShort(h.Err, apiLimit)
	case h.Failing != "":
		api.State, api.Reason = health.NotReady, h.Failing
	}
	return api
}

// askPlane asks one API server past what stands before them. That its address
// cannot be reached from here says nothing about it; that it refuses does.
func (l *lookout) askPlane(ctx context.Context, q *questions, i int) {
	local, err := url.Parse(node.LocalAPI)
	if err != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, directLimit)
	defer cancel()
	address := net.JoinHostPort(q.report.Planes[i].Address, local.Port())
	found := l.api.HealthAt(ctx, address)
	if found.Err != nil && !errors.Is(found.Err, syscall.ECONNREFUSED) {
		return
	}
	answer := answerOf(address, found)
	q.mu.Lock()
	defer q.mu.Unlock()
	q.report.Planes[i].Direct = &answer
	if found.Serving != nil {
		q.report.Certificates = append(q.report.Certificates, leaf("the serving certificate of "+q.report.Planes[i].Host, found.Serving))
	}
}

func leaf(name string, c *x509.Certificate) health.Certificate {
	return health.Certificate{Name: name, NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Kind: health.Leaf}
}

// askUser looks at the user's own kubeconfig.
func (l *lookout) askUser(context.Context) (put, error) {
	found, err := l.usersCertificate(l.out, time.Now())
	return func(r *health.Report) {
		if found != nil {
			r.Certificates = append(r.Certificates, health.Certificate{
				Name: "the certificate of your kubeconfig", NotBefore: found.NotBefore, NotAfter: found.NotAfter, Kind: health.User,
			})
		}
	}, err
}

// authorities are those of the cluster's state.
func (l *lookout) authorities() []health.Certificate {
	out := []health.Certificate{}
	found, err := pki.ParseCertificates([]byte(l.out.CA.Certificate))
	if err != nil {
		return out // which whoever connects finds too, and says
	}
	for _, c := range found {
		out = append(out, health.Certificate{
			Name: "the authority " + c.Subject.CommonName, NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Kind: health.Authority,
		})
	}
	return out
}

// nodeLeases is where kubelets renew theirs (corev1.NamespaceNodeLease).
const nodeLeases = "kube-node-lease"

// askNodes lists the nodes; serverTime is what time it is at the API server,
// for nobody knows how this machine's clock goes.
func (l *lookout) askNodes(ctx context.Context, serverTime time.Time) (put, error) {
	infos, err := l.api.NodeInfos(ctx)
	if err != nil {
		return nil, err
	}
	// Without leases a node is taken at its word.
	leases, _ := l.api.Leases(ctx, nodeLeases)
	var nodes []health.Node
	for _, info := range infos {
		n := nodeOf(info)
		for _, lease := range leases {
			if lease.Name == n.Name && n.Ready && !serverTime.IsZero() {
				n.Silent = max(0, serverTime.Sub(lease.Renewed))
			}
		}
		nodes = append(nodes, n)
	}
	return func(r *health.Report) { r.Nodes = append(r.Nodes, nodes...) }, nil
}

func nodeOf(info kube.NodeInfo) health.Node {
	n := health.Node{
		Name: info.Name, Role: node.Worker, Pool: info.Pool, Registered: true, Ready: info.Ready, Reason: info.Reason,
		Since: info.Since, Cordoned: info.Cordoned, Version: info.Version, Created: info.Created, Zone: info.Zone,
		OS: info.OS, Kernel: info.Kernel, Runtime: info.Runtime, ProviderID: info.ProviderID,
	}
	if info.ControlPlane {
		n.Role = node.ControlPlane
	}
	if len(info.Addresses) > 0 {
		n.Address = info.Addresses[0]
	}
	for _, trouble := range info.Troubles {
		n.Troubles = append(n.Troubles, health.Trouble(trouble))
	}
	return n
}

// askPods looks at the static pods of the control planes, whose probes are
// those of what runs in them.
func (l *lookout) askPods(ctx context.Context) (put, error) {
	pods, err := l.api.Pods(ctx, "kube-system", planeLabel)
	return func(r *health.Report) {
		for i := range r.Planes {
			r.Planes[i].Components = componentsOf(pods, r.Planes[i].Host)
		}
	}, err
}

func componentsOf(pods []kube.Pod, host string) []health.Component {
	var out []health.Component
	for _, name := range planePods() {
		component := health.Component{Name: name}
		at := slices.IndexFunc(pods, func(p kube.Pod) bool { return p.Name == name+"-"+host })
		switch {
		case at < 0:
			component.Reason = "does not run"
		case !pods[at].Ready:
			if component.Reason = pods[at].Reason; component.Reason == "" {
				component.Reason = "is not ready"
			}
		}
		out = append(out, component)
	}
	return out
}
