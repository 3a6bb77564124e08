package local

import (
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const readLog = "a: journalctl _SYSTEMD_UNIT=" + bootUnit + " --lines " + logLines + " --output cat --no-pager --quiet"

// look observes one host a of a cluster.
func look(t *testing.T, docker *fakeDocker) target.Observation {
	t.Helper()
	seen, err := testTarget(docker).Observe(t.Context(), demo(), target.Outputs{Hosts: []target.Host{{Name: "a"}}})
	if err != nil || len(seen) != 1 {
		t.Fatalf("got %+v, %v", seen, err)
	}
	return seen[0]
}

func TestObserve_ReadsTheStatusAndTheLog(t *testing.T) {
	docker, all := fakeHosts()
	create(t, all, worker("a"))
	docker.answers["a: cat "+node.StatusPath] = Output{Stdout: `{"state":"running","stage":"starting the units","n":7,"stages":10}`}
	docker.answers[readLog] = Output{Stdout: "one\ntwo\n"}
	got := look(t, docker)
	if got.Status == nil || got.Status.N != 7 || got.Before != "" || !slices.Equal(got.Log, []string{"one", "two"}) {
		t.Errorf("got %+v", got)
	}
}

func TestObserve_SaysWhatTheHostDoesBeforeTheBootstrap(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*fakeDocker)
		want   string
	}{
		"loading": {func(f *fakeDocker) { f.answers[readLog] = Output{Stdout: "first-boot: loading /images.tar\n"} }, "first-boot: loading /images.tar"},
		"early":   {func(*fakeDocker) {}, "booting"},
		"half a status": {func(f *fakeDocker) {
			f.answers["a: cat "+node.StatusPath] = Output{Stdout: `{"state":"run`}
		}, "booting"},
		"stopped": {func(f *fakeDocker) { f.containers["a"].running = false }, "docker start a"},
		"gone":    {func(f *fakeDocker) { delete(f.containers, "a") }, "kubectl anywhere create"},
	} {
		docker, all := fakeHosts()
		create(t, all, worker("a"))
		docker.answers["a: cat "+node.StatusPath] = Output{Code: 1, Stderr: "no such file"}
		test.change(docker)
		if got := look(t, docker); got.Status != nil || !strings.Contains(got.Before, test.want) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestObserve_KnowsAHostThatWasRestarted(t *testing.T) {
	script, err := os.ReadFile("hostimage/rootfs/usr/local/lib/user-data/run")
	if err != nil || !strings.Contains(string(script), bootedBefore) {
		t.Fatalf("the host image does not say %q (%v)", bootedBefore, err)
	}
	docker, all := fakeHosts()
	create(t, all, worker("a"))
	docker.answers["a: cat "+node.StatusPath] = Output{Code: 1, Stderr: "no such file"}
	docker.answers[readLog] = Output{Stdout: bootedBefore + " 9603\n"}
	if got := look(t, docker); got.Status == nil || got.Status.State != node.Done || got.Before != "" {
		t.Errorf("got %+v", got)
	}
}

func TestObserve_FailsWhereDockerCannotBeReached(t *testing.T) {
	l := New(WithDocker(func() (Docker, error) { return nil, errors.New("no Docker") }))
	if _, err := l.Observe(t.Context(), demo(), target.Outputs{Hosts: []target.Host{{Name: "a"}}}); err == nil {
		t.Error("it looked nevertheless")
	}
}
