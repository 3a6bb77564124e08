package engine_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

// chaos is how many times a run is killed. With a hundred
// it finds no more.
const chaos = 8

// wanted is what the children bring up: enough to be killed amongst.
func wanted(n int) enginetest.Things {
	things := enginetest.Named("a", "b", "c", "d", "e", "f")
	things["a"] = enginetest.Thing{Value: fmt.Sprint(n), Shape: fmt.Sprint(n), Secret: "a key"}
	things["b"] = enginetest.Thing{Value: fmt.Sprint(n)}
	return things
}

// TestChaosChild brings up or destroys, slowly enough to be killed in its midst.
func TestChaosChild(t *testing.T) {
	folder, task := os.Getenv(childFolder), os.Getenv("ENGINE_TEST_CHILD_VALUE")
	if folder == "" {
		t.Skip("only for a child process")
	}
	b := afterKill(t, folder)
	for name := range wanted(0) {
		for _, op := range []string{enginetest.Create, enginetest.Update, enginetest.Delete} {
			b.world.Fault(op, name, func(context.Context) error {
				time.Sleep(20 * time.Millisecond)
				return nil
			})
		}
	}
	if task == "destroy" {
		if _, err := b.Destroy(t.Context(), nil); err != nil {
			t.Fatal(err)
		}
		return
	}
	var n int
	if _, err := fmt.Sscan(task, &n); err != nil {
		t.Fatal(err)
	}
	b.up(t, wanted(n))
}

// Whenever runs are killed, the next one brings up what is wanted, and the
// last one leaves nothing. The moments differ from run to run; the end doesn't.
func TestUpAndDestroy_ConvergeWheneverRunsAreKilled(t *testing.T) {
	folder := t.TempDir()
	for n := range chaos {
		task := fmt.Sprint(n)
		if n%4 == 3 {
			task = "destroy"
		}
		killWhileLocked(t, folder, task, time.Duration(n*37%200)*time.Millisecond)
	}
	b := afterKill(t, folder)
	b.up(t, wanted(chaos))
	want(t, "world", b.world.Things(), map[string]enginetest.Thing(wanted(chaos)))
	want(t, "next up", b.up(t, wanted(chaos)).Any(), false)
	killWhileLocked(t, folder, "destroy", 30*time.Millisecond)
	b = afterKill(t, folder)
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want(t, "things left", len(b.world.Names()), 0)
	resources, err := b.Resources(t.Context())
	if err != nil || len(resources) > 0 {
		t.Errorf("got resources %v, error %v; want none", resources, err)
	}
	want(t, "locks left", len(locks(t, folder)), 0)
}

// killWhileLocked kills a child some time after it took the lock. A child
// that is faster than that has just done its task.
func killWhileLocked(t *testing.T, folder, task string, after time.Duration) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChaosChild$")
	child.Env = append(os.Environ(), childFolder+"="+folder, "ENGINE_TEST_CHILD_VALUE="+task)
	before := locks(t, folder)
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = child.Wait()
		close(ended)
	}()
	for locked := false; !locked; {
		select {
		case <-ended:
			return
		case <-time.After(time.Millisecond):
			locked = slices.ContainsFunc(locks(t, folder), func(lock string) bool { return !slices.Contains(before, lock) })
		}
	}
	time.Sleep(after)
	_ = child.Process.Kill()
	<-ended
}

func locks(t *testing.T, folder string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "state/.pulumi/locks/*/*/*/*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}
