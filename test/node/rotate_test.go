package node_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// rotating is a cluster whose authorities are replaced.
type rotating struct{ *cluster.Cluster }

// works proves that the API, a kubelet and the pod network serve: a new pod
// runs, has a log, and reaches the API by what it was told of the authorities.
func (c rotating) works(t *testing.T, after string) {
	t.Helper()
	c.Kubectl(t, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=3m")
	name := "probe-" + strings.ReplaceAll(after, " ", "-")
	image := strings.Fields(c.Kubectl(t, "-n", "kube-system", "get", "pods", "-o", "jsonpath={.items[?(@.metadata.labels.component=='kube-addon-manager')].spec.containers[0].image}"))[0]
	c.Kubectl(t, "run", name, "--image="+image, "--image-pull-policy=IfNotPresent", "--restart=Never", "--command", "--", "sh", "-c", "echo alive; sleep 600")
	c.Kubectl(t, "wait", "--for=condition=Ready", "pod/"+name, "--timeout=2m")
	// The log goes by the kubelet's serving certificate.
	c.Await(t, "log of a pod", time.Minute, func() (bool, string) {
		out, err := c.Try(t, "kubectl", "--context", c.Name, "logs", name)
		return err == nil && strings.Contains(out, "alive"), out
	})
	c.Kubectl(t, "delete", "pod", name, "--now", "--wait=false")
	if out := c.Anywhere(t, "certs", c.Name, "--all"); strings.Contains(out, "Problems") {
		t.Errorf("after %s there are problems", after)
	}
}

// step takes one, and waits for nothing: the command does.
func (c rotating) step(t *testing.T, step string) {
	t.Helper()
	begun := time.Now()
	c.Anywhere(t, "certs", "rotate-ca", c.Name, "--step", step, "--yes")
	t.Logf("step %s took %s", step, time.Since(begun).Round(time.Second))
}

// TestRotateCA_ReplacesTheAuthoritiesOfARealCluster takes every step, and one
// back, on three control planes or as many as ANYWHERE_ROTATE_PLANES says.
func TestRotateCA_ReplacesTheAuthoritiesOfARealCluster(t *testing.T) {
	needs(t, longer)
	planes := 3
	if os.Getenv("ANYWHERE_ROTATE_PLANES") == "1" {
		planes = 1
	}
	c := rotating{cluster.New(t, "hrot", cluster.Config{APIPort: 26447, NodeCIDR: "10.242.7.0/24", ControlPlanes: planes, Workers: 1})}
	c.Anywhere(t, "create", "-f", c.File)
	c.Kubectl(t, "create", "configmap", "kept", "--from-literal=a=b")
	old := filepath.Join(c.Home, "old-kubeconfig")
	if err := os.WriteFile(old, []byte(c.Run(t, cluster.Plugin(), "kubeconfig", c.Name)), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := c.ExitCode(t, "certs", "rotate-ca", c.Name); code != 2 {
		t.Errorf("without --yes it exits %d", code)
	}
	if code := c.ExitCode(t, "certs", "rotate-ca", c.Name, "--step", "drop", "--yes"); code != 2 {
		t.Errorf("a step that is not due exits %d", code)
	}

	c.step(t, "trust")
	c.works(t, "trust")
	c.step(t, "back")
	c.works(t, "back")
	c.step(t, "trust")
	c.step(t, "reissue")
	c.works(t, "reissue")
	if out, err := c.Try(t, "kubectl", "--kubeconfig", old, "get", "nodes"); err == nil {
		t.Log("while both are trusted the old kubeconfig's certificate is, too")
	} else if !strings.Contains(out, "certificate") { // it trusts the old authority alone
		t.Errorf("the old kubeconfig fails for another reason: %s", out)
	}
	// A plain create neither goes on nor back.
	if out := c.Anywhere(t, "preview", c.Name); !strings.Contains(out, "nothing to change") {
		t.Error("a plain create would change something between two steps")
	}
	c.step(t, "drop")
	c.works(t, "drop")
	if out, err := c.Try(t, "kubectl", "--kubeconfig", old, "get", "nodes"); err == nil {
		t.Errorf("the old kubeconfig still works: %s", out)
	}
	if out, err := c.Try(t, "kubectl", "--kubeconfig", old, "--insecure-skip-tls-verify", "get", "nodes"); err == nil {
		t.Errorf("a certificate of the old authority still opens the API: %s", out)
	}
	told := c.Kubectl(t, "-n", "kube-system", "get", "configmap", "extension-apiserver-authentication", "-o", "jsonpath={.data}")
	if got := strings.Count(told, "BEGIN CERTIFICATE"); got != 2 { // who vouches for clients, and for the front proxy
		t.Errorf("servers behind the API are told of %d authorities: %s", got, told)
	}
	if got := c.Kubectl(t, "get", "configmap", "kept", "-o", "jsonpath={.data.a}"); got != "b" {
		t.Errorf("what was in the cluster is %q", got)
	}
	c.Anywhere(t, "delete", c.Name)
}
