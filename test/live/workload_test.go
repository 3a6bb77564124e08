package live_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// workload is a server on each worker behind a Service, and a pod to ask from.
// The image of phase 2 carries the probes, and is on every node.
const workload = `apiVersion: v1
kind: Service
metadata: {name: hello}
spec:
  selector: {app: hello}
  ports: [{port: 80, targetPort: 8080}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: hello}
spec:
  replicas: 2
  selector: {matchLabels: {app: hello}}
  template:
    metadata: {labels: {app: hello}}
    spec:
      terminationGracePeriodSeconds: 1
      topologySpreadConstraints:
      - {maxSkew: 1, topologyKey: kubernetes.io/hostname, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {app: hello}}}
      containers:
      - name: hello
        image: %[1]s
        args: [probe, serve, ":8080"]
        readinessProbe: {httpGet: {port: 8080}, periodSeconds: 1}
---
apiVersion: v1
kind: Pod
metadata: {name: asker}
spec:
  terminationGracePeriodSeconds: 1
  containers:
  - name: asker
    image: %[1]s
    args: [probe, serve, ":8080"]
`

// probe runs one probe in the asker's pod.
func (c *cluster) probe(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return c.try(t, 30*time.Second, "kubectl", append([]string{"--context", c.name, "exec", "asker", "--", "/usr/local/bin/bootstrap", "probe"}, args...)...)
}

func (c *cluster) testService(t *testing.T) {
	manifest := filepath.Join(t.TempDir(), "workload.yaml")
	if err := os.WriteFile(manifest, fmt.Appendf(nil, workload, c.image), 0o600); err != nil {
		t.Fatal(err)
	}
	c.kubectl(t, "apply", "-f", manifest)
	c.kubectl(t, "rollout", "status", "deployment/hello", "--timeout=5m")
	c.kubectl(t, "wait", "--for=condition=Ready", "pod/asker", "--timeout=5m")
	answered, last := map[string]bool{}, ""
	for end := time.Now().Add(3 * time.Minute); len(answered) < 2; time.Sleep(time.Second) {
		out, err := c.probe(t, "get", "http://hello.default.svc.cluster.local")
		if last = out; err == nil {
			answered[strings.TrimSpace(out)] = true
		}
		if time.Now().After(end) {
			t.Fatalf("%v answered, want both pods; last: %s", answered, last)
		}
	}
}

func (c *cluster) testDNS(t *testing.T) {
	for _, name := range []string{"kubernetes.default.svc.cluster.local", "hello", "registry.k8s.io"} {
		out, err := c.probe(t, "lookup", name)
		if err != nil || net.ParseIP(strings.TrimSpace(strings.SplitN(out, "\n", 2)[0])) == nil {
			t.Errorf("%s is %q, %v; want an address", name, out, err)
		}
	}
}

func (c *cluster) testLogs(t *testing.T) {
	pods := strings.Fields(c.kubectl(t, "-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-proxy", "-o", "jsonpath={.items[*].metadata.name}"))
	if len(pods) != c.nodes {
		t.Errorf("%d pods of kube-proxy, want %d", len(pods), c.nodes)
	}
	for _, pod := range pods {
		c.kubectl(t, "-n", "kube-system", "logs", pod, "--tail=1")
	}
}

// testMetadata asks where a cloud's machines get their identity: what a pod
// must not have.
func (c *cluster) testMetadata(t *testing.T) {
	if out, err := c.probe(t, "get", "http://169.254.169.254/"); err == nil {
		t.Errorf("a pod reaches the metadata service: %s", out)
	}
}
