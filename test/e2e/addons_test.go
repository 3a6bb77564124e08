package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// testTop asks for what metrics-server alone can tell: it has read every
// kubelet, whose certificates it verifies.
func (c *suite) testTop(t *testing.T) {
	c.Await(t, "figures of all nodes", 3*time.Minute, func() (bool, string) {
		out, err := c.Try(t, "kubectl", "--context", c.Name, "top", "nodes", "--no-headers")
		return err == nil && strings.Count(out, c.Name+"-") == 3 && !strings.Contains(out, "<unknown>"), out
	})
	args := c.Kubectl(t, "-n", "kube-system", "get", "deployment", "metrics-server", "-o", "jsonpath={.spec.template.spec.containers[0].args}")
	if strings.Contains(args, "insecure") {
		t.Errorf("metrics-server does not verify kubelets: %s", args)
	}
}

// own is a kustomization of a user's, with all that a pruned addon could leave.
const own = `apiVersion: v1
kind: Namespace
metadata: {name: mine}
---
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: things.example.com}
spec:
  group: example.com
  scope: Cluster
  names: {plural: things, singular: thing, kind: Thing}
  versions: [{name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}]
---
apiVersion: example.com/v1
kind: Thing
metadata: {name: one}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: mine, namespace: mine}
spec:
  selector: {matchLabels: {app: mine}}
  template:
    metadata: {labels: {app: mine}}
    spec:
      terminationGracePeriodSeconds: 1
      containers: [{name: mine, image: %s, args: [probe, serve, ":8080"]}]
`

// testOwnAddon brings a kustomization of the user's by its path and takes it
// away again.
func (c *suite) testOwnAddon(t *testing.T) {
	folder := filepath.Join(c.Home, "mine")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"kustomization.yaml": "resources: [mine.yaml]\n", "mine.yaml": fmt.Sprintf(own, bootstrapImage())} {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	before, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	c.Anywhere(t, "config", "set", "-f", c.File, `spec.addons=[{"name": "mine", "path": "./mine"}]`)
	c.Anywhere(t, "addons", "apply", "-f", c.File)
	c.Kubectl(t, "-n", "mine", "rollout", "status", "deployment/mine", "--timeout=3m")
	if out := c.Anywhere(t, "addons", "list", "-f", c.File); !strings.Contains(out, "mine") {
		t.Errorf("the addon is not listed:\n%s", out)
	}
	if out := c.Anywhere(t, "addons", "disable", "mine", "-f", c.File, "--yes"); !strings.Contains(out, "Thing one") {
		t.Errorf("what goes is not told:\n%s", out)
	}
	for _, gone := range [][]string{{"namespace", "mine"}, {"customresourcedefinition", "things.example.com"}} {
		c.Kubectl(t, "wait", "--for=delete", gone[0]+"/"+gone[1], "--timeout=2m")
	}
	if err := os.WriteFile(c.File, before, 0o600); err != nil {
		t.Fatal(err)
	}
	c.Anywhere(t, "addons", "apply", "-f", c.File)
}

// testForeignField changes a field by another manager, which the addon-manager
// then leaves alone, until it is given up.
func (c *suite) testForeignField(t *testing.T) {
	replicas := func() string {
		return c.Kubectl(t, "-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.spec.replicas}")
	}
	c.Kubectl(t, "-n", "kube-system", "scale", "deployment/coredns", "--replicas=3")
	c.Await(t, "event about the conflict", 2*time.Minute, func() (bool, string) {
		out := c.Kubectl(t, "-n", "kube-system", "get", "events", "--field-selector", "involvedObject.name=coredns", "-o", "jsonpath={range .items[*]}{.reason}: {.message}{\"\\n\"}{end}")
		return strings.Contains(out, "Conflict"), out
	})
	if now := replicas(); now != "3" {
		t.Errorf("the addon-manager took the replicas back to %s", now)
	}
	// Ours again: whoever applies by force owns the field.
	c.Anywhere(t, "addons", "apply", "-f", c.File, "--force-conflicts")
	if now := replicas(); now != "2" {
		t.Errorf("there are %s replicas, want 2", now)
	}
}

// claim is a pod with a volume of the default class.
const claim = `apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: kept}
spec:
  accessModes: [ReadWriteOnce]
  resources: {requests: {storage: 10Mi}}
---
apiVersion: v1
kind: Pod
metadata: {name: keeper}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, runAsUser: 65532, runAsGroup: 65532, fsGroup: 65532}
  containers:
  - name: keeper
    image: %s
    command: [sh, -c, "echo kept >> /data/file && exec bootstrap probe serve :8080"]
    volumeMounts: [{name: data, mountPath: /data}]
    readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
  volumes: [{name: data, persistentVolumeClaim: {claimName: kept}}]
`

// testVolume keeps a file past the pod that wrote it, and no longer than the
// claim.
func (c *suite) testVolume(t *testing.T) {
	manifest := filepath.Join(c.Home, "claim.yaml")
	if err := os.WriteFile(manifest, fmt.Appendf(nil, claim, bootstrapImage()), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		c.Kubectl(t, "apply", "-f", manifest)
		c.Kubectl(t, "wait", "--for=condition=Ready", "pod/keeper", "--timeout=3m")
		if out := c.Kubectl(t, "exec", "keeper", "--", "cat", "/data/file"); !strings.HasPrefix(out, "kept\n") {
			t.Errorf("the volume holds %q", out)
		}
		c.Kubectl(t, "delete", "pod", "keeper")
	}
	volume := c.Kubectl(t, "get", "pvc", "kept", "-o", "jsonpath={.spec.volumeName}")
	c.Kubectl(t, "delete", "pvc", "kept")
	c.Kubectl(t, "wait", "--for=delete", "persistentvolume/"+volume, "--timeout=2m")
}
