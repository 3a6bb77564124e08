package live

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestTogether_KeepsTheOrderOfTheQuestions(t *testing.T) {
	slow := func(context.Context) []diag.Problem {
		time.Sleep(20 * time.Millisecond)
		return []diag.Problem{{Message: "first"}}
	}
	quick := func(context.Context) []diag.Problem { return []diag.Problem{{Message: "second"}, {Message: "third"}} }
	var said []string
	for _, p := range Together(t.Context(), slow, quick) {
		said = append(said, p.Message)
	}
	if diff := cmp.Diff([]string{"first", "second", "third"}, said); diff != "" {
		t.Error(diff)
	}
}

func TestEach_DoesAllAndNeverMoreThanTenAtOnce(t *testing.T) {
	var now, most, done atomic.Int32
	Each(100, func(int) {
		n := now.Add(1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		time.Sleep(time.Millisecond)
		now.Add(-1)
		done.Add(1)
	})
	if done.Load() != 100 || most.Load() > atOnce {
		t.Errorf("%d of 100 done, %d at once", done.Load(), most.Load())
	}
}

func cluster() *config.Cluster {
	c := &config.Cluster{}
	c.Spec.ControlPlane = config.ControlPlane{Count: 3, Machine: config.Machine{Type: "small"}}
	c.Spec.Pools = []config.Pool{
		{Name: "a", Count: 2, Machine: config.Machine{Type: "large"}, Spot: true},
		{Name: "b", Count: 1, Min: 2, Max: 9, Machine: config.Machine{Type: "small"}},
	}
	return c
}

func TestMissing_LeavesOutWhatTheClusterHas(t *testing.T) {
	demands := Demands(cluster())
	counts := func(ds []Demand) string {
		var out []string
		for _, d := range ds {
			out = append(out, fmt.Sprintf("%s %d×%s", d.Path, d.Count, d.Type))
		}
		return strings.Join(out, ", ")
	}
	const all = "spec.controlPlane.machine 3×small, spec.pools[0].machine 2×large, spec.pools[1].machine 2×small"
	if got := counts(demands); got != all {
		t.Errorf("the demands are %s", got)
	}
	const rest = "spec.controlPlane.machine 0×small, spec.pools[0].machine 2×large, spec.pools[1].machine 1×small"
	if got := counts(Missing(demands, map[string]int{"small": 4})); got != rest {
		t.Errorf("with four small ones: %s", got)
	}
	if got := counts(demands); got != all {
		t.Errorf("it changed what it was given: %s", got)
	}
}

func TestShort_AddsUpAndSaysWhoTakesWhat(t *testing.T) {
	needs := []Need{
		{Quota: "CPUS", Amount: 6, For: "3 × small", Path: "a"}, {Quota: "CPUS", Amount: 4, For: "2 × large", Path: "b"},
		{Quota: "DISKS", Amount: 10, For: "disks"}, {Quota: "DISKS", Amount: -3, For: "fewer than there are"},
		{Quota: "FREE", Amount: 1e6, For: "whatever"}, {Quota: "UNREPORTED", Amount: 1e6, For: "whatever"},
	}
	quotas := []Quota{{Name: "CPUS", Limit: 24, Used: 20}, {Name: "DISKS", Limit: 10}, {Name: "FREE", Limit: -1}}
	got := Short(needs, quotas, func(q Quota, total float64) string { return fmt.Sprintf("raise %s to %.0f", q.Name, total) })
	want := []diag.Problem{{
		Path:    "a",
		Message: "the quota CPUS is too small: 20 of 24 are in use, and the plan takes 10 more (3 × small; 2 × large)",
		Fix:     "raise CPUS to 30",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// consoles is what machines wrote, by name; it counts who was read.
type consoles struct {
	mu   sync.Mutex
	text map[string]string
	read map[string]int
}

func (c *consoles) console(_ context.Context, m Machine) (string, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.read == nil {
		c.read = map[string]int{}
	}
	c.read[m.Host.Name]++
	text, found := c.text[m.Host.Name]
	if !found {
		return "", errors.New("it may not be read")
	}
	return text, nil
}

func machines(n int) []Machine {
	var all []Machine
	for i := range n {
		all = append(all, Machine{Host: target.Host{Name: fmt.Sprint("m", i)}, Key: fmt.Sprint("id-", i)})
	}
	return all
}

const (
	working = node.ConsolePrefix + "stage 2 of 9: Reading the bundle\n"
	ended   = working + node.ConsolePrefix + node.DoneLine + "\n"
)

func TestLook_TellsEachMachineApart(t *testing.T) {
	c := &consoles{text: map[string]string{"m0": ended, "m1": working, "m2": "kernel: hello\n"}}
	all := machines(5)
	all[4].Before = "its instance is stopped"
	var w Watch
	seen, err := w.Look(t.Context(), all, c.console)
	if err != nil {
		t.Fatal(err)
	}
	if s := seen[0].Status; s == nil || s.State != node.Done {
		t.Errorf("the one that is done: %+v", seen[0])
	}
	if s := seen[1].Status; s == nil || s.State != node.Running || s.N != 2 || len(seen[1].Log) == 0 {
		t.Errorf("the one that works: %+v", seen[1])
	}
	for i, want := range map[int]string{2: "says nothing of the first boot", 3: "may not be read", 4: "is stopped"} {
		if seen[i].Status != nil || !strings.Contains(seen[i].Before, want) {
			t.Errorf("machine %d: %q, want %q", i, seen[i].Before, want)
		}
	}
	if c.read["m4"] != 0 {
		t.Error("the console of a machine that does not run was read")
	}
}

func TestLook_ReadsTwentyConsolesAtMostThoseNotDoneFirst(t *testing.T) {
	c := &consoles{text: map[string]string{}}
	all := machines(5000)
	for i, m := range all {
		c.text[m.Host.Name] = working
		if i < 15 {
			c.text[m.Host.Name] = ended
		}
	}
	clock := time.Unix(0, 0)
	w := Watch{Now: func() time.Time { return clock }}
	seen, err := w.Look(t.Context(), all, c.console)
	if err != nil || len(seen) != len(all) || len(c.read) != mostConsoles {
		t.Fatalf("%d seen, %d consoles read: %v", len(seen), len(c.read), err)
	}
	if !strings.Contains(seen[20].Before, "fewer machines") {
		t.Errorf("a machine that was not read is %q", seen[20].Before)
	}
	clock = clock.Add(lookAgain)
	if _, err := w.Look(t.Context(), all, c.console); err != nil {
		t.Fatal(err)
	}
	if c.read["m0"] != 1 || c.read["m15"] != 2 || c.read["m34"] != 1 || c.read["m35"] != 0 {
		t.Errorf("the second look read m0 %d, m15 %d, m34 %d, m35 %d times", c.read["m0"], c.read["m15"], c.read["m34"], c.read["m35"])
	}
}

func TestLook_DoesNotReadTheSameConsoleEverySecond(t *testing.T) {
	c := &consoles{text: map[string]string{"m0": working}}
	clock := time.Unix(0, 0)
	w := Watch{Now: func() time.Time { return clock }}
	for range 10 {
		seen, err := w.Look(t.Context(), machines(1), c.console)
		if err != nil || seen[0].Status == nil {
			t.Fatalf("%+v, %v", seen, err)
		}
		clock = clock.Add(time.Second)
	}
	if c.read["m0"] != 2 {
		t.Errorf("it was read %d times in ten seconds, want 2", c.read["m0"])
	}
}

func TestLook_TellsNothingOfAReplacedMachine(t *testing.T) {
	c := &consoles{text: map[string]string{"m0": ended}}
	var w Watch
	if _, err := w.Look(t.Context(), machines(1), c.console); err != nil {
		t.Fatal(err)
	}
	replaced := machines(1)
	replaced[0].Key = "id-of-the-next"
	c.text["m0"] = working
	seen, err := w.Look(t.Context(), replaced, c.console)
	if err != nil || seen[0].Status.State != node.Running {
		t.Errorf("%+v, %v", seen, err)
	}
}

func TestLook_WaitsForNothingOnAnOldMachineWhoseConsoleForgot(t *testing.T) {
	c := &consoles{text: map[string]string{"m0": "kernel: hello\n", "m1": "kernel: hello\n", "m2": working}}
	clock := time.Unix(1e9, 0)
	w := Watch{Now: func() time.Time { return clock }}
	all := machines(3)
	all[0].Created, all[1].Created, all[2].Created = clock.Add(-2*time.Hour), clock.Add(-2*time.Minute), clock.Add(-2*time.Hour)
	seen, err := w.Look(t.Context(), all, c.console)
	if err != nil || seen[0].Status != nil || seen[0].Before != "" || seen[1].Before == "" || seen[2].Status == nil {
		t.Errorf("%+v, %v", seen, err)
	}
}

func TestLook_FailsOnlyWhenItsTimeIsUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var w Watch
	if _, err := w.Look(ctx, machines(1), (&consoles{}).console); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestOnce_KeepsAConnectionForAClusterAndNoFailure(t *testing.T) {
	made, fail := 0, true
	connect := Once(func(context.Context, *config.Cluster) (int, error) {
		if fail {
			return 0, errors.New("no credentials")
		}
		made++
		return made, nil
	})
	one, other := cluster(), cluster()
	if _, err := connect(t.Context(), one); err == nil {
		t.Error("the failure was lost")
	}
	fail = false
	for _, ask := range []struct {
		of   *config.Cluster
		want int
	}{{one, 1}, {one, 1}, {other, 2}} {
		if got, err := connect(t.Context(), ask.of); got != ask.want || err != nil {
			t.Errorf("connection %d, %v; want %d", got, err, ask.want)
		}
	}
}

func TestSettled_AsksAgainWhileSomethingIsListed(t *testing.T) {
	for _, test := range []struct {
		gone, again, want, asked int
	}{{2, 6, 0, 3}, {0, 6, 0, 1}, {9, 2, 1, 3}, {9, 0, 1, 1}} {
		asked := 0
		found, err := Settled(t.Context(), Patience{Again: test.again}, func(context.Context) ([]string, error) {
			if asked++; asked > test.gone {
				return nil, nil
			}
			return []string{"a disk"}, nil
		})
		if err != nil || len(found) != test.want || asked != test.asked {
			t.Errorf("%+v: %v after %d questions, %v", test, found, asked, err)
		}
	}
	if _, err := Settled(t.Context(), Lag(), func(context.Context) ([]string, error) { return []string{"a disk"}, errors.New("denied") }); err == nil {
		t.Error("an error was lost")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Settled(ctx, Lag(), func(context.Context) ([]string, error) { return []string{"a disk"}, nil }); !errors.Is(err, context.Canceled) {
		t.Errorf("it waits although its time is up: %v", err)
	}
}
