package local

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func TestAssumedFacts_AreThoseOfContainersOnThisMachine(t *testing.T) {
	to := New()
	to.machine = quietMachine()
	facts, known := to.AssumedFacts(nil, node.Worker, "workers")
	if !known || !facts.IsContainer || !facts.HasSysResource || facts.OS != "debian" {
		t.Errorf("got %+v, %v", facts, known)
	}
	to.machine.missing = func() []string { return []string{"SYS_RESOURCE"} }
	if facts, _ = to.AssumedFacts(nil, node.Worker, "workers"); facts.HasSysResource {
		t.Error("a host is said to have what no process here can have")
	}
}

func TestCgroupVersion_IsToldAsHostsTellIt(t *testing.T) {
	hybrid, unified := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(unified, "cgroup.controllers"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for folder, want := range map[string]int{hybrid: 1, unified: 2, filepath.Join(hybrid, "none"): 2} {
		if got := cgroupVersion(folder); got != want {
			t.Errorf("%s: got %d, want %d", folder, got, want)
		}
	}
}
