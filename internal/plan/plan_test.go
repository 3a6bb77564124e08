package plan_test

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestGroupOf_GoesByTheNameAndThenByTheType(t *testing.T) {
	pools := []string{"big", "big-disks", "workers"}
	for _, test := range []struct{ typ, name, want string }{
		{credentials.Type, "credentials", "credentials"},
		{"local:index:Host", "demo-control-plane-1", "control plane"},
		{"gcp:compute/disk:Disk", "demo-control-plane-1-etcd", "control plane"},
		{"gcp:secretmanager/secret:Secret", "demo-control-plane", "control plane"},
		{"gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager", "demo-big-disks", "pool big-disks"},
		{"local:index:Host", "demo-big-1", "pool big"},
		{"aws:ec2/launchTemplate:LaunchTemplate", "demo-workers", "pool workers"},
		{"local:index:Host", "demo-gone-1", "other"},
		{"local:index:Network", "demo", "network"},
		{"gcp:compute/firewall:Firewall", "demo-kubelet", "network"},
		{"aws:ec2/eip:Eip", "demo-nat-a", "network"},
		{"aws:lb/targetGroup:TargetGroup", "demo-api", "network"},
		{"azure-native:network:VirtualNetwork", "demo", "network"},
		{"aws:iam/role:Role", "demo-nodes", "other"},
	} {
		if got := plan.GroupOf("demo", pools, test.typ, test.name); got != test.want {
			t.Errorf("%s %s is in %q, want %q", test.typ, test.name, got, test.want)
		}
	}
}

// example is a plan with something of everything.
func example() *plan.Plan {
	p := &plan.Plan{
		Cluster: "demo", Target: "local", Exists: true, Refreshed: true, Unchanged: 2,
		Resources: []plan.Resource{
			{Op: plan.Update, Type: "local:index:Host", Name: "demo-workers-1", Diff: []string{"bundle", "userData"}},
			{Op: plan.Replace, Type: "local:index:Host", Name: "demo-control-plane-1", Diff: []string{"cidr"}, Destroys: "what etcd keeps on it"},
		},
		Nodes: []plan.Node{
			{Name: "control-plane", Op: plan.Update, Hosts: 1, Was: 1, Means: "replacement", Loud: true, Files: []plan.FileChange{{Op: plan.Update, Path: "/etc/kubernetes/cluster.json"}}},
			{Name: "workers", Hosts: 3, Was: 2, Means: "rolling replacement", Loud: true},
			{Name: "others", Hosts: 3, Was: 3, Means: plan.MeansNothing},
		},
		Addons: []plan.Object{
			{Op: plan.Update, Ref: "DaemonSet kube-system/kube-proxy", Fields: []string{"spec.a: 1 -> 2"}},
			{Op: plan.Conflict, Ref: "ConfigMap kube-system/x", Conflict: "applying x: fields are owned by somebody"},
		},
		AddonsUnchanged: 40,
		Billed: []target.Charge{
			{Count: 1, What: "medium machine", For: "control plane"}, {Count: 1, Max: 9, What: "smaller machine", For: "pool workers"},
		},
	}
	p.Settle([]string{"workers"})
	return p
}

func print(t *testing.T, p *plan.Plan) string {
	t.Helper()
	var out strings.Builder
	if err := p.Print(&out); err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(out.String()) {
		if utf8.RuneCountInString(strings.TrimRight(line, "\n")) > 80 {
			t.Errorf("a line is wider than 80 columns: %s", line)
		}
	}
	return out.String()
}

func TestPrint_ShowsThreePhasesInGroupsAndWarnsLast(t *testing.T) {
	want := `1 Provision: 1 to update, 1 to replace, 2 unchanged
  control plane
    ± Host demo-control-plane-1 (cidr)
  pool workers
    ~ Host demo-workers-1 (bundle, userData)

2 Bootstrap: 1 to update, 2 unchanged
  ~ control-plane (1 host): replacement
      ~ /etc/kubernetes/cluster.json
  = workers (3 hosts, 2 before): rolling replacement

3 Addons: 1 to update, 1 in conflict, 40 unchanged
  ~ DaemonSet kube-system/kube-proxy
      spec.a: 1 -> 2
  ! ConfigMap kube-system/x

Billed while the cluster exists (traffic and what runs in it come on top):
COUNT   WHAT              FOR
1       medium machine    control plane
1-9     smaller machine   pool workers

WARNING: this would replace host demo-control-plane-1 for another cidr, and what
      etcd keeps on it would be lost.
create refuses this without --replace-control-plane.

WARNING: rolling replacement of workers (3 hosts, 2 before): what pods keep on a
      host goes with it.

WARNING: applying x: fields are owned by somebody

In all: +0 ~3 ±1 -0
`
	if got := print(t, example()); got != want {
		t.Errorf("it printed\n%s\nwant\n%s", got, want)
	}
}

func TestPrint_ShowsBothValuesOfWhatChangesOnce(t *testing.T) {
	changes := []plan.Change{plan.ChangeOf("machineType", "small", "big"), plan.ChangeOf("bundle", "<redacted>", "<redacted>")}
	long := plan.ChangeOf("userData", strings.Repeat("echo same; ", 80)+"a", strings.Repeat("echo same; ", 80)+"b")
	p := &plan.Plan{Cluster: "demo", Resources: []plan.Resource{
		{Op: plan.Update, Type: "x:Host", Name: "demo-w-1", Diff: []string{"machineType"}, Changes: changes},
		{Op: plan.Update, Type: "x:Host", Name: "demo-w-2", Diff: []string{"machineType"}, Changes: changes},
		{Op: plan.Update, Type: "x:Host", Name: "demo-w-3", Diff: []string{"tags"}, Changes: []plan.Change{{Path: "tags"}}},
		{Op: plan.Update, Type: "x:Host", Name: "demo-w-4", Diff: []string{"machineType"}, Changes: changes},
		{Op: plan.Replace, Type: "x:Template", Name: "demo-w", Diff: []string{"userData"}, Changes: []plan.Change{long}},
	}}
	p.Settle([]string{"w"})
	want := `  pool w
    ± Template demo-w
        userData: … same; a -> … same; b
    ~ Host demo-w-1
        machineType: small -> big
        bundle: <redacted> -> <redacted>
    ~ Host demo-w-2 (as above)
    ~ Host demo-w-3
        tags
    ~ Host demo-w-4
        machineType: small -> big
        bundle: <redacted> -> <redacted>
`
	if got := print(t, p); !strings.Contains(got, want) {
		t.Errorf("it printed\n%s\nwant\n%s", got, want)
	}
}

func TestSettle_GroupsMachinesOfOnesOwnByTheirPools(t *testing.T) {
	p := &plan.Plan{Cluster: "demo", Resources: []plan.Resource{
		{Op: plan.Create, Type: "baremetal:index:Host", Name: "rack1-a"}, {Op: plan.Create, Type: "baremetal:index:Host", Name: "rack1-b"},
		{Op: plan.Create, Type: "baremetal:index:Host", Name: "demo-control-plane-1"},
	}}
	p.Place([]target.Host{{Name: "rack1-a", Pool: "workers"}, {Name: "demo-control-plane-1"}})
	p.Settle([]string{"workers"})
	var got []string
	for _, r := range p.Resources {
		got = append(got, r.Group+": "+r.Name)
	}
	if want := "other: rack1-b, control plane: demo-control-plane-1, pool workers: rack1-a"; strings.Join(got, ", ") != want {
		t.Errorf("got %q", got)
	}
}

func TestPrint_CutsLongListsAndSaysHowMuchIsLeftOut(t *testing.T) {
	p := &plan.Plan{Cluster: "demo", Nodes: []plan.Node{}}
	for i := range 60 {
		p.Resources = append(p.Resources, plan.Resource{Op: plan.Create, Type: "a:b:Firewall", Name: fmt.Sprintf("demo-%02d", i)})
		p.Addons = append(p.Addons, plan.Object{Op: plan.Create, Ref: fmt.Sprintf("ConfigMap kube-system/%s-%d", strings.Repeat("long", 30), i)})
	}
	p.Resources = append(p.Resources, plan.Resource{Op: plan.Delete, Type: "a:b:Firewall", Name: "demo-zz"})
	p.Settle(nil)
	got := print(t, p)
	if !strings.Contains(got, "… and 53 more (-o json shows all)") || !strings.Contains(got, "… and 52 more (-o json shows all)") {
		t.Errorf("it printed\n%s", got)
	}
	if !strings.Contains(got, "- Firewall demo-zz") {
		t.Errorf("what is deleted is hidden behind what is made:\n%s", got)
	}
	if lines := strings.Count(got, "\n"); lines > 30 {
		t.Errorf("%d lines do not fit a screen", lines)
	}
}

func TestPending_CountsConflictsAndNotWhatIsUnknown(t *testing.T) {
	p := &plan.Plan{AddonsUnknown: "the API does not answer", NodesUnknown: "no bundle"}
	p.Settle(nil)
	if p.Pending() {
		t.Error("what is unknown is pending")
	}
	if got := print(t, p); !strings.Contains(got, "Nothing to change where that is known.") || !strings.Contains(got, "the API does not answer") {
		t.Errorf("it printed\n%s", got)
	}
	p.AddonsUnknown, p.NodesUnknown = "", ""
	if got := print(t, p); !strings.Contains(got, "Nothing to change.\n") {
		t.Errorf("it printed\n%s", got)
	}
	p.Addons = []plan.Object{{Op: plan.Conflict}}
	if p.Settle(nil); !p.Pending() {
		t.Error("a conflict is not pending")
	}
}

func TestPrint_SaysALossOnceForAllThatLoseTheSame(t *testing.T) {
	p := &plan.Plan{Cluster: "demo"}
	for i := range 3 {
		p.Resources = append(p.Resources, plan.Resource{
			Op: plan.Replace, Type: "a:b:Instance", Name: fmt.Sprintf("demo-control-plane-%d", i+1), Diff: []string{"metadata"}, Destroys: "service meanwhile",
		})
	}
	p.Nodes = []plan.Node{{Name: "control-plane", Op: plan.Update, Hosts: 3, Was: 3, Means: "replacement one by one", Loud: true}}
	p.Settle(nil)
	want := `WARNING: this would replace 3 resources, and of each service meanwhile would be
      lost:
      instance demo-control-plane-1 for another metadata
      instance demo-control-plane-2 for another metadata
      instance demo-control-plane-3 for another metadata
create refuses this without --replace-control-plane.
`
	if got := print(t, p); !strings.Contains(got, want) || strings.Count(got, "WARNING") != 1 {
		t.Errorf("it printed\n%s", got)
	}
}
