package cli

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

const (
	// mostTold is how many alike findings are told before they are counted.
	mostTold = 10
	// mostComplaints is that number for events, of which a cluster that has just
	// come up has many; longestComplaint is how much of each is told.
	mostComplaints   = 5
	longestComplaint = 110
	// recently is how old an event may be that is told.
	recently = 15 * time.Minute
	// patientlyOpen is how long a request for a certificate may wait: the
	// addon-manager decides within seconds.
	patientlyOpen = time.Minute
	// kubeletsAtOnce is how many kubelets are asked side by side.
	kubeletsAtOnce = 16
)

// capped leaves all but the first findings out, and says so.
func capped(results []doctor.Result, most int) []doctor.Result {
	if len(results) <= most {
		return results
	}
	more := doctor.Result{State: doctor.Warning, Detail: fmt.Sprintf("and %d more", len(results)-most)}
	if slices.ContainsFunc(results[most:], func(r doctor.Result) bool { return r.State == doctor.Failed }) {
		more.State = doctor.Failed
	}
	return append(slices.Clone(results[:most]), more)
}

// shortened is a text up to its longest for one finding.
func shortened(text string) string {
	runes := []rune(strings.Join(strings.Fields(text), " "))
	if len(runes) <= longestComplaint {
		return string(runes)
	}
	return strings.TrimSpace(string(runes[:longestComplaint])) + "…"
}

// checkNodes compares hosts with nodes, and reads what nodes say of themselves.
func (e *examination) checkNodes(ctx context.Context) []doctor.Result {
	nodes, err := e.api.NodeInfos(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes"))
	}
	var results []doctor.Result
	for _, host := range e.out.Hosts {
		if !slices.ContainsFunc(nodes, func(n kube.NodeInfo) bool { return n.Name == host.Name }) {
			results = append(results, doctor.Result{Subject: host.Name, State: doctor.Failed, Detail: "it is no node of the cluster", Fix: e.create()})
		}
	}
	for _, pool := range e.out.Pools {
		has := 0
		for _, n := range nodes {
			if n.Pool == pool.Name {
				has++
			}
		}
		if has < pool.Count && pool.Max == 0 {
			results = append(results, doctor.Result{Subject: "pool " + pool.Name, State: doctor.Failed, Detail: fmt.Sprintf("%d of %s registered", has, count(pool.Count, "node")), Fix: e.create()})
		}
	}
	for _, n := range nodes {
		results = append(results, e.troubles(n)...)
	}
	if len(results) == 0 {
		return doctor.Well(count(len(nodes), "node") + " ready")
	}
	return capped(results, mostTold)
}

func (e *examination) troubles(n kube.NodeInfo) []doctor.Result {
	var results []doctor.Result
	if !n.Ready {
		r := doctor.Result{Subject: n.Name, State: doctor.Failed, Detail: "not ready: " + n.Reason, Fix: e.create() + "   # starts hosts that are stopped"}
		if !e.hasNetwork() {
			r.State, r.Fix = doctor.Warning, "apply the pod network that you bring"
		}
		results = append(results, r)
	}
	for _, trouble := range n.Troubles {
		fix := e.kubectl("describe node " + n.Name)
		if trouble.Condition == "DiskPressure" {
			fix = "make room on the disk of that host; its pods are being evicted"
		}
		results = append(results, doctor.Result{Subject: n.Name, State: doctor.Warning, Detail: trouble.Condition + ": " + trouble.Message, Fix: fix})
	}
	if n.Cordoned {
		results = append(results, doctor.Result{Subject: n.Name, State: doctor.Warning, Detail: "cordoned: it takes no new pods", Fix: e.kubectl("uncordon " + n.Name)})
	}
	return results
}

// hasNetwork tells whether the pod network is ours.
func (e *examination) hasNetwork() bool { return (&creation{session: e.session}).hasNetwork() }

func (e *examination) checkVersions(ctx context.Context) []doctor.Result {
	server, err := e.api.Version(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), "")
	}
	nodes, err := e.api.Nodes(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes"))
	}
	var results []doctor.Result
	if server != e.wanted() {
		results = append(results, doctor.Result{State: doctor.Warning, Detail: fmt.Sprintf("the API server is %s, and the config says %s", server, e.wanted()), Fix: e.create()})
	}
	for _, n := range nodes {
		if wrong := doctor.Kubelet(n.Version, server); wrong != "" {
			results = append(results, doctor.Result{Subject: n.Name, State: doctor.Failed, Detail: wrong, Fix: e.create()})
		}
	}
	if len(results) == 0 {
		return doctor.Well("API server and kubelets " + server)
	}
	return capped(results, mostTold)
}

// readyNodes are the names of those that can be asked something.
func (e *examination) readyNodes(ctx context.Context) ([]string, error) {
	nodes, err := e.api.Nodes(ctx)
	if err != nil {
		return nil, err
	}
	var names []string
	for _, n := range nodes {
		if n.Ready {
			names = append(names, n.Name)
		}
	}
	return names, nil
}

func (e *examination) checkKubelets(ctx context.Context) []doctor.Result {
	names, err := e.readyNodes(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes"))
	}
	return e.eachNode(names, "API server reaches the kubelet of", func(name string) error {
		ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		return e.api.KubeletAnswers(ctx, name)
	}, "open port 10250 of the node to the control planes; then: "+e.kubectl("describe node NODE"))
}

// eachNode asks something of several nodes side by side, and makes a finding of
// each that says no.
func (e *examination) eachNode(names []string, well string, ask func(name string) error, fix string) []doctor.Result {
	failures := make([]error, len(names))
	slots := make(chan struct{}, kubeletsAtOnce)
	var all sync.WaitGroup
	for i, name := range names {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			failures[i] = ask(name)
		})
	}
	all.Wait()
	var results []doctor.Result
	for i, err := range failures {
		if err != nil {
			results = append(results, doctor.Result{Subject: names[i], State: doctor.Failed, Detail: err.Error(), Fix: strings.ReplaceAll(fix, "NODE", names[i])})
		}
	}
	if len(results) == 0 {
		return doctor.Well(well + " " + count(len(names), "node"))
	}
	return capped(results, mostTold)
}

// checkNodeClocks compares when nodes say that they renewed their leases, every
// ten seconds, with the API server's clock.
func (e *examination) checkNodeClocks(ctx context.Context) []doctor.Result {
	names, err := e.readyNodes(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get nodes"))
	}
	leases, err := e.api.Leases(ctx, kube.NodeLeases)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	now, err := e.api.Clock(ctx)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	var results []doctor.Result
	for _, l := range leases {
		if !slices.Contains(names, l.Name) {
			continue // one that is silent has no clock to be read
		}
		late := now.Sub(l.Renewed)
		if late > 45*time.Second || late < -5*time.Second {
			results = append(results, doctor.Result{Subject: l.Name, State: doctor.Warning, Fix: "set its clock: timedatectl set-ntp true, on that host",
				Detail: fmt.Sprintf("by its clock it renewed its lease %s from now", (-late).Round(time.Second))})
		}
	}
	if len(results) == 0 {
		return doctor.Well(fmt.Sprintf("%s, within seconds of the API server's", count(len(names), "node")))
	}
	return capped(results, mostTold)
}

func (e *examination) checkRequests(ctx context.Context) []doctor.Result {
	now, err := e.api.Clock(ctx)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	requests, err := e.api.OpenRequests(ctx)
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("get csr"))
	}
	var results []doctor.Result
	for _, r := range requests {
		if open := now.Sub(r.Since); open > patientlyOpen {
			results = append(results, doctor.Result{Subject: r.From, State: doctor.Warning,
				Detail: fmt.Sprintf("its request %s (%s) is open for %s", r.Name, r.Signer, open.Round(time.Second)),
				Fix:    "see why it was not approved: " + e.kubectl("-n kube-system logs -l component=addon-manager") + "; or approve it: " + e.kubectl("certificate approve "+r.Name)})
		}
	}
	if len(results) == 0 {
		return doctor.Well("none is open")
	}
	return capped(results, mostTold)
}

func (e *examination) checkAddons(ctx context.Context) []doctor.Result {
	set, err := addon.Render(e.addonValues(e.out))
	if err != nil {
		return doctor.Fail(err.Error(), "")
	}
	pending, err := e.api.Ready(ctx, set.Objects)
	if err != nil {
		return doctor.Fail(err.Error(), "kubectl anywhere addons diff "+e.cluster.Metadata.Name)
	}
	var results []doctor.Result
	for _, p := range pending {
		fix := e.kubectl(fmt.Sprintf("-n %s describe %s %s", p.Object.Namespace, strings.ToLower(p.Object.Kind), p.Object.Name))
		if strings.HasPrefix(p.Reason, "does not exist") {
			fix = "kubectl anywhere addons apply " + e.cluster.Metadata.Name
		}
		results = append(results, doctor.Result{Subject: p.Object.String(), State: doctor.Failed, Detail: p.Reason, Fix: fix})
	}
	if len(results) == 0 {
		return doctor.Well(count(len(set.Objects), "object") + " as they should be")
	}
	return capped(results, mostTold)
}

// checkEvents tells of each thing that was complained about once, however often
// it was.
func (e *examination) checkEvents(ctx context.Context) []doctor.Result {
	now, err := e.api.Clock(ctx)
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	events, err := e.api.Warnings(ctx, "kube-system", now.Add(-recently))
	if err != nil {
		return doctor.Fail(err.Error(), e.kubectl("-n kube-system get events"))
	}
	var results []doctor.Result
	told := map[string]bool{}
	for _, event := range events {
		if key := event.Object + event.Reason; told[key] {
			continue
		} else {
			told[key] = true
		}
		ago := now.Sub(event.Last).Round(time.Second)
		results = append(results, doctor.Result{State: doctor.Warning, Subject: event.Object,
			Detail: fmt.Sprintf("%s: %s (%d×, %s ago)", event.Reason, shortened(event.Message), event.Count, max(ago, 0))})
	}
	if len(results) == 0 {
		return doctor.Well(fmt.Sprintf("none in kube-system in the last %d minutes", int(recently.Minutes())))
	}
	results = capped(results, mostComplaints)
	results[len(results)-1].Fix = e.kubectl("-n kube-system get events --field-selector type=Warning")
	return results
}
