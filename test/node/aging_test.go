package node_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

const (
	// leafsLeft is how long the leafs are still valid that are issued as if a
	// year ago: enough for two looks at a busy machine.
	leafsLeft = 5 * time.Minute
	// renewalGap is the longest time without a write that a renewal may cost.
	renewalGap = 15 * time.Second
)

// TestCertificates_AClusterOutlivesThem lets every leaf of a running cluster end
// within minutes, has the timer's service renew them, and waits until the old
// ones have ended.
func TestCertificates_AClusterOutlivesThem(t *testing.T) {
	needs(t, longer)
	c := cluster.New(t, "hcerts", cluster.Config{APIPort: 26446, NodeCIDR: "10.242.6.0/24", Workers: 1})
	c.Anywhere(t, "create", "-f", c.File)
	host := c.Name + "-control-plane-1"
	first := certificatesOf(t, c, "--all")
	w := newWriter(t, c)
	w.start()
	time.Sleep(settled)
	quiet := w.mark()

	end := time.Now().Add(leafsLeft).Truncate(time.Second)
	image := renewedBy(t, c, host)
	said := c.Docker(t, "exec", host, "docker", "run", "--rm", "--privileged", "--pid=host", "--net=host", "--volume", "/:/host",
		image, "renew", "--force", "--as-of", end.Add(-pki.LeafLife).UTC().Format(time.RFC3339))
	t.Log(said)
	short := certificatesOf(t, c)
	for name, ends := range short {
		if kubelets := strings.Contains(name, " kubelet-"); kubelets != ends.Equal(first[name]) || !kubelets && !ends.Equal(end) {
			t.Errorf("%s ends at %s, before at %s", name, ends, first[name])
		}
	}
	rehearsed := w.mark()
	c.Docker(t, "exec", host, "systemctl", "start", "kubernetes-anywhere-renew.service")
	renewed := w.mark()
	if late := time.Until(end); late < 0 {
		t.Logf("this machine is slow: they ended %s before they were renewed", -late)
	}
	time.Sleep(time.Until(end.Add(time.Minute)))
	w.awaitProgress(t)
	ended := w.mark()
	for name, ends := range certificatesOf(t, c) {
		if ends.Before(time.Now().Add(300 * 24 * time.Hour)) {
			t.Errorf("%s ends at %s", name, ends)
		}
	}
	worksStill(t, c, image)

	c.Anywhere(t, "certs", "renew", c.Name)
	asked := w.mark()
	worksStill(t, c, image)
	w.stop()
	if missing := w.missing(t); len(missing) > 0 {
		t.Errorf("acknowledged writes are lost: %s", strings.Join(missing, " "))
	}
	t.Logf("%d writes were acknowledged, %d failed; longest gap: %s with nothing done, %s while all were issued to end soon, %s while the timer's service renewed them, %s until they had ended, %s in 'certs renew'",
		len(w.acknowledged), w.failed, quiet.Round(time.Millisecond), rehearsed.Round(time.Millisecond), renewed.Round(time.Millisecond), ended.Round(time.Millisecond), asked.Round(time.Millisecond))
	if max(rehearsed, renewed, ended, asked) > renewalGap {
		t.Errorf("the API was away for longer than %s", renewalGap)
	}
	c.Anywhere(t, "delete", c.Name)
}

// renewedBy is the image that the timer's service runs.
func renewedBy(t *testing.T, c *cluster.Cluster, host string) string {
	t.Helper()
	unit := c.Docker(t, "exec", host, "systemctl", "cat", "kubernetes-anywhere-renew.service")
	for line := range strings.Lines(unit) {
		if words := strings.Fields(line); strings.HasPrefix(line, "ExecStart=") && len(words) > 2 {
			return words[len(words)-2]
		}
	}
	t.Fatalf("the service runs nothing:\n%s", unit)
	return ""
}

// certificatesOf are the ends of all leafs by host and name; none may have a
// problem.
func certificatesOf(t *testing.T, c *cluster.Cluster, flags ...string) map[string]time.Time {
	t.Helper()
	var list struct {
		Hosts []struct {
			Host, Error  string
			Certificates []struct {
				Name      string
				NotAfter  time.Time
				Authority bool
				Problems  []string
			}
		}
	}
	cmd := append([]string{"certs", c.Name, "-o", "json"}, flags...)
	if err := json.Unmarshal([]byte(c.Anywhere(t, cmd...)), &list); err != nil {
		t.Fatal(err)
	}
	ends := map[string]time.Time{}
	for _, host := range list.Hosts {
		if host.Error != "" || len(host.Certificates) == 0 {
			t.Errorf("%s has %d certificates: %s", host.Host, len(host.Certificates), host.Error)
		}
		for _, one := range host.Certificates {
			if !one.Authority {
				ends[host.Host+" "+one.Name] = one.NotAfter
			}
			// Leafs that are about to end are what this test is about.
			if len(one.Problems) > 0 && time.Until(one.NotAfter) > leafsLeft {
				t.Errorf("%s of %s: %q", one.Name, host.Host, one.Problems)
			}
		}
	}
	return ends
}

// worksStill has every component do something: the API and etcd answer, a new
// pod is made, scheduled and run, and kubelets are called.
func worksStill(t *testing.T, c *cluster.Cluster, image string) {
	t.Helper()
	c.Kubectl(t, "wait", "--for=condition=Ready", "nodes", "--all", "--timeout=3m")
	if ready := c.Kubectl(t, "get", "--raw", "/readyz?verbose"); !strings.Contains(ready, "[+]etcd ok") {
		t.Errorf("the API server says:\n%s", ready)
	}
	// A deployment needs the controller-manager, its pods the scheduler.
	c.Kubectl(t, "create", "deployment", "aged", "--image="+image, "--", "sh", "-c", "echo I run; sleep 3600")
	c.Kubectl(t, "rollout", "status", "deployment/aged", "--timeout=3m")
	// The first call of a kubelet after a renewal may be cut.
	c.Await(t, "log and program of a new pod", time.Minute, func() (bool, string) {
		log, err := c.Try(t, "kubectl", "--context", c.Name, "logs", "deployment/aged")
		out, failed := c.Try(t, "kubectl", "--context", c.Name, "exec", "deployment/aged", "--", "echo", "hello")
		return err == nil && failed == nil && strings.Contains(log, "I run") && strings.Contains(out, "hello"), log + out
	})
	c.Kubectl(t, "delete", "deployment", "aged")
}
