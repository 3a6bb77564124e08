package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// mostProbed is how many nodes get a pod of doctor's: of a large cluster, those
// first by name.
const mostProbed = 12

// meshed is up to how many nodes every pod asks every other; among more, each
// asks the next.
const meshed = 6

// checkProbes starts a pod on each node that is ready. Nodes that are not are
// the business of the nodes' own check.
func (e *examination) checkProbes(ctx context.Context) []doctor.Result {
	switch {
	case e.noPods:
		return doctor.Skip("--no-pods")
	case !e.hasNetwork():
		return doctor.Skip("the pod network is the user's own: its pods are not known to work yet")
	}
	names, err := e.readyNodes(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes"))
	}
	if len(names) == 0 {
		return doctor.Skip("no node is ready")
	}
	all := len(names)
	names = names[:min(all, mostProbed)]
	spec := e.cluster.Spec
	probes, failures, err := e.api.StartProbes(ctx, images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap, names)
	e.probes = probes
	if err != nil && len(failures) == 0 {
		return doctor.Fail(err.Error(), e.kubectl("-n kube-system get pods"))
	}
	var results []doctor.Result
	for _, name := range names {
		if err := failures[name]; err != nil {
			results = append(results, doctor.Result{Subject: name, State: doctor.Warning, Detail: err.Error(), Fix: e.kubectl("get events -n kube-system --field-selector type=Warning")})
		}
	}
	if running := len(names) - len(results); running > 0 {
		detail := "one runs on each of " + count(running, "node")
		if all > len(names) {
			detail += fmt.Sprintf(", of %d", all)
		}
		return append(doctor.Well(detail), results...)
	}
	for i := range results {
		results[i].State = doctor.Failed
	}
	return results
}

// probed are the nodes on which a probe runs, in order.
func (e *examination) probed(ctx context.Context) []string {
	names, err := e.readyNodes(ctx)
	if err != nil || e.probes == nil {
		return nil
	}
	return slices.DeleteFunc(names, func(name string) bool { return e.probes.Address(name) == "" })
}

// asked repeats a question for some seconds: rules for a new service and names
// that were asked for too early take that long.
func (e *examination) asked(ctx context.Context, node string, args ...string) error {
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for {
		_, err := e.probes.Ask(ctx, node, args...)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Second):
		}
	}
}

func (e *examination) checkLookup(ctx context.Context) []doctor.Result {
	if e.probes == nil {
		return doctor.Skip("it needs pods, and none was started")
	}
	name := "kubernetes.default.svc." + e.cluster.Spec.Network.DNSDomain
	return e.eachNode(e.probed(ctx), name+" resolves in a pod on", func(node string) error {
		return e.asked(ctx, node, "lookup", name)
	}, e.kubectl("-n kube-system get pods -l k8s-app=kube-dns -o wide")+"; "+e.kubectl("-n kube-system logs -l k8s-app=kube-dns"))
}

func (e *examination) checkService(ctx context.Context) []doctor.Result {
	if e.probes == nil {
		return doctor.Skip("it needs pods, and none was started")
	}
	url := "http://" + e.probes.Service() + "/"
	return e.eachNode(e.probed(ctx), "a service answers a pod on", func(node string) error {
		return e.asked(ctx, node, "get", url)
	}, e.kubectl("-n kube-system get pods -l k8s-app=kube-proxy -o wide")+"; the node's rules: nft list ruleset, on NODE")
}

// checkPodToPod has the pod of each node ask those of the others.
func (e *examination) checkPodToPod(ctx context.Context) []doctor.Result {
	if e.probes == nil {
		return doctor.Skip("it needs pods, and none was started")
	}
	names := e.probed(ctx)
	if len(names) < 2 {
		return doctor.Skip("there is one node with a pod only")
	}
	pairs := 0
	others := func(of string) []string {
		i := slices.Index(names, of)
		if len(names) > meshed {
			return []string{names[(i+1)%len(names)]}
		}
		return slices.Concat(names[:i], names[i+1:])
	}
	for _, name := range names {
		pairs += len(others(name))
	}
	results := e.eachNode(names, "", func(node string) error {
		var failed []error
		for _, other := range others(node) {
			// The address may be one of IPv6.
			if err := e.asked(ctx, node, "get", "http://"+bracketed(e.probes.Address(other))); err != nil {
				failed = append(failed, fmt.Errorf("to the pod on %s: %w", other, err))
			}
		}
		return errors.Join(failed...)
	}, "look at the pod network's own pods on NODE: "+e.kubectl("get pods -A -o wide --field-selector spec.nodeName=NODE")+"; and whether a firewall lets "+e.cluster.Spec.Network.Layer+" through")
	if len(results) == 1 && results[0].State == doctor.OK {
		return doctor.Well(fmt.Sprintf("%d of %d ways between %s work", pairs, pairs, count(len(names), "node")))
	}
	return results
}

// bracketed is an address and the probes' port as a URL has them.
func bracketed(address string) string {
	if strings.Contains(address, ":") {
		address = "[" + address + "]"
	}
	return fmt.Sprintf("%s:%d/", address, kube.ProbePort)
}

// checkExpiry asks the control planes for their certificates, past the API
// where the target has a way.
func (e *examination) checkExpiry(ctx context.Context) []doctor.Result {
	if _, reaches := e.target.(target.Reaching); !reaches && e.noPods {
		return doctor.Skip("hosts of target " + e.target.Name() + " are asked by pods, and --no-pods is given")
	}
	planes := hostsThat(e.out, isControlPlane)
	seen, err := e.target.Observe(ctx, e.cluster, target.Outputs{Hosts: planes})
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	// A host that does not run has been told of above.
	asked := slices.DeleteFunc(slices.Clone(planes), func(h target.Host) bool {
		return slices.ContainsFunc(seen, func(o target.Observation) bool { return o.Host.Name == h.Name && o.Status == nil })
	})
	list := certificates{Hosts: e.hostRunner(e.out).directly().inventories(ctx, asked)}
	if list.Kubeconfig, err = e.usersCertificate(e.out, time.Now()); err != nil {
		return doctor.CannotTell(err.Error())
	}
	var results []doctor.Result
	for _, host := range list.Hosts {
		if host.err != nil {
			results = append(results, doctor.Result{Subject: host.Host, State: doctor.Unknown, Detail: host.err.Error(), Fix: "kubectl anywhere certs " + e.cluster.Metadata.Name})
		}
	}
	first := ""
	for _, r := range list.rows() {
		if r.NotAfter.IsZero() {
			continue
		}
		if first == "" {
			first = fmt.Sprintf("the first to end is %s on %s, on %s (in %s)", r.Name, r.host, r.NotAfter.Format(time.DateOnly), count(r.DaysLeft, "day"))
		}
		for _, problem := range r.Problems {
			state := doctor.Warning
			if r.DaysLeft < 0 {
				state = doctor.Failed
			}
			results = append(results, doctor.Result{Subject: r.host + ", " + r.Name, State: state, Detail: problem, Fix: "kubectl anywhere certs renew " + e.cluster.Metadata.Name})
		}
	}
	if first != "" {
		results = append(doctor.Well(first), results...)
	}
	if silent := len(planes) - len(asked); silent > 0 {
		results = append(results, doctor.CannotTell(count(silent, "control plane")+" did not run and could not be asked")...)
	}
	return capped(results, mostTold)
}

// close takes away what the looks made, whatever became of them.
func (e *examination) close(ctx context.Context) {
	if e.probes == nil {
		return
	}
	if err := e.probes.Close(ctx); err != nil {
		fmt.Fprintf(e.env.ErrOut, "warning: %v; they end by themselves within minutes\n", err)
	}
}
