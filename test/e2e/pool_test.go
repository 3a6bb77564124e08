package e2e_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// moving is a pod that runs on the added pool while there is one, and on any
// other node when there is not.
const moving = `apiVersion: apps/v1
kind: Deployment
metadata: {name: moving}
spec:
  selector: {matchLabels: {app: moving}}
  template:
    metadata: {labels: {app: moving}}
    spec:
      terminationGracePeriodSeconds: 1
      affinity:
        nodeAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
          - {weight: 100, preference: {matchExpressions: [{key: kubernetes-anywhere.io/pool, operator: In, values: [extra]}]}}
      containers:
      - {name: moving, image: IMAGE, args: [probe, serve, ":8080"]}
`

// testPools adds a pool and takes it away again, with what runs on it.
func (c *suite) testPools(t *testing.T) {
	before, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	extra := c.Name + "-extra-1"
	c.Anywhere(t, "pool", "add", "extra", "--count", "1", "--labels", "example.com/a=b", "-f", c.File)
	if out := c.Kubectl(t, "get", "nodes", "--no-headers", "-l", "kubernetes-anywhere.io/pool=extra,example.com/a=b"); !strings.Contains(out, extra+" ") || !strings.Contains(out, " Ready ") {
		t.Errorf("the new pool is not one ready node:\n%s", out)
	}
	if out := c.Anywhere(t, "pool", "list", "-f", c.File); !strings.Contains(strings.Join(strings.Fields(out), " "), "extra 1 - - 1") {
		t.Errorf("the new pool is not listed with its ready node:\n%s", out)
	}

	manifest := filepath.Join(c.Home, "moving.yaml")
	if err := os.WriteFile(manifest, []byte(strings.ReplaceAll(moving, "IMAGE", bootstrapImage())), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Kubectl(t, "apply", "-f", manifest)
	c.Kubectl(t, "rollout", "status", "deployment/moving", "--timeout=3m")
	where := func() string {
		return c.Kubectl(t, "get", "pods", "-l", "app=moving", "-o", "jsonpath={.items[*].spec.nodeName}")
	}
	if on := where(); on != extra {
		t.Fatalf("the pod runs on %q, want %q", on, extra)
	}

	out := c.Anywhere(t, "pool", "remove", "extra", "-f", c.File)
	if !strings.Contains(out, "node "+extra+" is drained") {
		t.Errorf("nothing is said of a drain:\n%s", out)
	}
	if out := c.Kubectl(t, "get", "nodes", "--no-headers"); strings.Contains(out, extra) {
		t.Errorf("the node is still in the cluster:\n%s", out)
	}
	if out := c.Docker(t, "ps", "-aq", "--filter", "name="+extra); out != "" {
		t.Errorf("its host is still there: %s", out)
	}
	c.Kubectl(t, "rollout", "status", "deployment/moving", "--timeout=3m")
	if on := where(); !strings.HasPrefix(on, c.Name+"-workers-") {
		t.Errorf("the pod runs on %q now", on)
	}
	c.Kubectl(t, "delete", "-f", manifest)
	after, err := os.ReadFile(c.File)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Fields(string(before)), strings.Fields(string(after))); diff != "" {
		t.Errorf("the config is not what it was (-was +is):\n%s", diff)
	}
}
