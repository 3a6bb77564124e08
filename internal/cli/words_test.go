package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestReport_ExitsAsPromised(t *testing.T) {
	problem := refuse([]diag.Problem{{Message: "m", Fix: "f"}})
	for _, test := range []struct {
		err  error
		code int
		says string
	}{
		{nil, 0, ""},
		{errors.New("broken"), 1, "error: broken\n"},
		{&usageError{errors.New("typed wrong")}, 2, "error: typed wrong\n"},
		{fmt.Errorf("phase 1: %w", problem), 2, "m\n  fix: f\n"},
		{errPending, 3, ""},
		{fmt.Errorf("waiting: %w", context.DeadlineExceeded), 124, "error: waiting: context deadline exceeded\n"},
		{fmt.Errorf("waiting: %w", context.Canceled), 130, "interrupted: waiting\n"},
		{&phase.Failure{Err: errors.New("x"), Next: []string{"type this"}}, 1, "error: x\n\nNext: type this\n"},
		{
			&phase.Failure{Err: errors.New("x"), Subject: "host-1", Log: []string{"l1", "l2"}, Next: []string{"a", "b"}}, 1,
			"error: x\n\nThe last lines of host-1:\n  l1\n  l2\n\nNext:\n  a\n  b\n",
		},
	} {
		var out bytes.Buffer
		if code := Report(&out, test.err); code != test.code || out.String() != test.says {
			t.Errorf("%v: exit %d, %q; want %d, %q", test.err, code, out.String(), test.code, test.says)
		}
	}
}

func TestStage_NamesTheWaitOrTheFailure(t *testing.T) {
	for want, s := range map[string]*node.Status{
		"stage 2 of 9, images":                                       {State: node.Running, Stage: "images", N: 2, Stages: 9},
		"stage 2 of 9, images: docker":                               {State: node.Running, Stage: "images", N: 2, Stages: 9, Waiting: "docker"},
		"stage 2 of 9, images: failed, will be tried again: no disk": {State: node.Failed, Stage: "images", N: 2, Stages: 9, Error: "no disk"},
		"": {State: node.Done},
	} {
		if got := stage(target.Observation{Status: s}); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestTransient_IsWhatPassesByItself(t *testing.T) {
	resource := schema.GroupResource{Resource: "pods"}
	for _, test := range []struct {
		err  error
		want bool
	}{
		{&net.OpError{Op: "dial", Err: errors.New("refused")}, true},
		{fmt.Errorf("applying: %w", io.ErrUnexpectedEOF), true},
		{errors.New("client rate limiter Wait returned an error: rate: Wait(n=1) would exceed context deadline"), true},
		{errors.Join(errors.New("x"), apierrors.NewServiceUnavailable("starting")), true},
		{apierrors.NewTooManyRequests("slow down", 1), true},
		{apierrors.NewForbidden(resource, "a", nil), false},
		{apierrors.NewBadRequest("what"), false},
		{errors.New("a manifest that is none"), false},
	} {
		if got := transient(test.err); got != test.want {
			t.Errorf("%v: %v, want %v", test.err, got, test.want)
		}
	}
}

func TestConflicts_NamesEveryOneAndTheWayOut(t *testing.T) {
	s := &session{cluster: &config.Cluster{Metadata: config.Metadata{Name: "a"}}}
	if err := s.conflicts([]kube.Change{{Action: kube.Unchanged}, {Action: kube.Created}}); err != nil {
		t.Errorf("without conflicts: %v", err)
	}
	err := s.conflicts([]kube.Change{
		{Action: kube.Conflicted, Err: errors.New("first")}, {Action: kube.Configured}, {Action: kube.Conflicted, Err: errors.New("second")},
	})
	var out bytes.Buffer
	if code := Report(&out, err); code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, out.String(), "first", "second", "kubectl anywhere addons apply a --force-conflicts")
}

func TestDescribe_LeavesOutWhatDidNotHappen(t *testing.T) {
	for _, test := range []struct {
		changes engine.Changes
		to      string
		want    string
	}{
		{engine.Changes{Same: 3}, "", "nothing to change: 3 resources as wanted"},
		{engine.Changes{Create: 2, Same: 1}, "", "2 created, 1 unchanged"},
		{engine.Changes{Create: 1, Update: 2, Replace: 3, Delete: 4}, "to ", "1 to create, 2 to update, 3 to replace, 4 to delete"},
	} {
		if got := describe(test.changes, test.to); got != test.want {
			t.Errorf("%+v: %q, want %q", test.changes, got, test.want)
		}
	}
}

// journal records what a phase says.
type journal struct {
	phase.Reporter
	said []string
}

func (j *journal) Wait(subject, reason string) { j.said = append(j.said, subject+": "+reason) }
func (j *journal) Note(f string, args ...any)  { j.said = append(j.said, fmt.Sprintf(f, args...)) }

func TestSink_NamesWhatIsStillInFlight(t *testing.T) {
	j := &journal{}
	take := sink(j)
	for _, e := range []engine.Event{
		{Kind: engine.Started, Op: "same", Type: "x:y:Host", Name: "a"},
		{Kind: engine.Started, Op: "create", Type: "x:y:Host", Name: "b"},
		{Kind: engine.Started, Op: "create", Type: "x:y:Host", Name: "c"},
		{Kind: engine.Done, Op: "create", Type: "x:y:Host", Name: "b"},
		{Kind: engine.Failed, Op: "create", Type: "x:y:Host", Name: "c", Err: "no room"},
		{Kind: engine.Message, Message: "by the way, 5%"},
	} {
		take(e)
	}
	want := []string{
		"host b: to be created", "host b: to be created", "created host b", "host c: to be created",
		"could not create host c: no room", ": ", "by the way, 5%",
	}
	if fmt.Sprint(j.said) != fmt.Sprint(want) {
		t.Errorf("got  %q\nwant %q", j.said, want)
	}
}

func TestCommands_HelpFitsEightyColumns(t *testing.T) {
	b := newBench(t)
	for _, cmd := range everyCommand(New(b.env)) {
		args := strings.Fields(cmd.CommandPath())[2:]
		code, stdout, stderr := b.run(t, append(args, "--help")...)
		if code != 0 || stderr != "" {
			t.Errorf("%q: exit %d, %q", args, code, stderr)
		}
		for line := range bytes.Lines([]byte(stdout)) {
			if n := len([]rune(string(line))) - 1; n > 80 {
				t.Errorf("%q: %d columns: %s", args, n, line)
			}
		}
	}
}
