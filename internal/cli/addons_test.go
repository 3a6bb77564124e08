package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// within fails the test where a line is wider than the narrowest terminal.
func within(t *testing.T, text string) {
	t.Helper()
	for line := range strings.Lines(text) {
		if n := len([]rune(strings.TrimRight(line, "\n"))); n > textWidth {
			t.Errorf("%d columns: %s", n, line)
		}
	}
}

func TestAddonsList_WorksWithoutACluster(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", func(c *config.Cluster) {
		c.Spec.Addons = []config.Addon{{Name: "coredns", Unmanaged: true}, {Name: "metrics-server", Enabled: new(false)}}
	})
	code, stdout, stderr := b.run(t, "addons", "list", "-f", file)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "NAME ", "VERSION", "STATE", "REASON", "flannel", "kube-proxy")
	has(t, stderr, "not there yet")
	within(t, stdout)
	_, stdout, _ = b.run(t, "addons", "list", "-f", file, "-o", "json")
	var got struct{ Items []choice.Standing }
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	states := map[string]string{}
	for _, a := range got.Items {
		states[a.Name] = a.State
	}
	if states["coredns"] != choice.Unmanaged || states["metrics-server"] != choice.Disabled || states["flannel"] != choice.Unknown {
		t.Errorf("states are %v", states)
	}
	_, stdout, _ = b.run(t, "addons", "list", "-f", file, "--objects")
	has(t, stdout, "DaemonSet kube-system/kube-proxy")
	if code, _, stderr := b.run(t, "addons", "list", "-f", file, "-o", "xml"); code != ExitUsage || !strings.Contains(stderr, "json, wide, yaml") {
		t.Errorf("exit %d", code)
	}
	b.untouched(t)
}

func TestAddonsList_AllTellsWhatCanBeEnabled(t *testing.T) {
	b := newBench(t)
	_, stdout, stderr := b.run(t, "addons", "list", "--all")
	has(t, stdout, "DESCRIPTION", "headlamp", "required", "metrics-server", "autoscaling")
	has(t, stderr, "On aws: aws-cloud-controller-manager, aws-ebs-csi")
	within(t, stdout+stderr)
	if strings.Contains(stdout, "aws-") {
		t.Error("those of another target are listed")
	}
	_, stdout, _ = b.run(t, "addons", "list", "--all", "-o", "wide")
	has(t, stdout, "aws-ebs-csi")
	b.untouched(t)
}

func TestAddonsEnable_ChangesTheConfigAlone(t *testing.T) {
	b := newBench(t)
	file := write(t, ".config.json", nil)
	code, _, stderr := b.run(t, "addons", "enable", "headlamp")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, ".config.json is changed", "not there yet")
	cluster, err := readConfig(b.env, file)
	if err != nil || !cluster.HasAddon("headlamp") {
		t.Errorf("it is not in the config: %v", err)
	}
	b.untouched(t)
}

func TestAddonsEnable_KeepsTheConfigOfTheClusterInStep(t *testing.T) {
	b := newBench(t)
	file := write(t, ".config.json", nil)
	b.run(t, "provision")
	// What else the file says by now is not to happen by the way.
	write(t, file, func(c *config.Cluster) { c.Spec.Pools[0].Count = 7 })
	for _, step := range []struct {
		verb []string
		want bool
	}{{[]string{"enable", "headlamp"}, true}, {[]string{"disable", "headlamp"}, false}} {
		code, _, stderr := b.run(t, append(append([]string{"addons"}, step.verb...), "--no-apply")...)
		if code != 0 {
			t.Fatalf("exit %d", code)
		}
		has(t, stderr, "Next: kubectl anywhere addons apply a")
		saved, err := readConfig(b.env, filepath.Join(b.home, ".kube", "anywhere", "a", "cluster.json"))
		if err != nil {
			t.Fatal(err)
		}
		mine, err := readConfig(b.env, file)
		if err != nil {
			t.Fatal(err)
		}
		if saved.HasAddon("headlamp") != step.want || mine.HasAddon("headlamp") != step.want {
			t.Errorf("after %v the saved config has it: %t, the file %t", step.verb, saved.HasAddon("headlamp"), mine.HasAddon("headlamp"))
		}
		if saved.Spec.Pools[0].Count != 1 || mine.Spec.Pools[0].Count != 7 {
			t.Errorf("pools of %d and %d", saved.Spec.Pools[0].Count, mine.Spec.Pools[0].Count)
		}
	}
}

func TestAddons_RefuseBeforeAnythingIsTouched(t *testing.T) {
	for name, test := range map[string]struct {
		args []string
		says string
	}{
		"no such addon":  {[]string{"enable", "headlamp", "metric-server"}, `did you mean "metrics-server"?`},
		"another target": {[]string{"enable", "aws-ebs-csi"}, "for target aws, not for local"},
		"required":       {[]string{"disable", "coredns"}, "addons disable coredns --unmanaged"},
		"none":           {[]string{"enable"}, "takes the names of addons"},
		"standard input": {[]string{"enable", "headlamp", "-f", "-"}, "cannot be changed"},
		"no time":        {[]string{"enable", "headlamp", "--timeout=0s"}, "--timeout 0s"},
		"render":         {[]string{"render", "metric-server"}, `did you mean "metrics-server"?`},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			file := write(t, ".config.json", nil)
			before, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			code, _, stderr := b.run(t, append([]string{"addons"}, test.args...)...)
			if after, err := os.ReadFile(file); code != ExitUsage || err != nil || !bytes.Equal(before, after) {
				t.Errorf("exit %d, want %d; the file is\n%s", code, ExitUsage, after)
			}
			has(t, stderr, test.says)
			b.untouched(t)
		})
	}
}

func TestAddonsRender_PrintsAStreamThatIsReadBack(t *testing.T) {
	b := newBench(t)
	file := write(t, ".config.json", nil)
	_, stdout, _ := b.run(t, "addons", "render", "-f", file)
	all, err := kube.Parse([]byte(stdout))
	if err != nil || len(all) < 20 {
		t.Fatalf("%d objects, %v", len(all), err)
	}
	// One that is not enabled is what would come.
	_, stdout, _ = b.run(t, "addons", "render", "headlamp")
	some, err := kube.Parse([]byte(stdout))
	if err != nil || len(some) == 0 {
		t.Fatalf("%d objects, %v", len(some), err)
	}
	for _, object := range some {
		if object.GetLabels()[addon.Label] != "headlamp" {
			t.Errorf("%s %s is of %q", object.GetKind(), object.GetName(), object.GetLabels()[addon.Label])
		}
	}
}

// TestAddons_OfALivingCluster applies, disables and releases against a real
// API server, in which nothing runs.
