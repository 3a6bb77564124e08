package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// switchAPI is what a switch asks of the cluster's API.
type switchAPI struct {
	*kube.Client
	session *session
	// release are objects in the user's hands: never applied nor pruned.
	release []kube.Ref
}

var _ swap.API = (*switchAPI)(nil)

// Apply makes objects the set of addons.
func (a *switchAPI) Apply(ctx context.Context, objs []*unstructured.Unstructured) error {
	changes, err := a.ApplySet(ctx, objs, kube.Options{Release: a.release})
	if err != nil {
		return err
	}
	return a.session.conflicts(changes)
}

// Waits is the first object that is not ready, and why.
func (a *switchAPI) Waits(ctx context.Context, objs []*unstructured.Unstructured) (subject, reason string, err error) {
	pending, err := a.Ready(ctx, objs)
	if err != nil || len(pending) == 0 {
		return "", "", err
	}
	return pending[0].Object.String(), pending[0].Reason, nil
}

// Transient tells errors that go away by themselves.
func (*switchAPI) Transient(err error) bool { return transient(err) }

func switchRef() kube.Ref {
	return kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: swap.StateNamespace, Name: swap.StateName}
}

// SaveState keeps the state in the cluster.
func (a *switchAPI) SaveState(ctx context.Context, data map[string]string) error {
	content := map[string]any{}
	for key, value := range data {
		content[key] = value
	}
	_, err := a.Client.Apply(ctx, &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": "ConfigMap",
		"metadata": map[string]any{"namespace": swap.StateNamespace, "name": swap.StateName},
		"data":     content,
	}}, kube.Options{Force: true})
	return err
}

// DropState forgets it.
func (a *switchAPI) DropState(ctx context.Context) error { return a.Delete(ctx, switchRef()) }

// switchUnderWay is the state of the switch that a cluster is in; nil for none.
func switchUnderWay(ctx context.Context, api *kube.Client) (*swap.State, error) {
	live, found, err := api.Get(ctx, switchRef())
	if err != nil || !found {
		return nil, err
	}
	data, _, err := unstructured.NestedStringMap(live.Object, "data")
	if err != nil {
		return nil, fmt.Errorf("reading %s: %w", switchRef(), err)
	}
	state, err := swap.Decode(data)
	if err != nil {
		return nil, err
	}
	return &state, nil
}

// probeServer answers on the pod network of one node.
const probeServer = `apiVersion: v1
kind: Pod
metadata:
  name: kubernetes-anywhere-network-%[1]s
  namespace: kube-system
  labels:
    %[3]s: "true"
spec:
  nodeName: %[1]s
  terminationGracePeriodSeconds: 1
  automountServiceAccountToken: false
  enableServiceLinks: false
  priorityClassName: system-node-critical
  tolerations: [{operator: Exists}]
  containers:
  - name: probe
    image: %[2]s
    args: [probe, serve, ":8080"]
    resources:
      limits: {memory: 64Mi}
      requests: {cpu: 1m, memory: 16Mi}
    securityContext:
      allowPrivilegeEscalation: false
      capabilities: {drop: [ALL]}
      readOnlyRootFilesystem: true
      runAsNonRoot: true
      runAsUser: 65534
      seccompProfile: {type: RuntimeDefault}
`

// StartProbe has a pod on a node answer.
func (a *switchAPI) StartProbe(ctx context.Context, node string) error {
	spec := a.session.cluster.Spec
	image := images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap
	_, err := a.ApplyYAML(ctx, fmt.Appendf(nil, probeServer, node, image, swap.ProbeLabel))
	return err
}

// probeTime is how long one pod may take to reach another.
const probeTime = 8 * time.Second

// Reach asks from a pod what an address answers.
func (a *switchAPI) Reach(ctx context.Context, from corev1.Pod, address string) error {
	ctx, cancel := context.WithTimeout(ctx, probeTime)
	defer cancel()
	url := "http://" + net.JoinHostPort(address, "8080")
	_, said, err := a.Exec(ctx, metav1.NamespaceSystem, from.Name, "", []string{bootstrapProgram, "probe", "get", url})
	if said = strings.TrimSpace(said); err != nil && said != "" {
		return errors.New(said)
	}
	return err
}

// switchHosts runs the bootstrap on hosts.
type switchHosts struct{ *hostRunner }

// Bootstrap runs it and returns what it printed.
func (h switchHosts) Bootstrap(ctx context.Context, node string, args ...string) ([]byte, error) {
	var out bytes.Buffer
	err := h.run(ctx, target.Host{Name: node}, target.Command{Args: args, Stdout: &out})
	return out.Bytes(), err
}
