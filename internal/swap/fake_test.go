package swap

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

var errStopped = errors.New("stopped")

// world is a cluster in memory: what controllers do is done at each look.
type world struct {
	t     *testing.T
	nodes []*corev1.Node
	pods  []*corev1.Pod
	set   []*unstructured.Unstructured
	state map[string]string
	clock time.Time
	// on says of each host whose layer's traces are on it.
	on map[string]string
	// calls counts what was asked; the stopAt-th fails, if above zero.
	calls, stopAt int
	// said is what happened to hosts and nodes, in order.
	said []string
}

func newWorld(t *testing.T, set []*unstructured.Unstructured, nodes ...string) *world {
	w := &world{t: t, set: set, on: map[string]string{}, clock: time.Unix(1000, 0)}
	for _, name := range nodes {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{}}}
		node.Status.Conditions = []corev1.NodeCondition{{Type: corev1.NodeReady, Status: corev1.ConditionTrue}}
		if strings.HasPrefix(name, "cp") {
			node.Labels[controlPlaneLabel] = ""
			node.Spec.Taints = []corev1.Taint{{Key: controlPlaneLabel, Effect: corev1.TaintEffectNoSchedule}}
		}
		w.nodes = append(w.nodes, node)
		for _, obj := range set {
			if layer := obj.GetAnnotations()["layer"]; layer != "" {
				w.on[name] = layer
			}
		}
		w.pods = append(w.pods, w.pod("default", "app-"+name, name, "ReplicaSet", "app"))
	}
	w.control()
	return w
}

// pod is one that runs, with an address that tells its layer.
func (w *world) pod(namespace, name, node, kind, owner string) *corev1.Pod {
	w.clock = w.clock.Add(time.Second)
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, CreationTimestamp: metav1.NewTime(w.clock)}}
	pod.Spec.NodeName = node
	pod.Status.Phase, pod.Status.PodIP = corev1.PodRunning, w.on[node]
	pod.Status.Conditions = []corev1.PodCondition{{Type: corev1.PodReady, Status: corev1.ConditionTrue}}
	if kind != "" {
		yes := true
		pod.OwnerReferences = []metav1.OwnerReference{{Kind: kind, Name: owner, Controller: &yes}}
	}
	return pod
}

func (w *world) call() error {
	w.calls++
	if w.calls == w.stopAt {
		return errStopped
	}
	return nil
}

func (w *world) node(name string) *corev1.Node {
	for _, n := range w.nodes {
		if n.Name == name {
			return n
		}
	}
	w.t.Fatalf("there is no node %q", name)
	return nil
}

// fits tells whether a DaemonSet's pods may be on a node.
func fits(ds *unstructured.Unstructured, node *corev1.Node) bool {
	terms, _, _ := unstructured.NestedSlice(ds.Object, "spec", "template", "spec", "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution", "nodeSelectorTerms")
	for _, term := range terms {
		expressions, _, _ := unstructured.NestedSlice(term.(map[string]any), "matchExpressions")
		for _, e := range expressions {
			value, labelled := node.Labels[NodeLabel]
			values, _, _ := unstructured.NestedStringSlice(e.(map[string]any), "values")
			switch e.(map[string]any)["operator"] {
			case "DoesNotExist":
				if labelled {
					return false
				}
			case "In":
				if !slices.Contains(values, value) {
					return false
				}
			}
		}
	}
	return true
}

// control is the controllers: DaemonSets have a pod on each node that fits, and
// a pod of a layer sets its host up.
func (w *world) control() {
	wanted := map[string]*unstructured.Unstructured{}
	for _, obj := range w.set {
		if obj.GetKind() != "DaemonSet" {
			continue
		}
		for _, node := range w.nodes {
			if fits(obj, node) {
				wanted[obj.GetName()+"-"+node.Name] = obj
			}
		}
	}
	w.pods = slices.DeleteFunc(w.pods, func(p *corev1.Pod) bool {
		owner := metav1.GetControllerOf(p)
		return owner != nil && owner.Kind == "DaemonSet" && wanted[p.Name] == nil
	})
	for name, ds := range wanted {
		if slices.ContainsFunc(w.pods, func(p *corev1.Pod) bool { return p.Name == name }) {
			continue
		}
		node := strings.TrimPrefix(name, ds.GetName()+"-")
		pod := w.pod(ds.GetNamespace(), name, node, "DaemonSet", ds.GetName())
		if layer := ds.GetAnnotations()["layer"]; layer != "" {
			pod.Spec.HostNetwork = true
			if at := w.on[node]; at != "" && at != layer {
				w.t.Errorf("%s starts on %s, which has what %s left", layer, node, at)
			}
			w.on[node] = layer
		}
		w.pods = append(w.pods, pod)
	}
}

func (w *world) ListNodes(context.Context) (all []corev1.Node, err error) {
	w.control()
	for _, n := range w.nodes {
		all = append(all, *n.DeepCopy())
	}
	return all, w.call()
}

func (w *world) ListPods(_ context.Context, node string) (all []corev1.Pod, err error) {
	w.control()
	for _, p := range w.pods {
		if node == "" || p.Spec.NodeName == node {
			all = append(all, *p.DeepCopy())
		}
	}
	return all, w.call()
}

// Drain moves what is no DaemonSet's to another node that takes pods.
func (w *world) Drain(ctx context.Context, node string) (string, error) {
	if err := w.Cordon(ctx, node, true); err != nil {
		return "", err
	}
	w.said = append(w.said, "drain "+node)
	for i, p := range w.pods {
		if owner := metav1.GetControllerOf(p); p.Spec.NodeName != node || owner == nil || owner.Kind == "DaemonSet" {
			continue
		}
		for _, to := range w.nodes {
			if !to.Spec.Unschedulable && len(to.Spec.Taints) == 0 {
				w.pods[i] = w.pod(p.Namespace, p.Name, to.Name, "ReplicaSet", "app")
			}
		}
	}
	return "", w.call()
}

func (w *world) Cordon(_ context.Context, node string, on bool) error {
	w.node(node).Spec.Unschedulable = on
	return w.call()
}

func (w *world) LabelNode(_ context.Context, name, label, value string) error {
	w.node(name).Labels[label] = value
	w.control()
	return w.call()
}

func (w *world) UnlabelNode(_ context.Context, name, label string) error {
	delete(w.node(name).Labels, label)
	w.control()
	return w.call()
}

// DeletePod deletes a pod; its controller makes another where it was.
func (w *world) DeletePod(_ context.Context, namespace, name string) error {
	for i, p := range w.pods {
		if p.Namespace != namespace || p.Name != name {
			continue
		}
		w.pods = slices.Delete(w.pods, i, i+1)
		if owner := metav1.GetControllerOf(p); owner != nil && owner.Kind == "ReplicaSet" {
			w.pods = append(w.pods, w.pod(namespace, name, p.Spec.NodeName, "ReplicaSet", "app"))
		}
		break
	}
	w.control()
	return w.call()
}

func (w *world) Apply(_ context.Context, objs []*unstructured.Unstructured) error {
	w.set = objs
	w.control()
	return w.call()
}

func (w *world) Waits(context.Context, []*unstructured.Unstructured) (string, string, error) {
	return "", "", w.call()
}

func (w *world) SaveState(_ context.Context, data map[string]string) error {
	w.state = data
	return w.call()
}

func (w *world) DropState(context.Context) error {
	w.state = nil
	return w.call()
}

func (w *world) StartProbe(_ context.Context, node string) error {
	name := "probe-" + node
	if !slices.ContainsFunc(w.pods, func(p *corev1.Pod) bool { return p.Name == name }) {
		pod := w.pod("kube-system", name, node, "", "")
		pod.Labels = map[string]string{ProbeLabel: "true"}
		w.pods = append(w.pods, pod)
	}
	return w.call()
}

// Reach works where both have their address from the same layer, which is the
// one of their nodes.
func (w *world) Reach(_ context.Context, from corev1.Pod, address string) error {
	if from.Status.PodIP != address || w.on[from.Spec.NodeName] != address {
		return fmt.Errorf("%s does not reach %s", from.Status.PodIP, address)
	}
	w.said = append(w.said, "reach from "+from.Spec.NodeName)
	return nil
}

func (*world) Transient(error) bool { return false }

// Bootstrap cleans a host, on which no layer may run by then.
func (w *world) Bootstrap(_ context.Context, node string, args ...string) ([]byte, error) {
	if args[1] == "prepare" {
		return nil, w.call()
	}
	w.control()
	for _, p := range w.pods {
		if p.Spec.NodeName == node && p.Spec.HostNetwork {
			w.t.Errorf("host %s is cleaned while %s runs on it", node, p.Name)
		}
	}
	w.said = append(w.said, "clean "+node)
	w.on[node] = ""
	return []byte(`{"removed": ["interface a0", "interface a1", "iptables chain X"]}`), w.call()
}

var _ API = (*world)(nil)
var _ Hosts = (*world)(nil)
