package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
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
func TestAddons_OfALivingCluster(t *testing.T) {
	server := kubetest.Start(t)
	b := newBench(t)
	api, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	var s *session
	carry := func(addons []config.Addon, change func(*application)) error {
		cluster, err := readConfig(b.env, write(t, "c.json", func(c *config.Cluster) { c.Spec.Addons = addons }))
		if err != nil {
			t.Fatal(err)
		}
		s = &session{env: b.env, cluster: cluster, target: b.fakeTarget, dir: home.Of(b.home, "a")}
		out := target.Outputs{NodeEndpoint: "192.0.2.1:6443", Endpoint: api.Host()}
		a := &application{creation: &creation{session: s, out: out, api: api}, carryFlags: carryFlags{NoWait: true, Timeout: time.Second}}
		if change != nil {
			change(a)
		}
		b.out.Reset()
		b.err.Reset()
		return a.run(t.Context())
	}
	metrics := kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "metrics-server"}
	there := func(ref kube.Ref, want bool) {
		t.Helper()
		if _, found, err := api.Get(t.Context(), ref); err != nil || found != want {
			t.Errorf("%s: found %t, %v", ref, found, err)
		}
	}
	if err := carry(nil, func(a *application) { a.dryRun = true }); err != nil {
		t.Fatal(err)
	}
	has(t, b.out.String(), "Deployment kube-system/metrics-server created")
	there(metrics, false)
	if err := carry(nil, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "created (", "more; 'kubectl anywhere addons diff a'", "Applying the addons")
	there(metrics, true)
	if err := carry(nil, func(a *application) { a.NoWait, a.Timeout = false, 5*time.Second }); err == nil || !strings.Contains(err.Error(), "waiting for the controller to see it") {
		t.Errorf("waiting for what nobody runs: %v", err)
	}
	off := []config.Addon{{Name: "metrics-server", Enabled: new(false)}}
	answering := func(text string) func(*application) {
		return func(a *application) { a.env.Typed, a.env.In = true, strings.NewReader(text) }
	}
	if err := carry(off, answering("n\n")); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a person who says no: %v", err)
	}
	has(t, b.err.String(), "pruned (", "Deployment kube-system/metrics-server", "[y/N]")
	there(metrics, true)
	lists(t, b, s, api, "metrics-server", choice.Disabled, "objects are still applied")
	if err := carry(off, answering("y\n")); err != nil {
		t.Fatal(err)
	}
	there(metrics, false)
	lists(t, b, s, api, "metrics-server", choice.Disabled, "")
	lists(t, b, s, api, "coredns", choice.NotReady, "waiting for the controller to see it")
	unmanaged := append(slices.Clone(off), config.Addon{Name: "coredns", Unmanaged: true})
	if err := carry(unmanaged, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "released (", "Deployment kube-system/coredns")
	if strings.Contains(b.err.String(), "pruned") {
		t.Error("what is released is pruned")
	}
	there(kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "coredns"}, true)
	lists(t, b, s, api, "coredns", choice.Unmanaged, "")
	if err := carry(unmanaged, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "objects as wanted")
	e := &examination{session: s, env: b.env, api: api, exists: true, out: target.Outputs{NodeEndpoint: "192.0.2.1:6443"}}
	if told := unwell(e.checkAddons(t.Context())); strings.Contains(told, "coredns") || !strings.Contains(told, "kube-proxy") {
		t.Errorf("doctor tells of\n%s", told)
	}
	var of []string
	for _, a := range (&lookout{session: s}).withUnmanaged([]health.Addon{{Name: "access"}, {Name: "flannel"}}) {
		of = append(of, a.Name)
	}
	if !slices.Equal(of, []string{"access", "coredns", "flannel"}) {
		t.Errorf("status tells of %q", of)
	}
}

// lists fails the test where 'addons list' says another thing of an addon.
func lists(t *testing.T, b *bench, s *session, api *kube.Client, name, state, reason string) {
	t.Helper()
	set, err := addon.Render(s.addonValues(target.Outputs{NodeEndpoint: "192.0.2.1:6443"}))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := seenIn(t.Context(), api, set)
	if err != nil {
		t.Fatal(err)
	}
	b.out.Reset()
	all := choice.Standings(s.cluster, set, seen)
	if err := s.printStandings(all, &listAddonsFlags{}); err != nil {
		t.Fatal(err)
	}
	within(t, b.out.String())
	for _, a := range all {
		if a.Name == name && a.State == state && strings.Contains(a.Reason, reason) {
			return
		}
	}
	t.Errorf("want %s to be %s (%s) in\n%s", name, state, reason, b.out.String())
}
