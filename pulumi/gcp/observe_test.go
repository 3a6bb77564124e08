package gcp

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	workingConsole = "[    1.2] kernel: hello\n" + node.ConsolePrefix + "stage 3 of 9: Waiting for the load balancer\n"
	doneConsole    = workingConsole + node.ConsolePrefix + node.DoneLine + "\n"
)

// running are a control plane that works and a pool of one that is done and
// one that is being made.
func running() (*fakeAPI, target.Outputs) {
	api := healthyAPI()
	api.instances = map[string]Instance{"demo-control-plane-1": {ID: "1", Name: "demo-control-plane-1", Zone: "us-central1-a", Status: "RUNNING"}}
	api.groups = map[string]Group{"demo-workers": {Size: 2, Instances: []Instance{
		{ID: "2", Name: "demo-workers-aaaa", Zone: "us-central1-b", Status: "RUNNING"},
		{ID: "3", Name: "demo-workers-bbbb", Zone: "us-central1-c", Status: "STAGING"},
	}}}
	api.consoles = map[string]string{"demo-control-plane-1": workingConsole, "demo-workers-aaaa": doneConsole}
	return api, target.Outputs{
		Hosts: []target.Host{{Name: "demo-control-plane-1", Role: node.ControlPlane, Zone: "us-central1-a"}},
		Pools: []target.Pool{{Name: "workers", Group: "demo-workers", Count: 2}},
	}
}

func observed(t *testing.T, api API, out target.Outputs) map[string]target.Observation {
	t.Helper()
	seen, err := on(api).Observe(t.Context(), testCluster(nil), out)
	if err != nil {
		t.Fatal(err)
	}
	by := map[string]target.Observation{}
	for _, o := range seen {
		by[o.Host.Name] = o
	}
	return by
}

func TestObserve_ReadsConsolesOfHostsAndOfWhatPoolsHave(t *testing.T) {
	api, out := running()
	seen := observed(t, api, out)
	if len(seen) != 3 {
		t.Errorf("%d machines are seen, want 3: %v", len(seen), seen)
	}
	if s := seen["demo-control-plane-1"].Status; s == nil || s.N != 3 || s.State != node.Running {
		t.Errorf("the control plane is %+v", s)
	}
	if s := seen["demo-workers-aaaa"].Status; s == nil || s.State != node.Done {
		t.Errorf("the first worker is %+v", s)
	}
	if h := seen["demo-workers-aaaa"].Host; h.ProviderID != "gce://demo/us-central1-b/demo-workers-aaaa" || h.Pool != "workers" || h.Role != node.Worker {
		t.Errorf("the first worker's host is %+v", h)
	}
	if o := seen["demo-workers-bbbb"]; o.Status != nil || !strings.Contains(o.Before, "being made") {
		t.Errorf("the second worker is %+v", o)
	}
}

func TestObserve_SaysWhyAMachineDoesNotRunAndWhatToDo(t *testing.T) {
	for name, test := range map[string]struct {
		world func(*fakeAPI)
		host  string
		want  string
	}{
		"gone": {
			func(f *fakeAPI) { f.instances = nil },
			"demo-control-plane-1", "its instance is gone; 'kubectl anywhere create'",
		},
		"stopped": {
			func(f *fakeAPI) {
				f.instances["demo-control-plane-1"] = Instance{Name: "demo-control-plane-1", Zone: "us-central1-a", Status: "TERMINATED"}
			},
			"demo-control-plane-1", "'gcloud compute instances start demo-control-plane-1 --zone us-central1-a --project demo'",
		},
		"suspended": {
			func(f *fakeAPI) {
				f.instances["demo-control-plane-1"] = Instance{Name: "demo-control-plane-1", Zone: "us-central1-a", Status: "SUSPENDED"}
			},
			"demo-control-plane-1", "instances resume",
		},
		"not to be looked at": {
			func(f *fakeAPI) { f.errors["Instance"] = denied("compute.instances.get") },
			"demo-control-plane-1", "compute.instances.get",
		},
		"a console that may not be read": {
			func(f *fakeAPI) { f.errors["Console"] = denied("compute.instances.getSerialPortOutput") },
			"demo-control-plane-1", "getSerialPortOutput",
		},
		"a silent console": {
			func(f *fakeAPI) { f.consoles = nil },
			"demo-control-plane-1", "booting",
		},
		"a group that is gone": {
			func(f *fakeAPI) { f.groups = nil },
			"workers", "its instance group is gone",
		},
		"a group without capacity": {
			func(f *fakeAPI) {
				f.groups["demo-workers"] = Group{Size: 2, Error: "The zone does not have enough resources (ZONE_RESOURCE_POOL_EXHAUSTED)"}
			},
			"workers", "0 of 2 machines run; Google Cloud says: The zone does not have enough resources (ZONE_RESOURCE_POOL_EXHAUSTED)",
		},
		"a group that has only begun": {
			func(f *fakeAPI) { f.groups["demo-workers"] = Group{Size: 2} },
			"workers", "0 of 2 machines are made",
		},
		"a machine that cannot be made": {
			func(f *fakeAPI) {
				f.groups["demo-workers"].Instances[1].Error = "Quota 'CPUS' exceeded (QUOTA_EXCEEDED)"
			},
			"demo-workers-bbbb", "being made: Quota 'CPUS' exceeded",
		},
	} {
		t.Run(name, func(t *testing.T) {
			api, out := running()
			test.world(api)
			if o := observed(t, api, out)[test.host]; o.Status != nil || !strings.Contains(o.Before, test.want) {
				t.Errorf("%s is %+v, want %q", test.host, o, test.want)
			}
		})
	}
}

func TestObserve_SaysNothingOfAGroupThatHasAllItsMachines(t *testing.T) {
	api, out := running()
	group := api.groups["demo-workers"]
	group.Size, group.Error = 1, "an error of yesterday"
	api.groups["demo-workers"] = group
	if o, found := observed(t, api, out)["workers"]; found {
		t.Errorf("the group shows as %+v", o)
	}
}

func TestObserve_ReadsFewConsolesOfALargePool(t *testing.T) {
	api, out := running()
	group := Group{Size: 5000}
	for i := range 5000 {
		name := fmt.Sprintf("demo-workers-%04d", i)
		group.Instances = append(group.Instances, Instance{ID: fmt.Sprint(i + 10), Name: name, Status: "RUNNING"})
	}
	api.groups["demo-workers"] = group
	if seen := observed(t, api, out); len(seen) != 5001 {
		t.Errorf("%d machines are seen", len(seen))
	}
	read := 0
	for _, call := range api.calls {
		if strings.HasPrefix(call, "Console ") {
			read++
		}
	}
	if read != 20 {
		t.Errorf("%d consoles were read, want 20", read)
	}
}

func TestObserve_FailsRatherThanTakeMachinesItCannotListForGone(t *testing.T) {
	api, out := running()
	api.errors["Group"] = denied("the.list")
	if seen, err := on(api).Observe(t.Context(), testCluster(nil), out); err == nil || !strings.Contains(err.Error(), `of pool "workers"`) {
		t.Errorf("got %v, %v", seen, err)
	}
}

func TestObserve_FailsWithoutCredentialsAndSaysHowToGetThem(t *testing.T) {
	cloud := New(WithAPI(func(context.Context, *config.Cluster) (API, error) { return nil, errors.New("no credentials") }))
	if _, err := cloud.Observe(t.Context(), testCluster(nil), target.Outputs{}); err == nil || !strings.Contains(err.Error(), "gcloud auth application-default login") {
		t.Errorf("got %v", err)
	}
	if _, err := cloud.Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "gcloud auth application-default login") {
		t.Errorf("got %v", err)
	}
}
