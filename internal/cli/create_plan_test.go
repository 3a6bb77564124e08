package cli

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

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
