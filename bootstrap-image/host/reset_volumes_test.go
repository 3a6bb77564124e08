package host

import (
	"strings"
	"testing"
)

// Whoever takes a host out of a cluster is told which volumes go with it.
func TestReset_NamesTheVolumesOfPods(t *testing.T) {
	r, _ := newRun(t, map[string]string{
		"var/lib/kubernetes-anywhere/volumes/pvc-1/file": "data",
		"var/lib/kubernetes-anywhere/installed.json":     `{"version": 1, "role": "worker", "cluster": "c"}`,
	})
	look := &reset{ResetOptions: ResetOptions{Runner: r.Runner}, root: r.root}
	if err := look.makePlan(t.Context()); err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	if err := look.plan.print(&out); err != nil {
		t.Fatal(err)
	}
	if want := "volume     /var/lib/kubernetes-anywhere/volumes/pvc-1 "; !strings.Contains(out.String(), want) {
		t.Errorf("%q is not in:\n%s", want, out.String())
	}
}
