package cli

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// diagnosis is what 'doctor -o json' prints, by group/check.
func (b *bench) diagnosis(t *testing.T, args ...string) (int, map[string][]doctor.Result) {
	t.Helper()
	code, stdout, _ := b.run(t, append([]string{"doctor", "-o", "json"}, args...)...)
	var report struct {
		Kind    string
		Results []doctor.Result
		Summary map[doctor.State]int
	}
	if err := json.Unmarshal([]byte(stdout), &report); err != nil || report.Kind != "Diagnosis" {
		t.Fatalf("reading %q: kind %q, %v", stdout, report.Kind, err)
	}
	by := map[string][]doctor.Result{}
	for _, r := range report.Results {
		by[r.Group+"/"+r.Check] = append(by[r.Group+"/"+r.Check], r)
		report.Summary[r.State]--
	}
	for state, n := range report.Summary {
		if n != 0 {
			t.Errorf("the summary is %d off for %s", -n, state)
		}
	}
	return code, by
}

func TestDoctor_LooksBeforeThereIsAClusterAndLeavesNoTrace(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, stdout, stderr := b.run(t, "doctor", "-f", file)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "Config", "a on local: Kubernetes v1.37.1, 1 control plane, 1 worker, flannel", "Target", "nothing is in the way", "none yet; create makes it")
	has(t, stderr, "There is no cluster yet.", "Next: kubectl anywhere create -f "+file)
	if strings.Contains(stdout, "Api\n") {
		t.Errorf("an API that is not there was looked at:\n%s", stdout)
	}
	b.untouched(t)
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(line); n > 81 && !strings.Contains(line, b.home) {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestDoctor_FailsOverWhatCreateWouldFailOver(t *testing.T) {
	b := newBench(t)
	b.problems = []diag.Problem{
		{Path: "spec.local.apiPort", Message: "port 6443 is in use", Fix: "write 6444"},
		{Message: "the disk is full", Fix: "docker system prune"},
	}
	code, by := b.diagnosis(t, "-f", write(t, "c.json", nil))
	got := by["target/preflight"]
	if code != ExitFailed || len(got) != 2 || got[0].State != doctor.Failed || got[0].Detail != "spec.local.apiPort: port 6443 is in use" || got[1].Fix != "docker system prune" {
		t.Errorf("exit %d, %+v", code, got)
	}
	if by["images/source"][0].State != doctor.OK {
		t.Errorf("what has nothing to do with it: %+v", by["images/source"])
	}
}

// Nothing but this machine is there to be packed for who helps.
func TestDoctor_ProposesNoBundleOfNothing(t *testing.T) {
	b := newBench(t)
	b.problems = []diag.Problem{{Message: "the disk is full", Fix: "docker system prune"}}
	code := Run(t.Context(), b.env, []string{"doctor"})
	if code != ExitFailed || strings.Contains(b.err.String(), "support-bundle") {
		t.Errorf("exit %d, %s", code, b.err.String())
	}
	has(t, b.err.String(), "'kubectl anywhere doctor' looks again")
}

func TestDoctor_TellsWhatIsWrongWithTheConfigAndLooksAtTheMachineAllTheSame(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Network.PodCIDR = "what"; c.Spec.KubernetesVersion = "v1.2.3" })
	code, by := b.diagnosis(t, "-f", file)
	if got := by["config/valid"]; code != ExitFailed || len(got) < 2 || got[0].State != doctor.Failed || !strings.Contains(got[0].Detail, "c.json:") || got[0].Fix == "" {
		t.Errorf("exit %d, %+v", code, got)
	}
	if got := by["machine/disk"]; len(got) == 0 || got[0].State == doctor.Skipped {
		t.Errorf("the machine: %+v", got)
	}
	for _, id := range []string{"target/preflight", "images/source", "state/backend"} {
		if got := by[id]; len(got) != 1 || got[0].State != doctor.Skipped {
			t.Errorf("%s: %+v", id, got)
		}
	}
	// Also where the config itself is not among what is looked at.
	if _, by := b.diagnosis(t, "-f", file, "--only", "target"); by["target/preflight"][0].State != doctor.Skipped {
		t.Errorf("got %+v", by)
	}
}

func TestDoctor_LooksAtAClusterWhoseAPIDoesNotAnswer(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	b.done = map[string]bool{"a-control-plane-1": true}
	code, by := b.diagnosis(t, "a")
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	if got := by["hosts/bootstrap"]; len(got) != 1 || got[0].Subject != "a-workers-1" || got[0].State != doctor.Failed || got[0].Detail != "booting" || got[0].Fix != "kubectl anywhere create a" {
		t.Errorf("got %+v", got)
	}
	if got := by["api/connection"]; got[0].State != doctor.Failed || !strings.Contains(got[0].Detail, "refused") || got[0].Fix == "" {
		t.Errorf("got %+v", got)
	}
	for _, id := range []string{"api/certificate", "api/ready", "nodes/ready", "addons/ready", "network/pods", "network/dns", "events/warnings"} {
		if got := by[id]; len(got) != 1 || got[0].State != doctor.Skipped || got[0].Detail == "" {
			t.Errorf("%s: %+v", id, got)
		}
	}
	if got := by["certificates/expiry"]; len(got) == 0 || got[0].State != doctor.Unknown {
		t.Errorf("got %+v", got)
	}
	if _, by := b.diagnosis(t, "a", "--after"); len(by["machine/disk"]) > 0 || len(by["api/name"]) == 0 {
		t.Errorf("--after looks at %+v", by)
	}
	if _, by := b.diagnosis(t, "a", "--before"); len(by["api/name"]) > 0 || len(by["machine/disk"]) == 0 {
		t.Errorf("--before looks at %+v", by)
	}
	if code, by := b.diagnosis(t, "a", "--only", "images,config"); code != 0 || len(by) != 2 {
		t.Errorf("--only: exit %d, %+v", code, by)
	}
}

func TestDoctor_RefusesWhatItCannotLookAt(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, _, stderr := b.run(t, "doctor", "-f", file, "--only", "nods")
	if code != ExitUsage {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "--only nods: there is no such group", "nodes")
	code, _, stderr = b.run(t, "doctor", "-f", file, "--after")
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, `cluster "a" has no state`, "kubectl anywhere create")
	if code, _, _ := b.run(t, "doctor", "nobody"); code != ExitUsage {
		t.Errorf("a cluster that is not there: exit %d", code)
	}
}

func TestDoctor_ListsWhatItLooksAt(t *testing.T) {
	b := newBench(t)
	code, stdout, _ := b.run(t, "doctor", "--list")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "Before a cluster is made:", "target preflight", "Of a cluster that exists:", "network pod-to-pod")
	for line := range strings.Lines(stdout) {
		if n := utf8.RuneCountInString(line); n > 81 {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestDoctor_ChecksNeedOnlyWhatComesBefore(t *testing.T) {
	e := &examination{}
	var ids []string
	for _, c := range append(e.before(), e.after()...) {
		for _, need := range c.Needs {
			if !slices.Contains(ids, need) {
				t.Errorf("%s needs %s, which does not come before it", c.ID(), need)
			}
		}
		if slices.Contains(ids, c.ID()) || c.About == "" {
			t.Errorf("%s is there twice, or says nothing about itself", c.ID())
		}
		ids = append(ids, c.ID())
	}
}

// identified is a target that knows who asks.
type identified struct {
	*fakeTarget
	who string
	err error
}

func (i *identified) Identity(context.Context, *config.Cluster) (string, error) { return i.who, i.err }

func TestDoctor_SaysWhoTheCredentialsAreOf(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	who := &identified{fakeTarget: b.fakeTarget, who: "robot@example"}
	b.env.Targets = []target.Target{who}
	if _, by := b.diagnosis(t, "-f", file); by["target/identity"][0].Detail != "robot@example" {
		t.Errorf("got %+v", by["target/identity"])
	}
	who.err = &target.Advised{Err: errors.New("no credentials"), Fix: "log in"}
	code, by := b.diagnosis(t, "-f", file)
	if got := by["target/identity"][0]; code != ExitFailed || got.Detail != "no credentials" || got.Fix != "log in" {
		t.Errorf("exit %d, %+v", code, got)
	}
	if got := by["target/preflight"][0]; got.State != doctor.Skipped {
		t.Errorf("what would say the same once more: %+v", got)
	}
}

func TestDoctor_WarnsOfAPassphraseThatOthersMayRead(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := filepath.Join(b.home, ".kube/anywhere/a/passphrase")
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if _, by := b.diagnosis(t, "a", "--before"); by["state/passphrase"][0].State != doctor.Warning || by["state/passphrase"][0].Fix != "chmod 600 "+file {
		t.Errorf("got %+v", by["state/passphrase"])
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if code, by := b.diagnosis(t, "a", "--before"); code != ExitFailed || by["state/backend"][0].State != doctor.Failed {
		t.Errorf("without it: exit %d, %+v", code, by["state/backend"])
	}
}
