package gcp_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// life is a cluster of one control plane and one pool in a Google Cloud in
// memory.
type life struct {
	stack *engine.Stack
	cloud *targettest.Cloud
}

func begun(t *testing.T) *life {
	t.Helper()
	cloud, folder := gcptest.New(), t.TempDir()
	providers := gcp.New().Providers()
	providers["gcp"] = cloud.Provider
	stack, err := engine.Open(t.Context(), engine.Options{
		Project: "kubernetes-anywhere", Stack: "demo", Backend: "file://" + filepath.Join(folder, "state"),
		Home: filepath.Join(folder, "home"), Passphrase: "open sesame", Providers: providers,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Close() })
	return &life{stack, cloud}
}

// goesOn runs the program of a config with a bootstrap image, and gives the
// calls that changed something.
func (l *life) goesOn(t *testing.T, block, image string) []targettest.Call {
	t.Helper()
	document := `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {"target": "gcp",
		"pools": [{"name": "workers", "count": 1}], "gcp": {"project": "my-project"` + block + `}}}`
	cluster, report := config.Load("test.json", []byte(document), map[string]func() config.Block{"gcp": gcp.New().Block})
	if !report.Empty() {
		t.Fatal(report.Problems)
	}
	l.cloud.Forget()
	program := gcp.New().Program(target.Inputs{Cluster: cluster, BootstrapImage: "registry.example.com/bootstrap@sha256:" + strings.Repeat(image, 64)})
	if _, err := l.stack.Up(t.Context(), program, func(engine.Event) {}); err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(l.cloud.Calls(), func(c targettest.Call) bool { return c.Op == targettest.Read })
}

// order demands that calls came in an order, whatever came between them.
func order(t *testing.T, calls, want []targettest.Call) {
	t.Helper()
	rest := calls
	for _, call := range want {
		at := slices.Index(rest, call)
		if at < 0 {
			t.Fatalf("%v did not come, or too early, among\n%v", call, calls)
		}
		rest = rest[at+1:]
	}
}

// TestProgram_PutsAReplacedControlPlaneBackIntoItsGroup: a machine that takes
// another's place has the same link, so nothing else shows the load balancers
// that theirs is gone.
func TestProgram_PutsAReplacedControlPlaneBackIntoItsGroup(t *testing.T) {
	const (
		membership, plane = "gcp:compute/instanceGroupMembership:InstanceGroupMembership", "demo-control-plane-1"
		manager           = "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"
	)
	l := begun(t)
	l.goesOn(t, "", "a")
	calls := l.goesOn(t, "", "b")
	order(t, calls, []targettest.Call{
		{Op: targettest.Delete, Type: membership, Name: plane},
		{Op: targettest.Delete, Type: instance, Name: plane},
		{Op: targettest.Create, Type: instance, Name: plane},
		{Op: targettest.Create, Type: membership, Name: plane},
	})
	order(t, calls, []targettest.Call{
		{Op: targettest.Create, Type: template, Name: "demo-workers-debian-13"},
		{Op: targettest.Update, Type: manager, Name: "demo-workers"},
		{Op: targettest.Delete, Type: template, Name: "demo-workers-debian-13"},
	})
	if len(calls) != 7 {
		t.Errorf("a changed first boot did %v", calls)
	}
}

// TestProgram_OpensSSHWithoutTouchingMachines: who wants to look at a node
// wants that node, not another in its place.
func TestProgram_OpensSSHWithoutTouchingMachines(t *testing.T) {
	l := begun(t)
	l.goesOn(t, "", "a")
	calls := l.goesOn(t, `, "access": {"sshCIDRs": ["203.0.113.0/24"]}`, "a")
	if want := []targettest.Call{{Op: targettest.Create, Type: firewall, Name: "demo-ssh"}}; !slices.Equal(calls, want) {
		t.Errorf("opening SSH did %v", calls)
	}
}
