package cli

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestPoolScale_ChangesTheFileAndTheHosts(t *testing.T) {
	b := newBench(t)
	file := write(t, ".config.json", nil)
	b.run(t, "provision")
	// Nothing answers as the API: the hosts come, their nodes don't. The time is
	// that of each phase, so it has room for the engine on a busy machine.
	code, _, stderr := b.run(t, "pool", "scale", "workers", "--count", "3", "--timeout", "3s")
	if code != ExitTimedOut {
		t.Errorf("exit %d, want %d", code, ExitTimedOut)
	}
	has(t, stderr, "the API does not answer, so nothing is drained", "2 created", "Waiting for every node")
	if got := b.world.Names(); !slices.Equal(got, []string{"a-control-plane-1", "a-workers-1", "a-workers-2", "a-workers-3"}) {
		t.Errorf("there are %q", got)
	}
	data, err := os.ReadFile(file)
	if err != nil || !strings.Contains(strings.Join(strings.Fields(string(data)), ""), `"count":3`) {
		t.Errorf("the file is %s, error %v", data, err)
	}
}

func TestPool_LeavesTheFileWhereTheChangeIsRefused(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no such pool":    {[]string{"scale", "worker", "--count", "3"}, `did you mean "workers"?`},
		"no count":        {[]string{"scale", "workers"}, "needs --count"},
		"too few":         {[]string{"scale", "workers", "--count=-1"}, "less than no nodes"},
		"there already":   {[]string{"add", "workers"}, `there is a pool "workers" already`},
		"no effect":       {[]string{"add", "more", "--taints", "a=b"}, "write key=value:Effect"},
		"wrong effect":    {[]string{"add", "more", "--taints", "a=b:Never"}, `"Never" is not an effect`},
		"preflight":       {[]string{"add", "more"}, "no room"},
		"two pools":       {[]string{"remove", "a", "b"}, "takes the name of one pool"},
		"standard input":  {[]string{"remove", "workers", "-f", "-"}, "cannot be changed"},
		"no architecture": {[]string{"add", "more", "--arch", "arm"}, `"arm" is no architecture`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.problems = []diag.Problem{{Message: "no room", Fix: "make room"}}
			before, err := os.ReadFile(write(t, ".config.json", nil))
			if err != nil {
				t.Fatal(err)
			}
			code, _, stderr := b.run(t, append([]string{"pool"}, test.args...)...)
			if code != ExitUsage {
				t.Errorf("exit %d, want %d", code, ExitUsage)
			}
			has(t, stderr, test.says)
			if after, err := os.ReadFile(".config.json"); err != nil || string(after) != string(before) {
				t.Errorf("the file became %s, error %v", after, err)
			}
			b.untouched(t)
		})
	}
}

func TestPoolList_ShowsWhatTheConfigSays(t *testing.T) {
	b := newBench(t)
	write(t, ".config.json", func(c *config.Cluster) {
		c.Spec.Pools = append(c.Spec.Pools, config.Pool{Name: "big", Count: 2, Min: 1, Max: 9,
			Machine: config.Machine{Type: "n2-standard-8", Arch: "amd64", Zones: []string{"x-b", "x-c"}}})
	})
	code, stdout, stderr := b.run(t, "pool", "list")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "POOL COUNT MIN MAX READY MACHINE ARCH ZONES", "workers 1 - - ? - - -", "big 2 1 9 ? n2-standard-8 amd64 x-b,x-c")
	has(t, stderr, "cannot be counted")
}

func TestGoes_IsOnlyWhatTheChangeTakesAway(t *testing.T) {
	cluster := &config.Cluster{Metadata: config.Metadata{Name: "a"}, Spec: config.Spec{Pools: []config.Pool{{Name: "workers", Count: 1}}}}
	was := target.Outputs{Hosts: []target.Host{{Name: "a-workers-1"}, {Name: "a-workers-2"}}}
	for name, test := range map[string]struct {
		node kube.Node
		goes bool
	}{
		"a host that stays":         {kube.Node{Name: "a-workers-1", Pool: "workers"}, false},
		"a host beyond the number":  {kube.Node{Name: "a-workers-2", Pool: "workers"}, true},
		"a machine of a group":      {kube.Node{Name: "i-0123", Pool: "workers"}, false},
		"one of a pool that is not": {kube.Node{Name: "i-4567", Pool: "big"}, true},
		"a control plane":           {kube.Node{Name: "a-control-plane-1", ControlPlane: true}, false},
		"a node of the user's own":  {kube.Node{Name: "mine"}, false},
	} {
		if got := (&session{cluster: cluster}).goes(test.node, was); got != test.goes {
			t.Errorf("%s: goes is %t", name, got)
		}
	}
}
