package health

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

func TestDriftOf_ReadsAPlanTheOtherWayRound(t *testing.T) {
	drift, unknown := DriftOf(&plan.Plan{
		Resources: []plan.Resource{
			{Op: plan.Create, Type: "a:index:Host", Name: "w-1"},
			{Op: plan.Update, Type: "a:index:Host", Name: "w-2", Diff: []string{"running", "memory"}},
			{Op: plan.Update, Type: "a:index:Host", Name: "w-4", Diff: []string{"memory", "tags"}, Changes: []plan.Change{{Path: "memory", Old: "2", New: "4"}, {Path: "tags.a", New: "b"}, {Path: "etag"}}},
			{Op: plan.Replace, Type: "a:index:Disk", Name: "d", Destroys: "etcd's data"},
			{Op: plan.Delete, Type: "a:index:Host", Name: "w-3"},
		},
		Nodes: []plan.Node{
			{Name: "control-plane"},
			{Name: "workers", Op: plan.Update, Before: "0123456789abcdef", After: "fedcba9876543210", Means: "restart of kubelet.service", Files: []plan.FileChange{{Op: plan.Update, Path: "/etc/a"}}},
		},
		Addons: []plan.Object{
			{Op: plan.Create, Ref: "ConfigMap x/gone"},
			{Op: plan.Update, Ref: "ConfigMap x/changed", Fields: []string{"data.a: by hand -> as wanted", "metadata.labels.b: (none) -> c"}},
			{Op: plan.Conflict, Ref: "Deployment x/held", Conflict: "kubectl-edit owns spec.replicas"},
			{Op: plan.Conflict, Ref: "ConfigMap x/c", Conflict: `applying ConfigMap x/c: fields are owned by kubectl-patch: Apply failed with 1 conflict: conflict with "kubectl-patch" using v1: .data.Corefile; give them up there, or take them over with --force-conflicts`},
		},
		AddonsUnknown: "the API does not answer",
	})
	want := []Difference{
		{Phase: Provision, Of: "host w-1", What: "does not exist"},
		{Phase: Provision, Of: "host w-2", What: "differs in running, memory"},
		{Phase: Provision, Of: "host w-4", What: "memory", Wanted: "4", Is: "2"},
		{Phase: Provision, Of: "host w-4", What: "tags.a", Wanted: "b", Is: "(none)"},
		{Phase: Provision, Of: "host w-4", What: "differs in etag"},
		{Phase: Provision, Of: "disk d", What: "differs", Means: "bringing it back would destroy etcd's data"},
		{Phase: Provision, Of: "host w-3", What: "exists, and is not wanted"},
		{Phase: Bootstrap, Of: "nodes of pool workers", What: "/etc/a", Wanted: "fedcba987654", Is: "0123456789ab", Means: "to bring it back: restart of kubelet.service"},
		{Phase: Addons, Of: "ConfigMap x/gone", What: "does not exist"},
		{Phase: Addons, Of: "ConfigMap x/changed", What: "data.a", Wanted: "as wanted", Is: "by hand"},
		{Phase: Addons, Of: "ConfigMap x/changed", What: "metadata.labels.b", Wanted: "c", Is: "(none)"},
		{Phase: Addons, Of: "Deployment x/held", What: "kubectl-edit owns spec.replicas"},
		{Phase: Addons, Of: "ConfigMap x/c", What: ".data.Corefile was set by kubectl-patch, who owns it now", Means: "'kubectl anywhere addons apply --force-conflicts' takes it over"},
	}
	if !slices.Equal(drift.Found, want) {
		t.Errorf("got %+v", drift.Found)
	}
	if !slices.Equal(unknown, []Unknown{{"addons' drift", "the API does not answer"}}) {
		t.Errorf("unknown: %+v", unknown)
	}
}
