package aws

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
	api.instances = []Instance{{ID: "i-1", Zone: "us-east-2a", State: "running"}}
	api.groups = map[string]Group{"demo-workers": {Size: 2, Instances: []Instance{
		{ID: "i-2", Zone: "us-east-2b", State: "running", Address: "10.240.0.70"},
		{ID: "i-3", Zone: "us-east-2c", State: "pending"},
	}}}
	api.consoles = map[string]string{"i-1": workingConsole, "i-2": doneConsole}
	return api, target.Outputs{
		Hosts: []target.Host{{Name: "demo-control-plane-1", Role: node.ControlPlane, Zone: "us-east-2a", ProviderID: "aws:///us-east-2a/i-1"}},
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
	if s := seen["i-2"].Status; s == nil || s.State != node.Done {
		t.Errorf("the first worker is %+v", s)
	}
	if h := seen["i-2"].Host; h.ProviderID != "aws:///us-east-2b/i-2" || h.Pool != "workers" || h.Role != node.Worker {
		t.Errorf("the first worker's host is %+v", h)
	}
	if o := seen["i-3"]; o.Status != nil || !strings.Contains(o.Before, "being made") {
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
			"demo-control-plane-1", "its instance i-1 is gone; 'kubectl anywhere create'",
		},
		"terminated": {
			func(f *fakeAPI) { f.instances[0].State = "terminated" },
			"demo-control-plane-1", "is gone",
		},
		"stopped": {
			func(f *fakeAPI) {
				f.instances[0].State, f.instances[0].Reason = "stopped", "Client.UserInitiatedShutdown"
			},
			"demo-control-plane-1", "stopped: Client.UserInitiatedShutdown; 'aws ec2 start-instances --region us-east-2 --instance-ids i-1'",
		},
		"not to be looked at": {
			func(f *fakeAPI) { f.errors["Instances"] = denied("ec2:DescribeInstances") },
			"demo-control-plane-1", "ec2:DescribeInstances",
		},
		"a console that may not be read": {
			func(f *fakeAPI) { f.errors["Console"] = denied("ec2:GetConsoleOutput") },
			"demo-control-plane-1", "ec2:GetConsoleOutput",
		},
		"a silent console": {
			func(f *fakeAPI) { f.consoles = nil },
			"demo-control-plane-1", "booting",
		},
		"a group that is gone": {
			func(f *fakeAPI) { f.groups = nil },
			"workers", "its auto scaling group is gone",
		},
		"a group without capacity": {
			func(f *fakeAPI) {
				f.groups["demo-workers"] = Group{Size: 2, Error: "We currently do not have sufficient m6i.large capacity"}
			},
			"workers", "0 of 2 machines run; AWS says: We currently do not have sufficient m6i.large capacity",
		},
		"a group that has only begun": {
			func(f *fakeAPI) { f.groups["demo-workers"] = Group{Size: 2} },
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
	group := Group{Size: 5000}
	for i := range 5000 {
		group.Instances = append(group.Instances, Instance{ID: fmt.Sprintf("i-%04d", i+10), State: "running"})
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
	if _, err := cloud.Observe(t.Context(), testCluster(nil), target.Outputs{}); err == nil || !strings.Contains(err.Error(), "aws sso login") {
		t.Errorf("got %v", err)
	}
	if _, err := cloud.Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "aws sso login") {
		t.Errorf("got %v", err)
	}
}
