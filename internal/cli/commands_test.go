package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

func TestPreview_ShowsWhatIsPendingAndLeavesNoTrace(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, stdout, stderr := b.run(t, "preview", "-f", file, "--exit-code")
	want := `1 Provision: 3 to create
  credentials
    + Credentials credentials
  control plane
    + Thing a-control-plane-1
  pool workers
    + Thing a-workers-1
`
	if code != ExitPending || !strings.HasPrefix(stdout, want) || stderr != "\nNext: kubectl anywhere create -f c.json\n" {
		t.Errorf("exit %d, %q, %q; want %d and\n%s", code, stdout, stderr, ExitPending, want)
	}
	b.untouched(t)
	if len(b.world.Names()) > 0 {
		t.Errorf("a preview made %q", b.world.Names())
	}
	b.run(t, "provision", "-f", file)
	if code, stdout, _ := b.run(t, "preview", "--exit-code"); code != 0 || !strings.Contains(stdout, "3 unchanged") || !strings.Contains(stdout, "Nothing to change") {
		t.Errorf("of what is as wanted: exit %d, %q", code, stdout)
	}
}

func TestPreview_PrintsData(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Network.NodeCIDR = "10.241.0.0/24" })
	_, stdout, _ := b.run(t, "preview", "-f", file, "-o", "json")
	var got struct {
		Kind      string    `json:"kind"`
		Changes   []planned `json:"resources"`
		Unchanged int       `json:"unchanged"`
	}
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Kind != "Preview" || got.Unchanged != 1 || len(got.Changes) != 2 {
		t.Fatalf("got %+v", got)
	}
	first := got.Changes[0]
	if first.Op != "replace" || first.Name != "a-control-plane-1" || !slices.Equal(first.Diff, []string{"shape"}) || first.Destroys == "" {
		t.Errorf("got %+v", first)
	}
	if !slices.Equal(first.Changes, []plan.Change{{Path: "shape", Old: "10.240.0.0/24", New: "10.241.0.0/24"}}) {
		t.Errorf("the values are %+v", first.Changes)
	}
	if got.Changes[1].Destroys != "" {
		t.Errorf("a worker keeps nothing, and %+v", got.Changes[1])
	}
}

func TestDelete_LeavesNothing(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	if code, _, _ := b.run(t, "kubeconfig", "a", "--merge"); code != 0 {
		t.Fatal("there is no context to be removed")
	}
	code, stdout, stderr := b.run(t, "delete", "a")
	if code != 0 || stdout != "" {
		t.Errorf("exit %d, on standard output %q", code, stdout)
	}
	has(t, stderr, "3 resources deleted", `nothing is left on target "local"`, `context "a" is removed`, `Cluster "a" is gone.`)
	if len(b.world.Names()) > 0 {
		t.Errorf("there are still %q", b.world.Names())
	}
	if entries, err := os.ReadDir(filepath.Join(b.home, ".kube/anywhere")); !os.IsNotExist(err) {
		t.Errorf("the folder of clusters is still there: %v, %v", entries, err)
	}
	if code, _, stderr := b.run(t, "delete", "a"); code != ExitUsage || !strings.Contains(stderr, `no cluster "a"`) {
		t.Errorf("the second time: exit %d, %s", code, stderr)
	}
}

func TestDelete_SaysWhatIsLeft(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	b.left = []string{"volume a-1"}
	code, _, stderr := b.run(t, "delete", "a")
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, stderr, "volume a-1", "kubectl anywhere provision a # takes them over", "kubectl anywhere delete a")
	// What is known of the cluster stays, so that one can go on.
	b.left = nil
	if code, _, _ := b.run(t, "delete", "a"); code != 0 {
		t.Errorf("going on: exit %d", code)
	}
}

func TestStatus_ShowsHostsOfAClusterWhoseAPIDoesNotAnswer(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	code, stdout, stderr := b.run(t, "status")
	if code != 0 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
	has(t, stdout, "Cluster a on local, Kubernetes v1.37.1: down", "connection refused", "a-control-plane-1 control-plane Unknown - - 192.0.2.1",
		"a-workers-1 workers", "a-workers-1: booting", "kubectl anywhere create a")
	_, stdout, _ = b.run(t, "status", "-o", "json")
	var got health.Report
	if err := json.Unmarshal([]byte(stdout), &got); err != nil {
		t.Fatal(err)
	}
	if got.Name != "a" || got.API.Endpoint != "https://127.0.0.1:9" || len(got.Nodes) != 2 || got.Nodes[1].Machine.Doing != "booting" {
		t.Errorf("got %+v", got)
	}
}

func TestKubeconfig_PrintsDataOnly(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	code, stdout, stderr := b.run(t, "kubeconfig")
	if code != 0 || stderr != "" {
		t.Errorf("exit %d, %q", code, stderr)
	}
	has(t, stdout, "server: https://127.0.0.1:9", "current-context: a", "client-key-data:")
}

func TestState_IsKeptWithTheConfig(t *testing.T) {
	b := newBench(t)
	elsewhere := "file://" + t.TempDir()
	b.run(t, "provision", "-f", write(t, "c.json", nil), "--state", elsewhere)
	if code, _, _ := b.run(t, "kubeconfig", "a"); code != 0 {
		t.Errorf("without --state: exit %d", code)
	}
	code, _, stderr := b.run(t, "provision", "a", "--state", "file://"+t.TempDir())
	if code != ExitUsage {
		t.Errorf("with another one: exit %d, want %d", code, ExitUsage)
	}
	has(t, stderr, `cluster "a" keeps its state at `+elsewhere)
	if code, _, _ := b.run(t, "delete", "a"); code != 0 || len(b.world.Names()) > 0 {
		t.Errorf("delete: exit %d, left %q", code, b.world.Names())
	}
}

func TestState_OpensWithThePassphraseOfTheEnvironmentOnly(t *testing.T) {
	b := newBench(t)
	b.env.Getenv = func(name string) string { return map[string]string{passphraseVariable: "open sesame"}[name] }
	_, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil))
	if strings.Contains(stderr, "new passphrase") {
		t.Error("a passphrase was made although one was given")
	}
	b.env.Getenv = func(string) string { return "" }
	for _, verb := range []string{"kubeconfig", "provision", "preview", "delete"} {
		code, _, stderr := b.run(t, verb, "a")
		if code != ExitUsage {
			t.Errorf("%s without the passphrase exits %d, want %d", verb, code, ExitUsage)
		}
		has(t, stderr, "set "+passphraseVariable)
	}
}

func TestOpen_FindsTheConfig(t *testing.T) {
	b := newBench(t)
	asked := func(args ...string) string {
		t.Helper()
		_, stdout, stderr := b.run(t, append([]string{"preview"}, args...)...)
		return stdout + stderr
	}
	has(t, asked(), "anywhere-control-plane-1") // a first one
	one := write(t, "one.json", func(c *config.Cluster) { c.Metadata.Name = "one" })
	b.run(t, "provision", "-f", one)
	has(t, asked(), "Nothing to change") // the only one there is
	b.run(t, "provision", "-f", write(t, "two.json", func(c *config.Cluster) { c.Metadata.Name = "two" }))
	has(t, asked(), "there are several clusters: name one of one, two")
	has(t, asked("two"), "Nothing to change")
	has(t, asked("three"), `there is no cluster "three"; there is one, two`)
	write(t, defaultConfig, func(c *config.Cluster) { c.Metadata.Name = "here" })
	has(t, asked(), "here-control-plane-1") // the one of this folder
	has(t, asked("-f", one), "Nothing to change")
	has(t, asked("one", "-f", one), "or --filename, not both")
	data, err := os.ReadFile(defaultConfig)
	if err != nil {
		t.Fatal(err)
	}
	b.env.In = strings.NewReader(string(data))
	has(t, asked("-f", "-"), "here-control-plane-1")
}
