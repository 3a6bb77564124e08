package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
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
	has(t, stdout, "1 Provision: 1 to update, 2 unchanged", "pool workers ~ Thing a-workers-1 (value)",
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

// planOf is a cluster, and the plan of a change of it in a file.
func planOf(t *testing.T) (b *bench, file, saved string) {
	t.Helper()
	b = newBundledBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file, saved = write(t, "d.json", labelledWorkers), "d.plan"
	code, _, stderr := b.run(t, "preview", "-f", file, "--out", saved)
	if code != 0 {
		t.Fatalf("exit %d", code)
	}
	has(t, stderr, "Next: kubectl anywhere create --plan d.plan")
	b.world.Forget()
	return b, file, saved
}

// applied does phase 1 of 'create --plan'.
func (b *bench) applied(t *testing.T, saved string) error {
	t.Helper()
	cmd := newCreate(b.env)
	if err := cmd.Flags().Set("plan", saved); err != nil {
		t.Fatal(err)
	}
	flags := &createFlags{planFlags: planFlags{Plan: saved}}
	s, held, err := flags.openPlan(b.env, cmd, nil)
	if err != nil {
		return err
	}
	c := &creation{session: s, held: held}
	defer c.close()
	if err := phase.Run(t.Context(), c.provisioning(time.Minute), c.progress()); err != nil {
		return c.advise(err)
	}
	return nil
}

// changed are the calls that changed something.
func (b *bench) changed() (calls []enginetest.Call) {
	for _, call := range b.world.Calls() {
		if call.Op != enginetest.Read {
			calls = append(calls, call)
		}
	}
	return calls
}

func TestCreatePlan_DoesWhatWasPlannedAndNotTwice(t *testing.T) {
	b, _, saved := planOf(t)
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"PRIVATE KEY", "BEGIN CERTIFICATE", "caKey", "serviceAccountKey"} {
		if strings.Contains(string(data), secret) {
			t.Errorf("the plan holds %q", secret)
		}
	}
	if err := b.applied(t, saved); err != nil {
		t.Fatal(err)
	}
	if calls := b.changed(); len(calls) != 1 || calls[0] != (enginetest.Call{Op: enginetest.Update, Name: "a-workers-1"}) {
		t.Errorf("it did %v", calls)
	}
	b.world.Forget()
	code, _, stderr := b.run(t, "create", "--plan", saved)
	if code != ExitUsage || len(b.changed()) > 0 {
		t.Errorf("the second time: exit %d, %v", code, b.changed())
	}
	has(t, stderr, "the world has moved: thing a-workers-1 was changed since", "'kubectl anywhere preview a --out d.plan'")
}

func TestCreatePlan_OfANewClusterIsNotForTheNextOne(t *testing.T) {
	b := newBundledBench(t)
	b.run(t, "preview", "-f", write(t, "c.json", nil), "--out", "c.plan")
	b.untouched(t)
	if err := b.applied(t, "c.plan"); err != nil || len(b.world.Names()) != 2 {
		t.Fatalf("%v, there are %q", err, b.world.Names())
	}
	err := b.applied(t, "c.plan")
	if code := Report(&b.err, err); code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, b.err.String(), "thing a-control-plane-1 was made since", "credentials credentials was made since")
}

func TestCreatePlan_RefusesWhereTheWorldHasMoved(t *testing.T) {
	b, file, saved := planOf(t)
	b.world.Remove("a-control-plane-1")
	code, _, stderr := b.run(t, "create", "--plan", saved)
	if code != ExitUsage || len(b.changed()) > 0 {
		t.Errorf("exit %d, %v", code, b.changed())
	}
	has(t, stderr, "thing a-control-plane-1: the plan has nothing, and now it would be create")
	// Mended behind the plan's back, it stays refused.
	b.run(t, "provision", "-f", file)
	if code, _, _ := b.run(t, "create", "--plan", saved); code != ExitUsage {
		t.Errorf("exit %d", code)
	}
}

func TestCreatePlan_PartlyAppliedIsRefusedAndSaysHowToGoOn(t *testing.T) {
	b := newBundledBench(t)
	b.run(t, "preview", "-f", write(t, "c.json", nil), "--out", "c.plan")
	b.world.Fault(enginetest.Create, "a-workers-1", func(context.Context) error { return errors.New("out of stock") })
	b.err.Reset()
	err := b.applied(t, "c.plan")
	if code := Report(&b.err, err); code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, b.err.String(), "out of stock", "create a # goes on where it stopped")
	if strings.Contains(b.err.String(), "--plan") {
		t.Error("it says to use a plan once more that is used up")
	}
	b.world.Fault(enginetest.Create, "a-workers-1", nil)
	code, _, stderr := b.run(t, "create", "--plan", "c.plan")
	if code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "thing a-control-plane-1 was made since")
}

func TestCreatePlan_RefusesWhatIsNoPlanOfThisProgram(t *testing.T) {
	b, file, saved := planOf(t)
	s, err := plan.Read(saved)
	if err != nil {
		t.Fatal(err)
	}
	s.Program = "v0.0.1"
	if err := s.Write("old.plan"); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(saved)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("edited.plan", []byte(strings.Replace(string(data), "big", "small", 1)), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args []string
		said string
	}{
		{[]string{"--plan", "old.plan"}, "it was made by kubectl-anywhere v0.0.1"},
		{[]string{"--plan", "edited.plan"}, "the file was changed since it was written"},
		{[]string{"--plan", "none.plan"}, "no such file"},
		{[]string{"--plan", file}, "it is a Cluster"},
		{[]string{"--plan", saved, "-f", file}, "leave out NAME, --filename and --state"},
		{[]string{"--plan", saved, "a"}, "leave out NAME, --filename and --state"},
	} {
		code, _, stderr := b.run(t, append([]string{"create"}, test.args...)...)
		if code != ExitUsage || len(b.world.Calls()) > 0 {
			t.Errorf("%q: exit %d, %v", test.args, code, b.world.Calls())
		}
		has(t, stderr, test.said)
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
