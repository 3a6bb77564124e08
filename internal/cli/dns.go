package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// probePod runs one lookup and ends; the name is a service every cluster has.
const probePod = `apiVersion: v1
kind: Pod
metadata:
  name: kubernetes-anywhere-probe
  namespace: kube-system
spec:
  restartPolicy: OnFailure
  tolerations: [{operator: Exists}]
  containers:
  - name: probe
    image: %[1]s
    args: [probe, lookup, %[2]s]
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

// checkDNS shows that a pod can find a service by its name: the pod network,
// the service network and the DNS addon have to work for that.
func (c *creation) checkDNS(ctx context.Context, report phase.Reporter) error {
	spec := c.cluster.Spec
	name := "kubernetes.default.svc." + spec.Network.DNSDomain
	manifest := fmt.Sprintf(probePod, images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap, name)
	objects, err := kube.Parse([]byte(manifest))
	if err != nil {
		return err
	}
	pod := kube.RefOf(objects[0])
	// One that an interrupted run left behind may be in any state.
	if err := c.api.Delete(ctx, pod); err != nil {
		return err
	}
	err = phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		reason, err := c.podWaits(ctx, pod)
		if errors.Is(err, errNoPod) {
			_, err = c.api.ApplyYAML(ctx, []byte(manifest))
			reason = "to start"
		}
		if err != nil {
			return c.retry(err)
		}
		if reason == "" {
			return "", "", nil
		}
		return pod.String(), reason, nil
	})
	if err != nil {
		return err
	}
	report.Note("a pod resolved %s", name)
	return c.api.Delete(context.WithoutCancel(ctx), pod)
}

// errNoPod says that the pod is not there, or no more.
var errNoPod = errors.New("there is no such pod")

// podWaits is why a pod that runs once has not succeeded yet: what it said
// last, once it has said anything.
func (c *creation) podWaits(ctx context.Context, pod kube.Ref) (string, error) {
	live, found, err := c.api.Get(ctx, pod)
	switch {
	case err != nil:
		return "", err
	case !found:
		return "", errNoPod
	case live.GetDeletionTimestamp() != nil:
		return "to be gone, since it is an earlier run's", nil
	}
	state, _, _ := unstructured.NestedString(live.Object, "status", "phase")
	if state == "Succeeded" {
		return "", nil
	}
	reason := "to end, it is " + state
	statuses, _, _ := unstructured.NestedSlice(live.Object, "status", "containerStatuses")
	for _, s := range statuses {
		fields, _ := s.(map[string]any)
		if waits, ok, _ := unstructured.NestedString(fields, "state", "waiting", "reason"); ok {
			reason = "its container: " + waits
		}
		if restarts, _, _ := unstructured.NestedInt64(fields, "restartCount"); restarts > 0 {
			said, _ := c.api.Logs(ctx, pod.Namespace, pod.Name, "", 1, true)
			reason = "tried again: " + strings.TrimSpace(said)
		}
	}
	return reason, nil
}
