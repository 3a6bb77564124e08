package e2e_test

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	cfg "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// workload is a server on each worker behind a Service, and a pod to ask from.
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

// bootstrapImage carries the probes, and is on every node.
func bootstrapImage() string { return images.For(cfg.DefaultKubernetesVersion, "").Bootstrap }

// probe runs one probe in the asker's pod.
func (c *suite) probe(t *testing.T, args ...string) (string, error) {
	t.Helper()
	return c.Ask(t, "kubectl", append([]string{"--context", c.Name, "exec", "asker", "--", "/usr/local/bin/bootstrap", "probe"}, args...)...)
}

func (c *suite) testService(t *testing.T) {
	manifest := filepath.Join(c.Home, "workload.yaml")
	if err := os.WriteFile(manifest, fmt.Appendf(nil, workload, bootstrapImage()), 0o600); err != nil {
		t.Fatal(err)
	}
	c.Kubectl(t, "apply", "-f", manifest)
	c.Kubectl(t, "rollout", "status", "deployment/hello", "--timeout=3m")
	c.Kubectl(t, "wait", "--for=condition=Ready", "pod/asker", "--timeout=3m")
	nodes := strings.Fields(c.Kubectl(t, "get", "pods", "-l", "app=hello", "-o", "jsonpath={.items[*].spec.nodeName}"))
	if len(nodes) != 2 || nodes[0] == nodes[1] {
		t.Fatalf("the pods are on %v, want one on each worker", nodes)
	}
	c.awaitBothAnswer(t)
}

// awaitBothAnswer asks the Service by its DNS name until both pods answered.
func (c *suite) awaitBothAnswer(t *testing.T) {
	t.Helper()
	answered := map[string]bool{}
	c.Await(t, "answer from both pods", 3*time.Minute, func() (bool, string) {
		out, err := c.probe(t, "get", "http://hello.default.svc.cluster.local")
		if err == nil {
			answered[strings.TrimSpace(out)] = true
		}
		return len(answered) == 2, fmt.Sprintf("%v so far; last: %s", answered, out)
	})
}

func (c *suite) testPodToPod(t *testing.T) {
	askers := c.Kubectl(t, "get", "pod", "asker", "-o", "jsonpath={.spec.nodeName}")
	pods := c.Kubectl(t, "get", "pods", "-l", "app=hello", "-o",
		`jsonpath={range .items[*]}{.metadata.name} {.spec.nodeName} {.status.podIP}{"\n"}{end}`)
	across := 0
	for line := range strings.Lines(pods) {
		var name, host, address string
		if _, err := fmt.Sscan(line, &name, &host, &address); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		if host != askers {
			across++
		}
		out, err := c.probe(t, "get", "http://"+net.JoinHostPort(address, "8080"))
		if err != nil || strings.TrimSpace(out) != name {
			t.Errorf("asking %s on %s from %s: %q, %v", name, host, askers, out, err)
		}
	}
	if across != 1 {
		t.Errorf("%d of the pods are on another host than the asker, want 1:\n%s", across, pods)
	}
}

func (c *suite) testLogsAndExec(t *testing.T) {
	if out := c.Kubectl(t, "exec", "asker", "--", "/usr/local/bin/bootstrap", "probe", "lookup", "hello"); net.ParseIP(strings.TrimSpace(out)) == nil {
		t.Errorf("exec printed %q, want an address", out)
	}
	// Every kubelet's serving certificate is verified on the way to its logs.
	pods := c.Kubectl(t, "-n", "kube-system", "get", "pods", "-l", "k8s-app=kube-proxy", "-o", "jsonpath={.items[*].metadata.name}")
	if n := len(strings.Fields(pods)); n != 3 {
		t.Fatalf("%d pods of kube-proxy, want 3", n)
	}
	for _, pod := range strings.Fields(pods) {
		if out := c.Kubectl(t, "-n", "kube-system", "logs", pod); out == "" {
			t.Errorf("%s has no log", pod)
		}
	}
}

func (c *suite) testAddonComesBack(t *testing.T) {
	uid := func() string {
		out, _ := c.Try(t, "kubectl", "--context", c.Name, "-n", "kube-system", "get", "deployment", "coredns", "-o", "jsonpath={.metadata.uid}")
		return out
	}
	before := uid()
	c.Kubectl(t, "-n", "kube-system", "delete", "deployment", "coredns")
	c.Await(t, "new deployment of coredns", time.Minute, func() (bool, string) {
		now := uid()
		return now != "" && now != before && !strings.Contains(now, "NotFound"), now
	})
	c.Kubectl(t, "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=3m")
}

func (c *suite) testReboot(t *testing.T) {
	worker := c.Name + "-workers-1"
	kubelet := func() string {
		out, err := c.Try(t, "docker", "exec", worker, "docker", "inspect", "--format", "{{.Id}} {{.State.Running}}", "kubelet")
		if err != nil {
			return ""
		}
		return strings.TrimSpace(out)
	}
	before := kubelet()
	c.Docker(t, "restart", worker)
	c.Await(t, "new kubelet on "+worker, 4*time.Minute, func() (bool, string) {
		now := kubelet()
		return now != before && strings.HasSuffix(now, "true"), now
	})
	c.Kubectl(t, "wait", "--for=condition=Ready", "node/"+worker, "--timeout=4m")
	c.Kubectl(t, "rollout", "status", "deployment/hello", "--timeout=4m")
	c.Kubectl(t, "wait", "--for=condition=Ready", "pod/asker", "--timeout=4m")
	c.awaitBothAnswer(t)
}

func (c *suite) testHostMadeAgain(t *testing.T) {
	worker := c.Name + "-workers-2"
	before := strings.TrimSpace(c.Docker(t, "inspect", "--format", "{{.Id}}", worker))
	c.Docker(t, "rm", "-f", "-v", worker)
	if code := c.ExitCode(t, "status", "-f", c.File, "--drift"); code != 3 {
		t.Errorf("status --drift exits %d without a host, want 3", code)
	}
	c.Anywhere(t, "create", "-f", c.File)
	if after := strings.TrimSpace(c.Docker(t, "inspect", "--format", "{{.Id}}", worker)); after == before {
		t.Errorf("%s is still container %s", worker, before)
	}
	c.Kubectl(t, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=4m")
}
