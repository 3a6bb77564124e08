package health

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Judge orders what was seen and says what is wrong with it.
func Judge(seen Report) Report {
	r := seen
	r.Problems = []Problem{}
	r.API.Milliseconds = float64(r.API.Took.Microseconds()) / 1000
	for _, p := range r.Planes {
		if p.Direct != nil {
			p.Direct.Milliseconds = float64(p.Direct.Took.Microseconds()) / 1000
		}
	}
	r.Nodes = slices.Clone(r.Nodes)
	slices.SortStableFunc(r.Nodes, byPlace)
	for i := range r.Nodes {
		r.Nodes[i].Status = r.Nodes[i].status(r.unknown("nodes"))
	}
	r.Certificates = slices.Clone(r.Certificates)
	slices.SortStableFunc(r.Certificates, func(a, b Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	r.Pools = slices.Clone(r.Pools)
	for i := range r.Pools {
		r.Pools[i].Ready = r.readyIn(r.Pools[i].Name)
	}
	for _, found := range [][]Problem{
		r.ofAPI(), r.ofSwitch(), r.ofPlanes(), r.ofNodes(), r.ofPools(), r.ofAddons(), r.ofCertificates(),
		Skew(r.API.Version, r.kubelets(), r.Wanted, r.Supports, r.Name),
	} {
		r.Problems = append(r.Problems, found...)
	}
	switch {
	case r.API.State != Ready:
		r.State = Down
	case len(r.Problems) > 0:
		r.State = Degraded
	default:
		r.State = Healthy
	}
	return r
}

// ofSwitch is a switch of the network layer that was not ended: pods of some
// nodes do not reach those of others.
func (r Report) ofSwitch() []Problem {
	if r.NetworkSwitch == "" {
		return nil
	}
	return []Problem{{
		Of: "network", Is: "a switch is under way " + r.NetworkSwitch,
		Next: []string{fmt.Sprintf("kubectl anywhere network switch %s %s --yes", r.NetworkSwitchTo, r.Name)},
	}}
}

// byPlace puts control planes first, then pools by name.
func byPlace(a, b Node) int {
	workers := func(n Node) int {
		if n.Role == "control-plane" {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(workers(a), workers(b)), cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Name, b.Name))
}

// status is a node's state in kubectl's words where kubectl has any.
func (n Node) status(unheard bool) string {
	if !n.Registered {
		switch {
		case n.Machine != nil && n.Machine.State == "failed":
			return "BootstrapFailed"
		case n.Machine != nil && n.Machine.State == "running":
			return "Bootstrapping"
		case unheard:
			return "Unknown" // the API did not say
		}
		return "NotRegistered"
	}
	words := []string{"NotReady"}
	if n.Ready {
		words[0] = "Ready"
	}
	if n.Cordoned {
		words = append(words, "SchedulingDisabled")
	}
	for _, trouble := range n.Troubles {
		words = append(words, trouble.Condition)
	}
	return strings.Join(words, ",")
}

func (r Report) readyIn(pool string) int {
	ready := 0
	for _, n := range r.Nodes {
		if n.Pool == pool && n.Ready {
			ready++
		}
	}
	return ready
}

// unknown tells that a question was not answered.
func (r Report) unknown(what string) bool {
	return slices.ContainsFunc(r.Unknown, func(u Unknown) bool { return u.What == what })
}

func (r Report) ofAPI() []Problem {
	if r.API.State == Ready {
		return nil
	}
	return []Problem{{
		Of: "API", Is: fmt.Sprintf("%s at %s: %s", r.API.State, r.API.Endpoint, r.API.Reason),
		Next: []string{"kubectl anywhere create " + r.Name + "   # starts what is stopped, and goes on"},
	}}
}

// ofPlanes finds components that do not serve. A direct look is worth a word
// only where the API has not said the same of the pod.
func (r Report) ofPlanes() []Problem {
	var out []Problem
	for _, p := range r.Planes {
		var bad []string
		for _, c := range p.Components {
			if c.Reason != "" {
				bad = append(bad, c.Name+": "+c.Reason)
			}
		}
		next := []string{"kubectl anywhere etcd status " + r.Name, "kubectl get pods -n kube-system -l tier=control-plane -o wide"}
		if p.Direct != nil && p.Direct.State != Ready && len(bad) == 0 {
			bad = append(bad, fmt.Sprintf("its API server at %s is %s: %s", p.Address, p.Direct.State, p.Direct.Reason))
			next = []string{"kubectl anywhere create " + r.Name}
		}
		if len(bad) == 0 {
			continue
		}
		out = append(out, Problem{Of: p.Host, Is: strings.Join(bad, "; "), Next: next})
	}
	return out
}

// mostSilent is after how long a node that counts as ready is not to be taken
// at its word: kubelets renew their leases every 10 s, a quarter of their
// nodeLeaseDurationSeconds, and the API calls a node unready after 50 s
// (kube-controller-manager's --node-monitor-grace-period).
const mostSilent = 22 * time.Second

func (r Report) ofNodes() []Problem {
	var out []Problem
	for _, n := range r.Nodes {
		if p, wrong := r.ofNode(n); wrong {
			out = append(out, p)
		}
	}
	return out
}

func (r Report) ofNode(n Node) (Problem, bool) {
	if !n.Registered {
		return r.ofMachine(n)
	}
	again, describe := "kubectl anywhere create "+r.Name, "kubectl describe node "+n.Name
	p := Problem{Of: n.Name, Next: []string{describe}}
	switch doing := n.doing(); {
	case !n.Ready:
		p.Is = "is not ready"
		if !n.Since.IsZero() {
			p.Is += " for " + Ago(r.At.Sub(n.Since))
		}
		p.Is += ": " + strings.TrimSuffix(n.Reason, ".")
		if n.Machine == nil && !r.unknown("machines") {
			p.Is += "; its machine is gone"
			p.Next = []string{again + "   # takes it out of the cluster"}
		}
		if doing != "" {
			p.Is += "; " + doing
			p.Next = []string{again, describe}
		}
	case n.Silent > mostSilent:
		p.Is = "was not heard of for " + Ago(n.Silent)
		if doing != "" {
			p.Is += ": " + doing
			p.Next = []string{again, describe}
		}
	case len(n.Troubles) > 0:
		var words []string
		for _, t := range n.Troubles {
			words = append(words, strings.TrimSuffix(t.Condition+": "+t.Message, ": "))
		}
		p.Is = strings.Join(words, "; ")
	case n.Cordoned:
		p.Is, p.Next = "takes no new pods", []string{"kubectl uncordon " + n.Name + "   # when it may again"}
	case n.Machine != nil && n.Machine.State == "failed":
		p.Is, p.Next = doing, []string{again}
	default:
		return p, false
	}
	return p, true
}

// ofMachine is a machine that is no node, or of which the API does not say.
func (r Report) ofMachine(n Node) (Problem, bool) {
	doing := n.doing()
	if r.unknown("nodes") {
		return Problem{Of: n.Name, Is: doing}, doing != "" // else the API is what is wrong
	}
	p := Problem{Of: n.Name, Is: "is no node yet", Next: []string{"kubectl anywhere create " + r.Name + "   # waits for it, and says for what"}}
	if doing != "" {
		p.Is += ": " + doing
	}
	return p, true
}

// doing is what the machine does, as the target sees it.
func (n Node) doing() string {
	if n.Machine == nil {
		return ""
	}
	return n.Machine.Doing
}

func (r Report) ofPools() []Problem {
	if r.unknown("nodes") {
		return nil
	}
	var out []Problem
	for _, p := range r.Pools {
		have := 0
		for _, n := range r.Nodes {
			if n.Pool == p.Name {
				have++
			}
		}
		// What is there and not ready is said of the node.
		if have < p.Wanted {
			out = append(out, Problem{
				Of: "pool " + p.Name, Is: fmt.Sprintf("has %d of %d machines", have, p.Wanted),
				Next: []string{"kubectl anywhere preview " + r.Name + "   # shows what create would do about it"},
			})
		}
	}
	return out
}

func (r Report) ofAddons() []Problem {
	var out []Problem
	for _, a := range r.Addons {
		if len(a.Reasons) == 0 {
			continue
		}
		is := a.Reasons[0]
		if more := len(a.Reasons) - 1; more > 0 {
			is += fmt.Sprintf(" (and %d more)", more)
		}
		out = append(out, Problem{Of: "addon " + a.Name, Is: is, Next: []string{"kubectl anywhere addons list " + r.Name}})
	}
	return out
}

// kubelets are the nodes by the version of their kubelet.
func (r Report) kubelets() map[string][]string {
	out := map[string][]string{}
	for _, n := range r.Nodes {
		if n.Version != "" {
			out[n.Version] = append(out[n.Version], n.Name)
		}
	}
	return out
}
