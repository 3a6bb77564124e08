package terminal_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPipe_TakesOneAnswerALine(t *testing.T) {
	dir := t.TempDir()
	answers := "piped\nlocal\n\n3\n" + strings.Repeat("\n", 20)
	code, stdout, stderr := call(t, dir, answers, "config")
	if code != 0 || stdout != "" {
		t.Fatalf("exit %d, %q, %s", code, stdout, stderr)
	}
	has(t, stderr, "Name  (metadata.name)", "[10.244.0.0/16] > ", "3 control planes, 2 workers", ".config.json is written.")
	accepted(t, dir, "cluster piped on local")
	if _, stdout, _ := call(t, dir, "", "config", "get", "spec.controlPlane.count"); stdout != "3\n" {
		t.Errorf("got %q", stdout)
	}
}

func TestPipe_TakesListsOfHosts(t *testing.T) {
	dir := t.TempDir()
	answers := []string{"bm", "baremetal", "", "~/.ssh/id_ed25519", ""}
	for _, host := range []string{"10.240.0.11\ncontrol-plane", "10.240.0.12\nworker", "10.240.0.13\nworker"} {
		answers = append(answers, "add", host, "")
	}
	code, _, stderr := call(t, dir, strings.Join(answers, "\n")+strings.Repeat("\n", 20), "config")
	if code != 0 {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	has(t, stderr, "== New host ==", "Go on with 3 hosts", "Key  (spec.baremetal.key)")
	accepted(t, dir, "cluster bm on baremetal")
}

func TestPipe_WritesNothingWhereItEndsTooEarly(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := call(t, dir, "\ngcp\n", "config")
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, `the input ended at the question "Kubernetes version", so nothing is written. It lacks:`, "spec.gcp")
	if code, _, stderr := call(t, dir, "Not_A_Name\n", "config"); code != 2 || !strings.Contains(stderr, `answering "Name" with "Not_A_Name"`) {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
		t.Errorf("there is %v, %v", entries, err)
	}
}

func TestFlags_SayEverythingWithoutAQuestion(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := call(t, dir, "", "config", "--target", "gcp", "--yes")
	if code != 2 || !strings.Contains(stderr, "spec.gcp") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, ".config.json")); err == nil {
		t.Error("a config that lacks something is written")
	}
	code, _, stderr = call(t, dir, "", "config", "--target", "gcp", "--set", "spec.gcp.project=my-project", "--set", "spec.pools[0].count=5", "--yes")
	if code != 0 {
		t.Fatalf("exit %d, %s", code, stderr)
	}
	accepted(t, dir, "cluster anywhere on gcp")
	code, _, stderr = call(t, dir, "", "config", "--set", "spec.gcp.projct=x", "--set", "spec.pools[0].count=many", "--yes")
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, `did you mean "project"?`, `"many" is no whole number`)
}

func TestSet_ChangesOnePlaceOrNothing(t *testing.T) {
	dir := t.TempDir()
	const before = "# Ours.\napiVersion: kubernetes-anywhere.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: a # short\nspec:\n  pools:\n    - name: workers\n      count: 2\n"
	file := filepath.Join(dir, "c.yaml")
	if err := os.WriteFile(file, []byte(before), 0o640); err != nil {
		t.Fatal(err)
	}
	code, stdout, stderr := call(t, dir, "", "config", "set", "-f", "c.yaml", "spec.pools[workers].count=5", "spec.network.podCIDR=10.200.0.0/16")
	if code != 0 || stdout != "" || stderr != "c.yaml is changed.\n" {
		t.Errorf("exit %d, %q, %s", code, stdout, stderr)
	}
	want := strings.Replace(before, "count: 2\n", "count: 5\n  network:\n    podCIDR: 10.200.0.0/16\n", 1)
	if got := read(t, file); got != want {
		t.Errorf("got\n%s", got)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("the mode is %v, %v", info.Mode(), err)
	}
	code, _, stderr = call(t, dir, "", "config", "set", "-f", "c.yaml", "spec.network.podCIDR=10.0.0.0/33", "spec.controlPlane.count=2")
	if code != 2 || read(t, file) != want {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "c.yaml would not be right, so it is left as it is", "spec.network.podCIDR", "spec.controlPlane.count", "fix:")
	if code, _, stderr := call(t, dir, "", "config", "set", "-f", "c.yaml", "spec.network-"); code != 0 {
		t.Errorf("exit %d, %s", code, stderr)
	}
	if got := read(t, file); strings.Contains(got, "network") {
		t.Errorf("got\n%s", got)
	}
	if code, _, stderr := call(t, dir, "", "config", "set", "spec.controlPlane.count=3"); code != 2 || !strings.Contains(stderr, "'kubectl anywhere config' makes one") {
		t.Errorf("without a file: exit %d, %s", code, stderr)
	}
}

func TestGet_PrintsWhatIsInEffectOrWritten(t *testing.T) {
	dir := t.TempDir()
	if code, _, stderr := call(t, dir, "", "config", "--set", "metadata.name=a", "--yes"); code != 0 {
		t.Fatal(stderr)
	}
	for want, args := range map[string][]string{
		"10.244.0.0/16\n":         {"spec.network.podCIDR"},
		"\"10.244.0.0/16\"\n":     {"spec.network.podCIDR", "-o", "json"},
		"- count: 2\n  name:":     {"spec.pools", "-o", "yaml"},
		"2\n":                     {"spec.pools[workers].count"},
		"{\n  \"target\": \"loca": {"spec", "--written"},
		"\"serviceCIDR\": \"10.9": {},
	} {
		code, stdout, stderr := call(t, dir, "", append([]string{"config", "get"}, args...)...)
		if code != 0 || !strings.Contains(stdout, want) || stderr != "" {
			t.Errorf("%v: exit %d, %q, %s", args, code, stdout, stderr)
		}
	}
	if code, stdout, stderr := call(t, dir, "", "config", "get", "spec.network", "--written"); code != 2 || stdout != "" || !strings.Contains(stderr, "does not say spec.network") {
		t.Errorf("exit %d, %q, %s", code, stdout, stderr)
	}
}

func TestValidate_TellsAllThatIsWrong(t *testing.T) {
	dir := t.TempDir()
	code, _, stderr := call(t, dir, `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "A"}, "spec": {"controlPlane": {"count": 2}}}`, "config", "validate", "-f", "-")
	if code != 2 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "metadata.name", "spec.controlPlane.count", "^")
}

func read(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
