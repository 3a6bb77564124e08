package engine_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

// childFolder is set in a child that is to bring up and be killed.
const childFolder = "ENGINE_TEST_CHILD_FOLDER"

// marker is made by the child's provider when it hangs.
const marker = "hanging"

// TestChild is no test of its own: the tests below run it in a process of its
// own and kill that.
func TestChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("only for a child process")
	}
	world, err := enginetest.OpenWorld(filepath.Join(folder, "world"))
	if err != nil {
		t.Fatal(err)
	}
	b := openBench(t, folder, world)
	hang := func(context.Context) error {
		for !slices.Contains(world.Names(), "a") {
			time.Sleep(time.Millisecond)
		}
		if err := os.WriteFile(filepath.Join(folder, marker), nil, 0o600); err != nil {
			return err
		}
		select {}
	}
	things := enginetest.Named("a", "b")
	value, shape, _ := strings.Cut(os.Getenv("ENGINE_TEST_CHILD_VALUE"), "/")
	things["b"] = enginetest.Thing{Value: value, Secret: "a key", Shape: shape}
	world.Fault(enginetest.Create, "b", hang)
	world.Fault(enginetest.Update, "b", hang)
	b.up(t, things)
}

// killedChild runs TestChild until its provider hangs and kills it so that it
// can do nothing more.
func killedChild(t *testing.T, folder, value string) (pid int) {
	t.Helper()
	child := startChild(t, folder, value)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	if err := os.Remove(filepath.Join(folder, marker)); err != nil {
		t.Fatal(err)
	}
	return child.Process.Pid
}

func startChild(t *testing.T, folder, value string) *exec.Cmd {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestChild$")
	child.Env = append(os.Environ(), childFolder+"="+folder, "ENGINE_TEST_CHILD_VALUE="+value)
	var output bytes.Buffer
	child.Stdout, child.Stderr = &output, &output
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = child.Process.Kill() })
	for deadline := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(filepath.Join(folder, marker)); err == nil {
			return child
		}
		if time.Now().After(deadline) {
			t.Fatalf("the child's provider never hung; it said:\n%s", output.String())
		}
	}
}

// afterKill opens the folder that a killed child has left.
func afterKill(t *testing.T, folder string) *bench {
	t.Helper()
	world, err := enginetest.OpenWorld(filepath.Join(folder, "world"))
	if err != nil {
		t.Fatal(err)
	}
	return openBench(t, folder, world)
}

func TestUp_ConvergesAfterAKillInTheMidstOfACreate(t *testing.T) {
	folder := t.TempDir()
	pid := killedChild(t, folder, "first")
	b := afterKill(t, folder)
	want(t, "world after the kill", b.world.Names(), []string{"a", "b"})
	if err := b.Remove(t.Context()); err == nil || !strings.Contains(err.Error(), "destroy the stack first") {
		t.Errorf("Remove of what a kill left: got %v", err)
	}
	things := enginetest.Named("a", "b")
	things["b"] = enginetest.Thing{Value: "first", Secret: "a key"}
	want(t, "up", b.up(t, things), engine.Changes{Same: 2})
	if !b.said("cleared the lock of process", fmt.Sprint(pid)) {
		t.Errorf("the dead lock was not named: %q", b.notices)
	}
	if !b.said("creating", `"b"`, enginetest.Type, "finished and recorded") {
		t.Errorf("the cut-off creation was not named: %q", b.notices)
	}
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want(t, "things left", len(b.world.Names()), 0)
}

func TestUp_DeletesWhatAKilledRunMadeAndTheProgramNoLongerWants(t *testing.T) {
	folder := t.TempDir()
	killedChild(t, folder, "first")
	b := afterKill(t, folder)
	old := time.Now().Add(-time.Hour)
	left, err := filepath.Glob(filepath.Join(b.options.Home, "run*"))
	if err != nil || len(left) != 1 {
		t.Fatalf("the killed run left %v, error %v; want its socket", left, err)
	}
	if err := os.Chtimes(left[0], old, old); err != nil {
		t.Fatal(err)
	}
	want(t, "up", b.up(t, enginetest.Named("a")), engine.Changes{Same: 1, Delete: 1})
	if _, err := os.Stat(left[0]); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the socket of the killed run is still there: %v", err)
	}
	want(t, "world", b.world.Names(), []string{"a"})
}

func TestDestroy_LeavesNothingAfterAKillInTheMidstOfACreate(t *testing.T) {
	folder := t.TempDir()
	killedChild(t, folder, "first")
	b := afterKill(t, folder)
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want(t, "things left", len(b.world.Names()), 0)
	if err := b.Remove(t.Context()); err != nil {
		t.Fatal(err)
	}
	assertNoSecret(t, folder, "a key")
}

func TestDestroy_ForgetsACreationThatCannotBeFinished(t *testing.T) {
	folder := t.TempDir()
	killedChild(t, folder, "first")
	b := afterKill(t, folder)
	b.world.Fault(enginetest.Create, "b", enginetest.Fail("no more of these"))
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if !b.said(`"b"`, "no more of these", "may be left") {
		t.Errorf("what may be left was not named: %q", b.notices)
	}
}

func TestUp_ReadsWhatBecameOfAnUpdateThatWasCutOff(t *testing.T) {
	folder := t.TempDir()
	b := afterKill(t, folder)
	things := enginetest.Named("a", "b")
	things["b"] = enginetest.Thing{Value: "old", Secret: "a key"}
	b.up(t, things)
	killedChild(t, folder, "new")
	b = afterKill(t, folder)
	want(t, "world after the kill", b.world.Things()["b"].Value, "new")
	// The world is already as wanted; only the state does not say so yet.
	things["b"] = enginetest.Thing{Value: "new", Secret: "a key"}
	want(t, "up", b.up(t, things), engine.Changes{Same: 2})
	if !b.said("updating", `"b"`) {
		t.Errorf("the cut-off update was not named: %q", b.notices)
	}
}

// replaceable brings up a thing and has a child killed while it replaces it.
func replaceable(t *testing.T, folder string) (*bench, enginetest.Things) {
	t.Helper()
	b := afterKill(t, folder)
	things := enginetest.Named("a", "b")
	things["b"] = enginetest.Thing{Value: "v", Secret: "a key", Shape: "round"}
	b.up(t, things)
	killedChild(t, folder, "v/square")
	things["b"] = enginetest.Thing{Value: "v", Secret: "a key", Shape: "square"}
	return afterKill(t, folder), things
}

func TestUp_ConvergesAfterAKillInTheMidstOfAReplacement(t *testing.T) {
	b, things := replaceable(t, t.TempDir())
	want(t, "up", b.up(t, things), engine.Changes{Same: 2})
	want(t, "shape", b.world.Things()["b"].Shape, "square")
	if !b.said("creating", `"b"`, "finished and recorded") {
		t.Errorf("the cut-off replacement was not named: %q", b.notices)
	}
}

func TestDestroy_LeavesNothingAfterAKillInTheMidstOfAReplacement(t *testing.T) {
	b, _ := replaceable(t, t.TempDir())
	if _, err := b.Destroy(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	want(t, "things left", len(b.world.Names()), 0)
}
