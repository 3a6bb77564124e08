package cli

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// after is what can be known of a cluster that exists.
func (e *examination) after() []doctor.Check {
	whole := "hosts/recorded"
	api := []string{apiReady}
	pods := []string{"network/pods"}
	return []doctor.Check{
		{Group: "hosts", Name: "recorded", Needs: []string{configValid, "state/backend"}, Run: e.checkOutputs, About: "the state knows the endpoint and the hosts"},
		{Group: "hosts", Name: "bootstrap", Needs: []string{whole}, Deadline: time.Minute, Run: e.checkHosts, About: "each is there and became a node, past the API"},
		{Group: "api", Name: "name", Needs: []string{whole}, Run: e.checkName, About: "the endpoint's name resolves"},
		{Group: "api", Name: "connection", Needs: []string{"api/name"}, Run: e.checkConnection, About: "the endpoint takes connections"},
		{Group: "api", Name: "certificate", Needs: []string{"api/connection"}, Run: e.checkCertificate, About: "what answers is the cluster's, by its authority"},
		{Group: "api", Name: "ready", Needs: []string{"api/certificate"}, Run: e.checkReady, About: "the API server's own checks pass"},
		{Group: "api", Name: "clock", Needs: api, Run: e.checkAPIClock, About: "the API server's clock, and ours"},
		{Group: "control-plane", Name: "pods", Needs: api, Run: e.checkPlanes, About: "etcd, API server, controllers of each host"},
		{Group: "control-plane", Name: "leases", Needs: api, Run: e.checkLeases, About: "each controller has a leader that lives"},
		{Group: "nodes", Name: "ready", Needs: api, Run: e.checkNodes, About: "every host is a node, ready and without pressure"},
		{Group: "nodes", Name: "versions", Needs: api, Run: e.checkVersions, About: "as the config says, and within Kubernetes' skew"},
		{Group: "nodes", Name: "kubelets", Needs: api, Deadline: time.Minute, Run: e.checkKubelets, About: "the API server reaches each: logs, exec"},
		{Group: "nodes", Name: "clocks", Needs: api, Run: e.checkNodeClocks, About: "nodes' clocks, by when they renew their leases"},
		{Group: "nodes", Name: "requests", Needs: api, Run: e.checkRequests, About: "no request for a certificate stays open"},
		{Group: "addons", Name: "ready", Needs: api, Run: e.checkAddons, About: "everything of the addons is there and runs"},
		{Group: "network", Name: "pods", Needs: api, Deadline: 75 * time.Second, Run: e.checkProbes, About: "a pod starts on each node"},
		{Group: "network", Name: "dns", Needs: pods, Deadline: time.Minute, Run: e.checkLookup, About: "a pod of each node resolves a name"},
		{Group: "network", Name: "pod-to-pod", Needs: pods, Deadline: time.Minute, Run: e.checkPodToPod, About: "pods of different nodes reach each other"},
		{Group: "network", Name: "service", Needs: pods, Deadline: time.Minute, Run: e.checkService, About: "a pod of each node reaches a service"},
		{Group: "certificates", Name: "expiry", Needs: []string{whole}, Deadline: 90 * time.Second, Run: e.checkExpiry, About: "when the first certificate ends"},
		{Group: "events", Name: "warnings", Needs: api, Run: e.checkEvents, About: "complaints of the last 15 minutes"},
	}
}

// create is the command that mends most of what is missing.
func (e *examination) create() string { return "kubectl anywhere create " + e.cluster.Metadata.Name }

// kubectl is a command of kubectl's on the cluster.
func (e *examination) kubectl(words string) string {
	return "kubectl --context " + e.cluster.Metadata.Name + " " + words
}

func (e *examination) checkOutputs(context.Context) []doctor.Result {
	switch {
	case e.outErr != nil:
		return doctor.Fail("the cluster is not complete: "+e.outErr.Error(), e.create()+"   # goes on where it stopped")
	case e.apiErr != nil:
		return doctor.Fail(e.apiErr.Error(), e.create())
	}
	return doctor.Well(fmt.Sprintf("%s, %s", e.out.Endpoint, count(len(e.out.Hosts), "host")))
}

// checkHosts asks the target: it knows also where the API does not answer.
func (e *examination) checkHosts(ctx context.Context) []doctor.Result {
	seen, err := e.target.Observe(ctx, e.cluster, e.out)
	if err != nil {
		return doctor.Fail(err.Error(), "kubectl anywhere status "+e.cluster.Metadata.Name)
	}
	var results []doctor.Result
	for _, o := range seen {
		reason := stage(o)
		switch {
		case reason == "":
			continue
		case o.Status != nil && o.Status.State == node.Running:
			results = append(results, doctor.Result{Subject: o.Host.Name, State: doctor.Warning, Detail: reason, Fix: "kubectl anywhere status " + e.cluster.Metadata.Name})
		default:
			results = append(results, doctor.Result{Subject: o.Host.Name, State: doctor.Failed, Detail: reason, Fix: e.create()})
		}
	}
	if len(results) == 0 {
		return doctor.Well(count(len(seen), "host") + " went through all of phase 2")
	}
	return results
}

// endpoint is host:port of the API, and the host alone.
func (e *examination) endpoint() (address, host string, err error) {
	at, err := url.Parse(e.out.Endpoint)
	if err != nil {
		return "", "", fmt.Errorf("reading the endpoint %q: %w", e.out.Endpoint, err)
	}
	port := at.Port()
	if port == "" {
		port = "443"
	}
	return net.JoinHostPort(at.Hostname(), port), at.Hostname(), nil
}

func (e *examination) checkName(ctx context.Context) []doctor.Result {
	_, host, err := e.endpoint()
	if err != nil {
		return doctor.Fail(err.Error(), e.create())
	}
	if net.ParseIP(host) != nil {
		return doctor.Well(host + " is an address")
	}
	addresses, err := net.DefaultResolver.LookupHost(ctx, host)
	if err != nil {
		return doctor.Fail(fmt.Sprintf("looking up %q: %v", host, err), "look at this machine's resolver: cat /etc/resolv.conf")
	}
	return doctor.Well(host + " is " + strings.Join(addresses, ", "))
}

func (e *examination) checkConnection(ctx context.Context) []doctor.Result {
	address, _, err := e.endpoint()
	if err != nil {
		return doctor.Fail(err.Error(), e.create())
	}
	begun := time.Now()
	dialer := net.Dialer{Timeout: 10 * time.Second}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return doctor.Fail(err.Error(), e.create()+"   # starts hosts that are stopped")
	}
	_ = connection.Close()
	return doctor.Well(fmt.Sprintf("%s, in %s", address, max(time.Since(begun).Round(time.Millisecond), time.Millisecond)))
}

func (e *examination) checkCertificate(ctx context.Context) []doctor.Result {
	address, host, err := e.endpoint()
	if err != nil {
		return doctor.Fail(err.Error(), e.create())
	}
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM([]byte(e.out.CA.Certificate))
	dialer := tls.Dialer{NetDialer: &net.Dialer{Timeout: 10 * time.Second}, Config: &tls.Config{RootCAs: trusted, ServerName: host}}
	connection, err := dialer.DialContext(ctx, "tcp", address)
	if err != nil {
		return doctor.Fail(err.Error(), "see what answers there: openssl s_client -connect "+address+" </dev/null")
	}
	defer connection.Close()
	shown := connection.(*tls.Conn).ConnectionState().PeerCertificates[0]
	return doctor.Well(fmt.Sprintf("%s, until %s", shown.Subject.CommonName, shown.NotAfter.UTC().Format(time.DateOnly)))
}

func (e *examination) checkReady(ctx context.Context) []doctor.Result {
	if err := e.api.Healthz(ctx); err != nil {
		return doctor.Fail(err.Error(), "kubectl anywhere support-bundle "+e.cluster.Metadata.Name+"   # has the control plane's logs")
	}
	return doctor.Well("healthy")
}

func (e *examination) checkAPIClock(ctx context.Context) []doctor.Result {
	sent := time.Now()
	there, err := e.api.Clock(ctx)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	// The answer was written somewhere between; its second may be near its end.
	here := sent.Add(time.Since(sent) / 2)
	return doctor.Clock("ours", there.Add(500*time.Millisecond).Sub(here))
}

// untilListed is how long a kubelet may take to list a static pod that was
// there before the API: it looks at each anew after fifteen seconds at most
// (syncFrequency, and the jitter of pkg/kubelet/pod_workers.go): four times that.
const untilListed = time.Minute

// notListed is what it means that the API has no pod of a component on a host
// that has been a node for some time.
func (e *examination) notListed(component string, host target.Host, age time.Duration) doctor.Result {
	if age < untilListed {
		return doctor.Result{
			Subject: host.Name, State: doctor.Unknown,
			Detail: fmt.Sprintf("%s is not listed yet: the host has been a node for %s, and its kubelet lists what was there before within a minute", component, age.Round(time.Second)),
		}
	}
	return doctor.Result{Subject: host.Name, State: doctor.Failed, Detail: component + " does not run there", Fix: e.create()}
}

// ages are how long hosts have been nodes, by the API server's clock.
func (e *examination) ages(ctx context.Context) (map[string]time.Duration, error) {
	now, err := e.api.Clock(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := e.api.NodeInfos(ctx)
	if err != nil {
		return nil, err
	}
	ages := map[string]time.Duration{}
	for _, n := range nodes {
		ages[n.Name] = now.Sub(n.Created)
	}
	return ages, nil
}

// checkPlanes looks at the static pods of each control plane.
func (e *examination) checkPlanes(ctx context.Context) []doctor.Result {
	pods, err := e.api.Pods(ctx, "kube-system", planeLabel)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("-n kube-system get pods -o wide"))
	}
	ages, err := e.ages(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes -o wide"))
	}
	var results []doctor.Result
	planes := hostsThat(e.out, isControlPlane)
	for _, host := range planes {
		for _, component := range planePods() {
			name := component + "-" + host.Name
			i := slices.IndexFunc(pods, func(p kube.Pod) bool { return p.Name == name })
			switch {
			case i < 0:
				age, is := ages[host.Name]
				if !is {
					age = untilListed // a host that is no node lists nothing
				}
				results = append(results, e.notListed(component, host, age))
			case !pods[i].Ready:
				results = append(results, doctor.Result{Subject: host.Name, State: doctor.Failed, Detail: component + ": " + pods[i].Reason, Fix: e.kubectl("-n kube-system logs " + name)})
			}
		}
	}
	if len(results) == 0 {
		return doctor.Well(fmt.Sprintf("%s on %s", strings.Join(planePods(), ", "), count(len(planes), "host")))
	}
	return results
}

// controllers hold a lease in kube-system each, of which one acts.
func controllers() []string {
	return []string{"kube-controller-manager", "kube-scheduler", "kubernetes-anywhere-addon-manager"}
}

func (e *examination) checkLeases(ctx context.Context) []doctor.Result {
	now, err := e.api.Clock(ctx)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	leases, err := e.api.Leases(ctx, "kube-system")
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("-n kube-system get leases"))
	}
	var results []doctor.Result
	for _, name := range controllers() {
		i := slices.IndexFunc(leases, func(l kube.Held) bool { return l.Name == name })
		fix := e.kubectl("-n kube-system logs -l component=" + strings.TrimPrefix(name, "kubernetes-anywhere-") + " --prefix")
		switch {
		case i < 0 || leases[i].Holder == "":
			results = append(results, doctor.Result{Subject: name, State: doctor.Failed, Detail: "nobody leads", Fix: fix})
		case now.Sub(leases[i].Renewed) > 2*leases[i].For+10*time.Second:
			results = append(results, doctor.Result{Subject: name, State: doctor.Failed, Fix: fix,
				Detail: fmt.Sprintf("its leader %s was last heard of %s ago", leases[i].Holder, now.Sub(leases[i].Renewed).Round(time.Second))})
		}
	}
	if len(results) == 0 {
		return doctor.Well("each of " + strings.Join(controllers(), ", ") + " has a leader")
	}
	return results
}
