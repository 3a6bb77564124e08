package baremetal

import (
	"context"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// stack opens the state of a folder as the commands do.
func stack(t *testing.T, folder string, on *Target) *engine.Stack {
	t.Helper()
	return noticing(t, folder, on, nil)
}

// noticing is stack with somebody to tell what is repaired.
func noticing(t *testing.T, folder string, on *Target, notice func(string)) *engine.Stack {
	t.Helper()
	s, err := engine.Open(t.Context(), engine.Options{
		Project: "kubernetes-anywhere", Stack: "demo", Backend: "file://" + filepath.Join(folder, "state"),
		Home: filepath.Join(folder, "home"), Passphrase: "open sesame", Providers: on.Providers(), Lengthy: on.LengthyTypes(), Notice: notice,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

func lifeInputs(workers int) target.Inputs {
	return target.Inputs{Cluster: demo(workers), BootstrapImage: "example.org/bootstrap:v1"}
}

// One unreachable host of twenty is named and does not stop the nineteen; run
// again, it alone is retried.
func TestLife_OneHostOfTwentyDoesNotStopTheOthers(t *testing.T) {
	in := lifeInputs(19)
	w := newWorld(addresses(in.Cluster)...)
	l := w.target()
	s := stack(t, t.TempDir(), l)
	dead := w.hosts["10.240.0.15"]
	dead.silent = true

	changes, err := s.Up(t.Context(), l.Program(in), nil)
	if err == nil || !strings.Contains(err.Error(), "demo-10-240-0-15") || !strings.Contains(err.Error(), "ssh -i /k root@10.240.0.15 true") || strings.Contains(err.Error(), "10.240.0.14") {
		t.Errorf("got %v", err)
	}
	if made := w.made(); len(made) != 19 || slices.Contains(made, "10.240.0.15") || changes.Create != 20 { // and the credentials
		t.Errorf("made %v, %+v", made, changes)
	}
	w.runs()

	dead.silent = false
	changes, err = s.Up(t.Context(), l.Program(in), nil)
	if ran := w.runs(); err != nil || !slices.Equal(ran, []string{"10.240.0.15"}) || changes.Create != 1 {
		t.Errorf("ran on %v, %+v, %v", ran, changes, err)
	}
	if changes, err = s.Preview(t.Context(), l.Program(in), nil); err != nil || changes.Any() {
		t.Errorf("afterwards there is %+v, %v", changes, err)
	}

	// A host that dies later is a difference of its own, and no replacement.
	dead.silent = true
	if _, err := s.Refresh(t.Context(), nil, nil); err != nil {
		t.Fatal(err)
	}
	if _, err = s.Up(t.Context(), l.Program(in), nil); err == nil || !strings.Contains(err.Error(), "demo-10-240-0-15") {
		t.Errorf("got %v", err)
	}
	dead.silent = false
	if changes, err = s.Up(t.Context(), l.Program(in), nil); err != nil || changes.Update != 1 || w.runs() != nil {
		t.Errorf("back again: %+v, %v", changes, err)
	}
	if _, err := s.Destroy(t.Context(), nil); err != nil || len(w.made()) != 0 {
		t.Errorf("left %v, %v", w.made(), err)
	}
}

func TestLife_AHostThatFailedHalfWayIsRepairedOrTakenAway(t *testing.T) {
	in := lifeInputs(1)
	w := newWorld(addresses(in.Cluster)...)
	l := w.target()
	s := stack(t, t.TempDir(), l)
	host := w.hosts[hostAddress]
	host.code, host.say = 1, "bootstrap: stage 6 of 10: kubelet\nbootstrap: failed: the kubelet does not answer\n"
	_, err := s.Up(t.Context(), l.Program(in), nil)
	if err == nil || !strings.Contains(err.Error(), "the kubelet does not answer") {
		t.Errorf("got %v", err)
	}
	w.runs()
	host.code, host.say = 0, ""
	if _, err := s.Up(t.Context(), l.Program(in), nil); err != nil || !slices.Equal(w.runs(), []string{hostAddress}) {
		t.Errorf("again: %v", err)
	}

	host.code = 1
	in.BootstrapImage = "example.org/bootstrap:v2"
	if _, err := s.Up(t.Context(), l.Program(in), nil); err == nil {
		t.Error("it went well")
	}
	host.code = 0
	if _, err := s.Destroy(t.Context(), nil); err != nil || host.mark != "" {
		t.Errorf("left %q, %v", host.mark, err)
	}
}

func TestLife_DeletesWhatAFailedCreateLeft(t *testing.T) {
	in := lifeInputs(1)
	w := newWorld(addresses(in.Cluster)...)
	l := w.target()
	s := stack(t, t.TempDir(), l)
	host := w.hosts[hostAddress]
	host.code = 1
	if _, err := s.Up(t.Context(), l.Program(in), nil); err == nil {
		t.Error("it went well")
	}
	host.code = 0
	if _, err := s.Destroy(t.Context(), nil); err != nil || host.mark != "" {
		t.Errorf("left %q, %v", host.mark, err)
	}
}

// cutOff ends a run at once when something has happened.
func cutOff(t *testing.T, s *engine.Stack, program pulumi.RunFunc, happened func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	failed := make(chan error, 1)
	go func() { _, err := s.Up(ctx, program, nil); failed <- err }()
	happened()
	cancel()
	s.Terminate()
	select {
	case err := <-failed:
		if err == nil {
			t.Error("it went well")
		}
	case <-time.After(time.Minute):
		t.Fatal("it goes on")
	}
}

// A creation that was cut off is not waited for by whoever comes next: hosts
// wait for each other, and one after the other they would wait for ever.
func TestLife_GoesOnAfterACreationWasCutOff(t *testing.T) {
	in := lifeInputs(2)
	w := newWorld(addresses(in.Cluster)...)
	l := w.target()
	folder := t.TempDir()
	s := stack(t, folder, l)
	var begun, over = make(chan struct{}, 3), make(chan struct{})
	for _, h := range w.hosts {
		h.during = func() { begun <- struct{}{}; <-over }
	}
	cutOff(t, s, l.Program(in), func() {
		for range 3 {
			<-begun
		}
	})
	close(over)
	// From here on, each is done when all are.
	var all sync.WaitGroup
	all.Add(3)
	for _, h := range w.hosts {
		h.during = func() { all.Done(); all.Wait() }
	}
	w.runs()

	settled := 0
	s = noticing(t, folder, l, func(text string) {
		if strings.Contains(text, "cut off while creating") && strings.Contains(text, "finished and recorded it") {
			settled++
		}
	})
	if _, err := s.Up(t.Context(), l.Program(in), nil); err != nil || len(w.runs()) != 3 || len(w.made()) != 3 {
		t.Errorf("made %v, %v", w.made(), err)
	}
	if settled != 3 {
		t.Errorf("%d creations were settled, want 3", settled)
	}
	for _, h := range w.hosts {
		h.during = nil
	}
	if _, err := s.Destroy(t.Context(), nil); err != nil || len(w.made()) != 0 {
		t.Errorf("left %v, %v", w.made(), err)
	}
}
