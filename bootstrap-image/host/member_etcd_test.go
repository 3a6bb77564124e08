package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// etcdHost is a control plane of which only etcd runs, the real one.
type etcdHost struct {
	*run
	world   *etcdtest.World
	process *etcdtest.Process
}

// Healthy asks this host's etcd, which has an address of its own here.
func (h *etcdHost) Healthy(ctx context.Context, _ string, _ []byte) error {
	if h.process == nil {
		return errors.New("it does not run")
	}
	return HTTPProber{}.Healthy(ctx, h.process.Health+"/readyz", nil)
}

// etcdHosts are some of the control planes of a cluster, as many as count.
func etcdHosts(t *testing.T, world *etcdtest.World, count int) []*etcdHost {
	t.Helper()
	var members []node.Member
	for n := 1; n <= count; n++ {
		members = append(members, node.Member{Name: fmt.Sprint("cp-", n), Address: world.Address(n)})
	}
	var out []*etcdHost
	for _, member := range members {
		h := &etcdHost{world: world}
		h.run, _ = newRun(t, nil)
		h.bundle.Role, h.bundle.ControlPlanes = node.ControlPlane, members
		h.bundle.Credentials.EtcdCA.Certificate = string(world.Authority.Certificate)
		h.self = node.Self{Name: member.Name, Address: member.Address, EtcdDevice: member.EtcdDevice}
		h.leafs = node.Leafs{"apiserver-etcd-client": pki.Pair{Certificate: world.Identity.Certificate, Key: world.Identity.Key}}
		h.Etcd, h.Prober = RealEtcd{}, h
		h.Patience, h.Pause = time.Minute, 20*time.Millisecond
		t.Cleanup(func() {
			if t.Failed() {
				t.Logf("%s said:\n%s", h.self.Name, h.Log)
			}
		})
		out = append(out, h)
	}
	return out
}

// enter and start are the stages that lead to a running etcd.
func (h *etcdHost) enter(t *testing.T) {
	t.Helper()
	if err := h.enterEtcd(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (h *etcdHost) start(t *testing.T) {
	t.Helper()
	var pairs []string
	for _, m := range h.facts.Etcd.Members {
		pairs = append(pairs, m.Name, m.Address)
	}
	h.process = h.world.Start(t, h.self.Name, h.self.Address, filepath.Join(h.HostRoot, node.EtcdData),
		h.facts.Etcd.State, etcdtest.InitialCluster(pairs...), "demo")
}

// vote follows the member to health.
func (h *etcdHost) vote(t *testing.T) {
	t.Helper()
	if err := errors.Join(h.promoteEtcd(t.Context()), h.waitForEtcd(t.Context()), h.keepEtcdBegun(t.Context())); err != nil {
		t.Fatal(err)
	}
}

// lose kills a host and all that it had.
func (h *etcdHost) lose(t *testing.T) {
	t.Helper()
	h.process.Kill()
	h.process = nil
	for _, path := range []string{node.EtcdData, stateFolder} {
		if err := os.RemoveAll(filepath.Join(h.HostRoot, path)); err != nil {
			t.Fatal(err)
		}
	}
}

// healthy fails unless so many members are well, and are all there are.
func healthyMembers(t *testing.T, through *etcdHost, want int) {
	t.Helper()
	client := through.world.Dial(t, through.self.Address)
	etcdtest.Eventually(t, fmt.Sprint(want, " healthy members"), func() error {
		found, err := client.Status(t.Context())
		if err != nil {
			return err
		}
		if len(found) != want || slices.ContainsFunc(found, func(m etcd.MemberStatus) bool { return !m.Healthy }) {
			return fmt.Errorf("members are %+v", found)
		}
		return nil
	})
}

func TestEtcd_ThreeFoundersInAnyOrder(t *testing.T) {
	t.Parallel() // it waits more than it works
	world := etcdtest.New(t)
	hosts := etcdHosts(t, world, 3)
	// The last first; the second when the cluster is already at work; the
	// first late.
	for _, i := range []int{2, 1} {
		hosts[i].enter(t)
		hosts[i].start(t)
	}
	hosts[2].vote(t)
	hosts[1].vote(t)
	keys := world.Keys(t, world.Address(3))
	etcdtest.Put(t, keys, "a", "written without the first")
	hosts[0].enter(t)
	if got := hosts[0].facts.Etcd.State; got != newCluster {
		t.Errorf("the one that is late starts as %q", got)
	}
	hosts[0].start(t)
	hosts[0].vote(t)
	healthyMembers(t, hosts[0], 3)
	if value, _ := etcdtest.Get(t, world.Keys(t, world.Address(1)), "a"); value == "" {
		t.Error("the one that is late lacks what was written before")
	}
}

func TestEtcd_ALostMemberIsReplacedAndEachKillOfItsJoinIsResumed(t *testing.T) {
	t.Parallel() // it waits more than it works
	world := etcdtest.New(t)
	hosts := etcdHosts(t, world, 3)
	for _, h := range hosts {
		h.enter(t)
		h.start(t)
	}
	for _, h := range hosts {
		h.vote(t)
	}
	keys := world.Keys(t, world.Address(1), world.Address(2))
	etcdtest.Put(t, keys, "a", "kept")
	lost := hosts[2]

	for _, kill := range []string{"never", "after remove", "after add", "after start"} {
		t.Log("killed ", kill)
		lost.lose(t)
		if kill == "after remove" {
			client := world.Dial(t, world.Address(1))
			members, err := client.Members(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(members, func(m etcd.Member) bool { return m.Name == lost.self.Name })
			if err := client.Remove(t.Context(), members[i].ID); err != nil {
				t.Fatal(err)
			}
		}
		lost.enter(t)
		if got := lost.facts.Etcd; got.State != existingCluster || len(got.Members) != 3 {
			t.Fatalf("it starts as %+v", got)
		}
		switch kill {
		case "after add":
			if err := lost.root.remove(etcdPath); err != nil {
				t.Fatal(err)
			}
			lost.enter(t)
		case "after start":
			lost.start(t)
			etcdtest.Eventually(t, "the learner to start", func() error { return learner(t, lost) })
			// Not at once: until it has read the log up to its own joining, it does
			// not know that it has no vote.
			etcdtest.Eventually(t, "the learner to say that it is not ready", func() error {
				if lost.Healthy(t.Context(), "", nil) == nil {
					return errors.New("it says that it is")
				}
				return nil
			})
			lost.process.Kill()
			before := lost.facts.Etcd
			lost.enter(t)
			if got := lost.facts.Etcd; fmt.Sprint(got) != fmt.Sprint(before) {
				t.Errorf("its start changed from %+v to %+v", before, got)
			}
		}
		lost.start(t)
		lost.vote(t)
		healthyMembers(t, lost, 3)
	}
	if value, _ := etcdtest.Get(t, world.Keys(t, lost.self.Address), "a"); value != "kept" {
		t.Errorf("the replaced member has %q", value)
	}
}

// learner is nil when a host's member has started and has no vote.
func learner(t *testing.T, h *etcdHost) error {
	members, err := h.world.Dial(t, h.world.Address(1)).Members(t.Context())
	if err != nil {
		return err
	}
	for _, m := range members {
		if m.Name == h.self.Name && m.Learner && m.Started() {
			return nil
		}
	}
	return fmt.Errorf("members are %+v", members)
}

func TestEtcd_GrowsFromOneToThree(t *testing.T) {
	t.Parallel() // it waits more than it works
	world := etcdtest.New(t)
	hosts := etcdHosts(t, world, 3)
	hosts[0].bundle.ControlPlanes = hosts[0].bundle.ControlPlanes[:1]
	for _, h := range hosts {
		h.enter(t)
		h.start(t)
		h.vote(t)
	}
	healthyMembers(t, hosts[2], 3)
	// The first one's bundle names no other member, and its data goes: it must
	// not found a second cluster.
	hosts[0].vote(t)
	hosts[0].process.Kill()
	if err := os.RemoveAll(filepath.Join(hosts[0].HostRoot, node.EtcdData)); err != nil {
		t.Fatal(err)
	}
	hosts[0].enter(t)
	if got := hosts[0].facts.Etcd.State; got != existingCluster {
		t.Fatalf("it starts as %q", got)
	}
	hosts[0].start(t)
	hosts[0].vote(t)
	healthyMembers(t, hosts[0], 3)
}

func TestEtcd_AFounderAloneDoesNothing(t *testing.T) {
	t.Parallel() // it waits more than it works
	world := etcdtest.New(t)
	alone := etcdHosts(t, world, 3)[2]
	alone.enter(t)
	alone.start(t)
	alone.Patience = 3 * time.Second
	if err := alone.waitForEtcd(t.Context()); err == nil {
		t.Error("one of three founders serves by itself")
	}
}
