package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"slices"
	"strconv"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// cutTarget is the fake whose program ends before it hands on any host, as one
// that is killed does.
type cutTarget struct {
	*fakeTarget
	during func()
}

func (c cutTarget) Program(target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		made, err := enginetest.Declare(ctx, "a-control-plane-1", pulumi.String("a host"), "")
		if err != nil {
			return err
		}
		waited := make(chan struct{})
		made.ApplyT(func(string) string {
			defer close(waited)
			c.during()
			return ""
		})
		<-waited
		return errors.New("cut off")
	}
}

// statusOf is 'status a' beside what else runs.
func (b *bench) statusOf(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	env := b.env
	env.IOStreams = genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &out, ErrOut: &err}
	root := New(env)
	root.SetArgs(append([]string{"status", "a"}, args...))
	code = Report(&err, root.ExecuteContext(t.Context()))
	t.Logf("status exited %d\n%s%s", code, out.String(), err.String())
	return code, out.String(), err.String()
}

// While phase 1 runs for the first time the state has no hosts to ask.
func TestStatus_SaysHowFarTheFirstProvisionIs(t *testing.T) {
	b := newBench(t)
	var code int
	var stdout, data string
	b.env.Targets = []target.Target{cutTarget{b.fakeTarget, func() {
		code, stdout, _ = b.statusOf(t)
		_, data, _ = b.statusOf(t, "-o", "json")
	}}}
	if code, _, _ := b.run(t, "provision", "-f", write(t, "c.json", nil)); code != ExitFailed {
		t.Fatalf("exit %d", code)
	}
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "a on local, Kubernetes v1.37.1: provisioning", "1 of 3, provision:", "process "+strconv.Itoa(os.Getpid())+" of",
		"thing a-control-plane-1", "kubectl anywhere status a --watch")
	var report health.Report
	if err := json.Unmarshal([]byte(data), &report); err != nil {
		t.Fatal(err)
	}
	m := report.Making
	if report.State != health.Provisioning || m == nil || !slices.Contains(slices.Concat(m.Begun, m.Made), "thing a-control-plane-1") || m.Since.IsZero() {
		t.Errorf("got %+v, %+v", report, m)
	}
}

func TestStatus_SaysThatTheFirstProvisionWasCutOff(t *testing.T) {
	b := newBench(t)
	b.env.Targets = []target.Target{cutTarget{b.fakeTarget, func() {}}}
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	code, stdout, _ := b.statusOf(t)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, ": unfinished", "was never finished, and nobody works on it now", "thing a-control-plane-1", "kubectl anywhere create a # goes on from there")
	// What cannot be compared is not the same.
	code, _, stderr := b.statusOf(t, "--drift")
	if code != ExitFailed {
		t.Errorf("with --drift: exit %d", code)
	}
	has(t, stderr, "phase 1 has not been finished yet")
	// Whoever else needs the hosts says the same.
	code, _, stderr = b.run(t, "kubeconfig", "a")
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "has no hosts yet: phase 1 was never finished; 'kubectl anywhere create a' goes on from there")
}
