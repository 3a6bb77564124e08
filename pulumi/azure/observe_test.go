package azure

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
	workingConsole = "[    1.2] kernel: hello\r\n" + node.ConsolePrefix + "stage 3 of 9: Waiting for the load balancer\r\n"
	doneConsole    = workingConsole + node.ConsolePrefix + node.DoneLine + "\r\n"
)

// running are a control plane that works and a pool of one that is done and
// one that is being made.
func running() (*fakeAPI, target.Outputs) {
	api := healthyAPI()
	api.instances = map[string]Instance{"demo-control-plane-1": {ID: planeID, Unique: "u1", Name: "demo-control-plane-1", Power: "running"}}
	api.sets = map[string]ScaleSet{setID: {Size: 2, Instances: []Instance{
		{ID: setID + "/virtualMachines/0", Unique: "u2", Name: "demo-workers-000000", Zone: "2", Power: "running"},
		{ID: setID + "/virtualMachines/1", Unique: "u3", Name: "demo-workers-000001", Zone: "3"},
	}}}
	api.consoles = map[string]string{planeID: workingConsole, setID + "/virtualMachines/0": doneConsole}
	return api, target.Outputs{
		Hosts: []target.Host{{Name: "demo-control-plane-1", Role: node.ControlPlane, Zone: "1"}},
		Pools: []target.Pool{{Name: "workers", Group: setID, Count: 2}},
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
	if s := seen["demo-workers-000000"].Status; s == nil || s.State != node.Done {
		t.Errorf("the first worker is %+v", s)
	}
	h := seen["demo-workers-000000"].Host
	if h.ProviderID != "azure://"+setID+"/virtualMachines/0" || h.Pool != "workers" || h.Role != node.Worker {
		t.Errorf("the first worker's host is %+v", h)
	}
	if o := seen["demo-workers-000001"]; o.Status != nil || !strings.Contains(o.Before, "being made") {
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
			"demo-control-plane-1", "its machine is gone; 'kubectl anywhere create'",
		},
		"stopped": {
			func(f *fakeAPI) {
				f.instances["demo-control-plane-1"] = Instance{ID: planeID, Power: "deallocated"}
			},
			"demo-control-plane-1", "'az vm start --ids " + planeID + "' starts it",
		},
		"a worker that is stopped": {
			func(f *fakeAPI) { f.sets[setID].Instances[0].Power = "stopped" },
			"demo-workers-000000", "'az vmss start --ids " + setID + " --instance-ids 0' starts it",
		},
		"one that could not be made": {
			func(f *fakeAPI) {
				f.instances["demo-control-plane-1"] = Instance{ID: planeID, Error: "Allocation failed (AllocationFailed)"}
			},
			"demo-control-plane-1", "being made: Allocation failed",
		},
		"not to be looked at": {
			func(f *fakeAPI) { f.errors["Instance"] = denied("Microsoft.Compute/virtualMachines/read") },
			"demo-control-plane-1", "Microsoft.Compute/virtualMachines/read",
		},
		"a console that may not be read": {
			func(f *fakeAPI) {
				f.errors["Console"] = denied("Microsoft.Compute/virtualMachines/retrieveBootDiagnosticsData/action")
			},
			"demo-control-plane-1", "retrieveBootDiagnosticsData",
		},
		"a silent console": {
			func(f *fakeAPI) { f.consoles = nil },
			"demo-control-plane-1", "booting",
		},
		"a scale set that is gone": {
			func(f *fakeAPI) { f.sets = nil },
			"workers", "its scale set is gone",
		},
		"a scale set without capacity": {
			func(f *fakeAPI) {
				f.sets[setID] = ScaleSet{Size: 2, Error: "Allocation failed. We do not have sufficient capacity (AllocationFailed)"}
			},
			"workers", "0 of 2 machines run; Azure says: Allocation failed. We do not have sufficient capacity",
		},
		"a scale set that has only begun": {
			func(f *fakeAPI) { f.sets[setID] = ScaleSet{Size: 2} },
			"workers", "0 of 2 machines are made",
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

func TestObserve_ReadsFewConsolesOfALargePool(t *testing.T) {
	api, out := running()
	set := ScaleSet{Size: 900}
	for i := range 900 {
		set.Instances = append(set.Instances, Instance{
			ID: fmt.Sprintf("%s/virtualMachines/%d", setID, i), Unique: fmt.Sprint("w", i), Name: fmt.Sprintf("demo-workers-%06d", i), Power: "running",
		})
	}
	api.sets[setID] = set
	if seen := observed(t, api, out); len(seen) != 901 {
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
	api.errors["ScaleSet"] = denied("the.list")
	if seen, err := on(api).Observe(t.Context(), testCluster(nil), out); err == nil || !strings.Contains(err.Error(), `of pool "workers"`) {
		t.Errorf("got %v, %v", seen, err)
	}
}

func TestObserve_FailsWithoutCredentialsAndSaysHowToGetThem(t *testing.T) {
	cloud := New(WithAPI(func(context.Context, *config.Cluster) (API, error) { return nil, errors.New("no credentials") }))
	if _, err := cloud.Observe(t.Context(), testCluster(nil), target.Outputs{}); err == nil || !strings.Contains(err.Error(), "az login") {
		t.Errorf("got %v", err)
	}
	if _, err := cloud.Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "az login") {
		t.Errorf("got %v", err)
	}
}
