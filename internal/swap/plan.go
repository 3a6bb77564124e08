package swap

import (
	"cmp"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// controlPlaneLabel is on nodes of the control plane.
const controlPlaneLabel = "node-role.kubernetes.io/control-plane"

// Plan is what a switch will do, found out before it does anything, as
// 'network switch --plan -o json' prints it.
type Plan struct {
	Cluster string `json:"cluster"`
	From    string `json:"from"`
	To      string `json:"to"`
	// Resumes tells that a switch between the two is under way.
	Resumes bool `json:"resumes,omitempty"`
	// Opened are ports between hosts that the new layer needs and the old one
	// does not, Closed the other way about.
	Opened []catalog.Port `json:"opened,omitempty"`
	Closed []catalog.Port `json:"closed,omitempty"`
	// Kernel is what is made ready on each host, Leftovers what is taken off.
	Kernel    catalog.Kernel    `json:"kernel,omitzero"`
	Leftovers catalog.Leftovers `json:"leftovers,omitzero"`
	// Policy is gained, lost, kept or none: whether NetworkPolicy objects take
	// effect.
	Policy string `json:"policy"`
	// KubeProxy is added or removed where the layers differ in that.
	KubeProxy string `json:"kubeProxy,omitempty"`
	// Nodes are in the order in which they are switched.
	Nodes []NodePlan `json:"nodes"`
	// Resources are what phase 1 changes in the end, as "update host a-1".
	Resources []string `json:"resources,omitempty"`
	// Lost are pods that nobody makes anew.
	Lost []string `json:"lost,omitempty"`
	// Gap says what does not work meanwhile.
	Gap []string `json:"gap"`
}

// NodePlan is what becomes of one node.
type NodePlan struct {
	Name         string `json:"name"`
	ControlPlane bool   `json:"controlPlane,omitempty"`
	// Done tells that nothing is left to do on it.
	Done bool `json:"done,omitempty"`
	// Drained tells that its pods move to other nodes; otherwise there is no
	// other node for them, and they restart where they are.
	Drained bool `json:"drained,omitempty"`
	// Restarts are the pods on the pod network that are on it now.
	Restarts []string `json:"restarts,omitempty"`
}

// The values of Plan.Policy.
const (
	PolicyGained = "gained"
	PolicyLost   = "lost"
	PolicyKept   = "kept"
	PolicyNone   = "none"
)

// MakePlan says what is left to do of a switch, of the nodes and pods that a
// cluster has. leaving and toward are the layers in that order, whichever the
// cluster had before.
func MakePlan(cluster string, s State, leaving, toward Side, nodes []corev1.Node, pods []corev1.Pod) Plan {
	p := Plan{
		Cluster: cluster, From: leaving.Name, To: toward.Name, Resumes: len(s.Nodes) > 0,
		Opened: beyond(toward.Layer.Ports, leaving.Layer.Ports), Closed: beyond(leaving.Layer.Ports, toward.Layer.Ports),
		Kernel: toward.Layer.Kernel, Leftovers: Leftovers(leaving.Layer, toward.Layer),
		Policy: policyOf(leaving.Enforces, toward.Enforces), Nodes: []NodePlan{},
	}
	switch was, is := leaving.Layer.ReplacesKubeProxy, toward.Layer.ReplacesKubeProxy; {
	case was && !is:
		p.KubeProxy = "added"
	case !was && is:
		p.KubeProxy = "removed"
	}
	nodes = by(s, nodes)
	for _, node := range Order(nodes, planesFirst(leaving.Layer, toward.Layer)) {
		one := NodePlan{Name: node.Name, ControlPlane: isControlPlane(node), Done: s.IsDone(node.Name), Drained: hasElsewhere(nodes, node.Name)}
		if !one.Done {
			p.addPods(&one, pods)
		}
		p.Nodes = append(p.Nodes, one)
	}
	p.Gap = gap(p, leaving.Layer, toward.Layer)
	return p
}

// planesFirst tells that control planes are switched before workers: where pods
// on the new layer come to hosts by their own addresses, a control plane that is
// still on the old one would answer them by routes that are gone, and a pod that
// does not reach the API is never ready.
func planesFirst(leaving, toward catalog.Layer) bool {
	return toward.HostsSeePods && !leaving.HostsSeePods
}

// by is what nodes will be by the time that another one's turn comes: those at
// which an earlier run was stopped take pods again.
func by(s State, nodes []corev1.Node) []corev1.Node {
	var out []corev1.Node
	for i := range nodes {
		node := nodes[i].DeepCopy()
		if s.Nodes[node.Name] == Between && !slices.Contains(s.Cordoned, node.Name) {
			node.Spec.Unschedulable = false
			node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		}
		out = append(out, *node)
	}
	return out
}

func policyOf(was, is bool) string {
	switch {
	case was && is:
		return PolicyKept
	case was:
		return PolicyLost
	case is:
		return PolicyGained
	}
	return PolicyNone
}

// addPods finds what becomes of a node's pods.
func (p *Plan) addPods(n *NodePlan, pods []corev1.Pod) {
	for i := range pods {
		pod := &pods[i]
		if pod.Spec.NodeName != n.Name || isOwn(pod) || hasEnded(pod) {
			continue
		}
		if onPodNetwork(pod) {
			n.Restarts = append(n.Restarts, nameOf(pod))
		}
		if isLost(pod, n.Drained) {
			p.Lost = append(p.Lost, nameOf(pod))
		}
	}
}

// isLost tells a pod that goes and that nobody makes anew.
func isLost(pod *corev1.Pod, drained bool) bool {
	_, static := pod.Annotations[corev1.MirrorPodAnnotationKey]
	goes := onPodNetwork(pod) || drained && !static
	return goes && metav1.GetControllerOf(pod) == nil
}

// beyond are the ports that only the first has.
func beyond(first, second []catalog.Port) []catalog.Port {
	return slices.DeleteFunc(slices.Clone(first), func(p catalog.Port) bool {
		return slices.ContainsFunc(second, func(q catalog.Port) bool {
			return p.From == q.From && p.Last() == q.Last() && p.Protocol == q.Protocol
		})
	})
}

// Order is that in which nodes are switched: workers first, so that what is
// wrong with the new layer is seen before a control plane has it, unless it
// has to be the other way about.
func Order(nodes []corev1.Node, planesFirst bool) []corev1.Node {
	nodes = slices.Clone(nodes)
	slices.SortFunc(nodes, func(a, b corev1.Node) int {
		if x, y := isControlPlane(a), isControlPlane(b); x != y {
			if x == planesFirst {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.Name, b.Name)
	})
	return nodes
}

func isControlPlane(node corev1.Node) bool { _, is := node.Labels[controlPlaneLabel]; return is }

// hasElsewhere tells whether a node's pods can run anywhere else: on a node
// that is ready and keeps nobody off. Taints that follow from a node's state go
// some time after it has changed: the state itself is asked.
func hasElsewhere(nodes []corev1.Node, but string) bool {
	return slices.ContainsFunc(nodes, func(n corev1.Node) bool {
		tainted := slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool {
			return t.Effect != corev1.TaintEffectPreferNoSchedule && !strings.HasPrefix(t.Key, "node.kubernetes.io/")
		})
		ready, _ := nodeReady(n)
		return n.Name != but && !n.Spec.Unschedulable && !tainted && ready
	})
}

func nodeReady(node corev1.Node) (bool, string) {
	for _, c := range node.Status.Conditions {
		if c.Type == corev1.NodeReady {
			return c.Status == corev1.ConditionTrue, c.Message
		}
	}
	return false, "its kubelet has not reported yet"
}

// Leftovers are what is taken off a host that changes from one layer to the
// other, in either direction: neither runs on it by then. With kube-proxy, where
// only one of them has that, goes what it leaves.
func Leftovers(one, other catalog.Layer) catalog.Leftovers {
	sum := add(one.Leftovers, other.Leftovers)
	if one.ReplacesKubeProxy != other.ReplacesKubeProxy {
		sum = add(sum, proxyLeftovers())
	}
	return sum
}

func add(a, b catalog.Leftovers) catalog.Leftovers {
	join := func(a, b []string) []string { return slices.Compact(slices.Sorted(slices.Values(slices.Concat(a, b)))) }
	return catalog.Leftovers{
		Interfaces: join(a.Interfaces, b.Interfaces), Files: join(a.Files, b.Files), Chains: join(a.Chains, b.Chains),
		Tables: join(a.Tables, b.Tables), IPSets: join(a.IPSets, b.IPSets), CNINetworks: join(a.CNINetworks, b.CNINetworks),
		Routes: a.Routes || b.Routes,
	}
}

// proxyLeftovers are kube-proxy's rules, in either way of writing them
// (Kubernetes' pkg/proxy/iptables/proxier.go and pkg/proxy/nftables/proxier.go).
// KUBE-FIREWALL and KUBE-KUBELET-CANARY are the kubelet's.
func proxyLeftovers() catalog.Leftovers {
	return catalog.Leftovers{
		Chains: []string{
			"KUBE-SERVICES", "KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-POSTROUTING", "KUBE-MARK-MASQ", "KUBE-FORWARD",
			"KUBE-PROXY-FIREWALL", "KUBE-PROXY-CANARY", "KUBE-SVC-*", "KUBE-SVL-*", "KUBE-FW-*", "KUBE-EXT-*", "KUBE-SEP-*",
		},
		Tables: []string{"ip kube-proxy", "ip6 kube-proxy"},
	}
}
