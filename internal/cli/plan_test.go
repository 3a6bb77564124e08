package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// bundledTarget is the fake whose hosts carry their node bundles, as those of
// real targets do.
type bundledTarget struct{ *fakeTarget }

func (b bundledTarget) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		secrets, err := credentials.NewCredentials(ctx, "credentials", in.Cluster.Metadata.Name, in.Rotation)
		if err != nil {
			return err
		}
		var members []node.Member
		for i, name := range in.Cluster.ControlPlaneNames() {
			members = append(members, node.Member{Name: name, Address: fmt.Sprintf("10.240.0.%d", 10+i)})
		}
		hosts := hostsOf(in.Cluster)
		for _, host := range hosts {
			bundle := secrets.Apply(func(c node.Credentials) (string, error) {
				input := target.BundleInput{Cluster: in.Cluster, Endpoint: "192.0.2.1:6443", ControlPlanes: members, Credentials: c}
				if host.Role == node.ControlPlane {
					data, err := target.ControlPlaneBundle(input)
					return string(data), err
				}
				data, err := target.WorkerBundle(input, host.Pool)
				return string(data), err
			})
			if _, err := enginetest.Declare(ctx, host.Name, bundle, in.Cluster.Spec.Network.NodeCIDR); err != nil {
				return err
			}
		}
		target.Export(ctx, target.Exports{
			Endpoint: pulumi.String("https://127.0.0.1:9"), NodeEndpoint: pulumi.String("192.0.2.1:6443"),
			Hosts: hosts, CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
			RotationStage: secrets.RotationStage, RotationLast: secrets.RotationLast,
		})
		return nil
	}
}

func newBundledBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.env.Targets = []target.Target{bundledTarget{b.fakeTarget}}
	return b
}

// labelledWorkers is the config with a label more on the workers.
func labelledWorkers(c *config.Cluster) { c.Spec.Pools[0].Labels = map[string]string{"size": "big"} }

// previewed is the plan as data.
func (b *bench) previewed(t *testing.T, args ...string) plan.Plan {
	t.Helper()
	_, stdout, _ := b.run(t, append([]string{"preview", "-o", "json"}, args...)...)
	var p plan.Plan
	if err := json.Unmarshal([]byte(stdout), &p); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPreview_SaysWhatAChangeMeansInEachPhase(t *testing.T) {
	b := newBundledBench(t)
	file := write(t, "c.json", nil)
	p := b.previewed(t, "-f", file)
	if p.Exists || len(p.Resources) != 3 || len(p.Nodes) != 2 || p.Nodes[0].Op != plan.Create || p.Nodes[1].Means != "new" {
		t.Errorf("of a new cluster: %+v", p)
	}
	if len(p.Addons) < 10 || p.Addons[0].Op != plan.Create || p.Totals.Create != 3+2+len(p.Addons) {
		t.Errorf("of a new cluster's addons: %+v, %+v", p.Totals, p.Addons)
	}
	b.untouched(t)
	b.run(t, "provision", "-f", file)
	if p := b.previewed(t, "-f", file); p.Pending() || p.Nodes[0].Before == "" || p.Nodes[0].Before != p.Nodes[0].After {
		t.Errorf("of what is as wanted: %+v", p)
	}
	code, stdout, stderr := b.run(t, "preview", "-f", write(t, "d.json", labelledWorkers), "--exit-code")
	if code != ExitPending {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "1 Provision: 1 to update, 2 unchanged", "pool workers ~ Thing a-workers-1 value: <redacted> -> <redacted>",
		"2 Bootstrap: 1 to update, 1 unchanged", "~ workers (1 host): restart of kubelet.service ~ /etc/systemd/system/kubelet.service",
		"3 Addons: unknown: the API at https://127.0.0.1:9 does not answer", "In all: +0 ~2 ±0 -0")
	has(t, stderr, "Next: kubectl anywhere create -f d.json")
	// A pool that goes is named although the config has it no more.
	p = b.previewed(t, "-f", write(t, "e.json", func(c *config.Cluster) { c.Spec.Pools[0].Name = "others" }))
	if len(p.Nodes) != 3 || p.Nodes[1].Op != plan.Create || p.Nodes[2].Name != "workers" || p.Nodes[2].Op != plan.Delete || p.Nodes[2].Was != 1 {
		t.Errorf("with another pool: %+v", p.Nodes)
	}
}

func TestPreview_LooksAtWhatExistsAndRecordsNothing(t *testing.T) {
	b := newBundledBench(t)
	file := write(t, "c.json", nil)
	b.run(t, "provision", "-f", file)
	b.world.Remove("a-workers-1")
	recorded := b.previewed(t, "-f", file, "--refresh=false")
	if recorded.Pending() || recorded.Refreshed || recorded.Unchanged != 3 {
		t.Errorf("of what is recorded: %+v", recorded)
	}
	for range 2 {
		p := b.previewed(t, "-f", file)
		if len(p.Resources) != 1 || p.Resources[0].Op != plan.Create || p.Resources[0].Name != "a-workers-1" || !p.Refreshed || p.Unchanged != 2 {
			t.Errorf("of what exists: %+v", p)
		}
	}
	if p := b.previewed(t, "-f", file, "--refresh=false"); p.Pending() {
		t.Errorf("what was seen was recorded: %+v", p)
	}
}

func TestPreview_SaysHowToGoOnWhereWhatExistsCannotBeSeen(t *testing.T) {
	b := newBundledBench(t)
	file := write(t, "c.json", nil)
	b.run(t, "provision", "-f", file)
	b.world.Fault(enginetest.Read, "a-workers-1", enginetest.Fail("no route to host"))
	code, _, stderr := b.run(t, "preview", "-f", file)
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "no route to host", "Next: kubectl anywhere preview -f c.json --refresh=false")
	if code, _, _ := b.run(t, "preview", "-f", file, "--refresh=false"); code != 0 {
		t.Errorf("going on: exit %d", code)
	}
}

func TestObjectOf_SaysWhoIsInTheWay(t *testing.T) {
	ref := kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: "n", Name: "x"}
	for action, want := range map[kube.Action]plan.Object{
		kube.Created:    {Op: plan.Create, Ref: ref.String()},
		kube.Configured: {Op: plan.Update, Ref: ref.String()},
		kube.Pruned:     {Op: plan.Delete, Ref: ref.String()},
	} {
		if got := objectOf(kube.Change{Ref: ref, Action: action}); got.Op != want.Op || got.Ref != want.Ref || got.Conflict != "" {
			t.Errorf("%s: %+v", action, got)
		}
	}
	conflict := &kube.ConflictError{Ref: ref, Managers: []string{"somebody"}}
	got := objectOf(kube.Change{Ref: ref, Action: kube.Conflicted, Err: conflict})
	if got.Op != plan.Conflict || !strings.Contains(got.Conflict, "owned by somebody") {
		t.Errorf("%+v", got)
	}
}
