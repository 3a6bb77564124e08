package host

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// A control plane leaves the real etcd, but not where the others could do
// nothing without it; once it has left there is nothing to leave.
func TestLeave_TakesTheMemberOutUnlessTheOthersNeedIt(t *testing.T) {
	world := etcdtest.New(t)
	var pairs []string
	var members []node.Member
	for n, name := range []string{"m1", "m2", "m3"} {
		pairs = append(pairs, name, world.Address(n+1))
		members = append(members, node.Member{Name: name, Address: world.Address(n + 1)})
	}
	start := func(n int, data string) *etcdtest.Process {
		return world.Start(t, members[n].Name, members[n].Address, data, "new", etcdtest.InitialCluster(pairs...), "t")
	}
	third := t.TempDir()
	start(0, t.TempDir())
	start(1, t.TempDir())
	last := start(2, third)
	client := world.Dial(t, world.Address(2))
	count := func(want int) func() error {
		return func() error {
			found, err := client.Members(t.Context())
			if err == nil && len(found) != want {
				t.Fatalf("there are %d members, want %d", len(found), want)
			}
			return err
		}
	}
	etcdtest.Eventually(t, "three members", count(3))

	dir := t.TempDir()
	b := node.Bundle{Role: node.ControlPlane, ControlPlanes: members}
	b.Credentials.EtcdCA.Certificate = string(world.Identity.Authority)
	for file, content := range map[string]any{KeptBundle: b, recordPath: record{Version: recordVersion, Role: node.ControlPlane, Node: "m1"}} {
		document, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		put(t, dir, file, string(document))
	}
	put(t, dir, "etc/kubernetes/pki/apiserver-etcd-client.crt", string(world.Identity.Certificate))
	put(t, dir, "etc/kubernetes/pki/apiserver-etcd-client.key", string(world.Identity.Key))

	last.Kill()
	if _, err := (ClusterLeaver{}).Leave(t.Context(), dir); err == nil || !strings.Contains(err.Error(), "the others cannot do without it now") {
		t.Fatalf("with one member down it left: %v", err)
	}
	count(3)
	start(2, third)
	etcdtest.Eventually(t, "the member to leave", func() error {
		said, err := (ClusterLeaver{}).Leave(t.Context(), dir)
		if err == nil && !strings.Contains(strings.Join(said, "\n"), "etcd has 2 members left") {
			t.Fatalf("it says %q", said)
		}
		return err
	})
	etcdtest.Eventually(t, "two members", count(2))
	if said, err := (ClusterLeaver{}).Leave(t.Context(), dir); err != nil || len(said) > 0 {
		t.Errorf("again: %q, %v", said, err)
	}
}
