package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// has looks for texts wherever their lines were broken.
func has(t *testing.T, text string, wanted ...string) {
	t.Helper()
	text = strings.Join(strings.Fields(text), " ")
	for _, w := range wanted {
		if !strings.Contains(text, w) {
			t.Errorf("%q is not said", w)
		}
	}
}

func TestProvision_MakesTheHostsAndSaysWhatNext(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, stdout, stderr := b.run(t, "provision", "-f", file)
	if code != 0 || stdout != "" {
		t.Errorf("exit %d, on standard output %q", code, stdout)
	}
	has(t, stderr, "[2/2] Provisioning network and hosts", "created thing a-workers-1", "3 created", "Next: kubectl anywhere create a")
	if got := b.world.Names(); !slices.Equal(got, []string{"a-control-plane-1", "a-workers-1"}) {
		t.Errorf("there are %q", got)
	}
	// Later commands need not be told the config.
	if code, _, stderr := b.run(t, "provision"); code != 0 || !strings.Contains(stderr, "nothing to change") {
		t.Errorf("the second time: exit %d", code)
	}
}

func TestProvision_TouchesNothingWherePreflightFindsProblems(t *testing.T) {
	b := newBench(t)
	b.problems = []diag.Problem{{Message: "no room", Fix: "make room"}}
	b.env.Reachable = func(context.Context, string) error { return errors.New("no route") }
	code, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil))
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	has(t, stderr, "no room", "fix: make room", "no route", "'make images'")
	if len(b.world.Calls()) > 0 {
		t.Errorf("the provider was called: %v", b.world.Calls())
	}
	b.untouched(t)
}

func TestProvision_RefusesTheNameOfAnotherTargetsCluster(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	other := &fakeTarget{name: "elsewhere", world: enginetest.NewWorld()}
	b.env.Targets = append(b.env.Targets, other)
	file := write(t, "other.json", func(c *config.Cluster) { c.Spec.Target = "elsewhere" })
	for _, verb := range []string{"provision", "create", "preview", "delete", "status"} {
		code, _, stderr := b.run(t, verb, "-f", file)
		if code != ExitUsage {
			t.Errorf("%s exits %d, want %d", verb, code, ExitUsage)
		}
		has(t, stderr, `"a" is in use by a cluster on target "local"`, "'kubectl anywhere delete a'")
	}
	if len(other.world.Calls()) > 0 || len(b.world.Names()) != 2 {
		t.Errorf("something was touched: %v, %v", other.world.Calls(), b.world.Names())
	}
}

func TestProvision_SparesTheControlPlaneUnlessTold(t *testing.T) {
	for name, change := range map[string]func(*config.Cluster){
		"another range": func(c *config.Cluster) { c.Spec.Network.NodeCIDR = "10.241.0.0/24" },
		"fewer hosts":   func(c *config.Cluster) { c.Spec.ControlPlane.Count = 1 },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.run(t, "provision", "-f", write(t, "c.json", func(c *config.Cluster) { c.Spec.ControlPlane.Count = 3 }))
			before := b.world.Things()
			file := write(t, "changed.json", func(c *config.Cluster) { c.Spec.ControlPlane.Count = 3; change(c) })
			code, stdout, stderr := b.run(t, "preview", "-f", file)
			has(t, stdout+stderr, "WARNING: this would", "what etcd keeps on it would be lost", "--replace-control-plane")
			if code != 0 {
				t.Errorf("preview exits %d", code)
			}
			code, _, stderr = b.run(t, "provision", "-f", file)
			has(t, stderr, "thing a-control-plane-3", "what etcd keeps on it", "--replace-control-plane")
			if code != ExitUsage {
				t.Errorf("exit %d, want %d", code, ExitUsage)
			}
			if now := b.world.Things(); len(now) != len(before) || now["a-control-plane-3"] != before["a-control-plane-3"] {
				t.Errorf("there were %v and are %v", before, now)
			}
			saved, err := os.ReadFile(filepath.Join(b.home, ".kube/anywhere/a/cluster.json"))
			if err != nil || strings.Contains(string(saved), "10.241") || !strings.Contains(string(saved), `"count": 3`) {
				t.Errorf("the refused config was kept: %s, %v", saved, err)
			}
			code, _, _ = b.run(t, "provision", "-f", file, "--replace-control-plane")
			if now := b.world.Things(); code != 0 || now["a-control-plane-3"] == before["a-control-plane-3"] {
				t.Errorf("when told: exit %d, there are %v", code, now)
			}
		})
	}
}

func TestProvision_RefusesRangesThatNodesAndServicesLiveIn(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	moved := write(t, "moved.json", func(c *config.Cluster) {
		c.Spec.Network.PodCIDR, c.Spec.Network.ServiceCIDR = "10.200.0.0/16", "10.97.0.0/16"
	})
	code, stdout, stderr := b.run(t, "preview", "-f", moved)
	has(t, stdout+stderr, "WARNING: create refuses this: spec.network.podCIDR cannot become 10.200.0.0/16")
	if code != 0 {
		t.Errorf("preview exits %d", code)
	}
	code, _, stderr = b.run(t, "provision", "-f", moved)
	has(t, stderr, `write "10.244.0.0/16"`, `write "10.96.0.0/16"`)
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	grown := write(t, "grown.json", func(c *config.Cluster) { c.Spec.Network.PodCIDR = "10.244.0.0/15" })
	if code, _, stderr := b.run(t, "provision", "-f", grown); code != 0 {
		t.Errorf("a range that holds the old one: exit %d:\n%s", code, stderr)
	}
}

func TestProvision_ReplacesWorkersWithoutAsking(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", func(c *config.Cluster) { c.Spec.Pools[0].Count = 2 }))
	if code, _, _ := b.run(t, "provision", "-f", write(t, "c.json", nil)); code != 0 || len(b.world.Names()) != 2 {
		t.Errorf("exit %d, there are %q", code, b.world.Names())
	}
}

func TestProvision_SaysTheVeryCommandToGoOnWithWhenInterrupted(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	b.world.Fault(enginetest.Create, "a-workers-1", func(context.Context) error {
		cancel()
		return nil
	})
	code, _, stderr := b.runIn(t, ctx, "provision", "-f", write(t, "c d.json", nil), "--timeout", "5m")
	if code != ExitInterrupted {
		t.Errorf("exit %d, want %d", code, ExitInterrupted)
	}
	has(t, stderr, "interrupted: phase 2 of 2", "Next: kubectl anywhere provision -f 'c d.json' --timeout=5m0s # goes on", "kubectl anywhere delete a #")
	b.world.Fault(enginetest.Create, "a-workers-1", nil)
	if code, _, _ := b.run(t, "provision", "a"); code != 0 || len(b.world.Names()) != 2 {
		t.Errorf("going on: exit %d, there are %q", code, b.world.Names())
	}
}

func TestProvision_LetsGoAtTheSecondInterrupt(t *testing.T) {
	b := newBench(t)
	ctx, cancel := context.WithCancel(t.Context())
	terminated, terminate := context.WithCancel(t.Context())
	b.env.Terminated = terminated
	release := make(chan struct{})
	defer close(release)
	b.world.Fault(enginetest.Create, "a-workers-1", func(context.Context) error {
		cancel()
		terminate()
		<-release
		return nil
	})
	if code, _, _ := b.runIn(t, ctx, "provision", "-f", write(t, "c.json", nil)); code != ExitInterrupted {
		t.Errorf("exit %d, want %d", code, ExitInterrupted)
	}
}

func TestProvision_NamesTheResourceThatFailed(t *testing.T) {
	b := newBench(t)
	b.world.Fault(enginetest.Create, "a-workers-1", enginetest.Fail("out of stock"))
	code, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil))
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, stderr, `creating "a-workers-1"`, "out of stock", "kubectl anywhere status a", "kubectl anywhere provision -f c.json # goes on")
}

func TestPlan_KeepsCredentialsToo(t *testing.T) {
	s := &session{cluster: config.New("local", nil)}
	s.cluster.Metadata.Name = "a"
	worker := target.WorkerName("a", "workers", 1)
	got := s.settle([]planned{
		{Op: "replace", Type: enginetest.Type, Name: worker},
		{Op: "delete", Type: enginetest.Type, Name: worker},
		{Op: "delete", Type: credentialsType, Name: "credentials"},
		{Op: "update", Type: enginetest.Type, Name: target.ControlPlaneName("a", 1)},
	})
	if len(got) != 3 {
		t.Fatalf("got %+v, want the two halves of a replacement as one", got)
	}
	for _, p := range got {
		if lost := p.Destroys != ""; lost != (p.Type == credentialsType) {
			t.Errorf("%+v", p)
		}
	}
}

func TestProvision_TimesOutAndSaysWhatNext(t *testing.T) {
	b := newBench(t)
	b.world.Fault(enginetest.Create, "a-workers-1", func(cancelled context.Context) error {
		<-cancelled.Done()
		return errors.New("never got healthy")
	})
	code, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil), "--timeout", "5s")
	if code != ExitTimedOut {
		t.Errorf("exit %d, want %d", code, ExitTimedOut)
	}
	has(t, stderr, "error: phase 2 of 2", "kubectl anywhere status a")
}
