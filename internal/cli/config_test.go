package cli

import (
	"os"
	"strings"
	"testing"
)

// What one is asked to change is changed; what makes editors useful comes with
// the command that is about the whole file.
func TestConfig_NamesTheSchemaInAFileThatIsThereAndSetDoesNot(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	said := func() string {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	if code, _, _ := b.run(t, "config", "set", "-f", file, "spec.pools[workers].count=2"); code != 0 || strings.Contains(said(), "$schema") {
		t.Errorf("exit %d, the file says\n%s", code, said())
	}
	if code, _, _ := b.run(t, "config", "-f", file, "--set", "spec.pools[workers].count=3", "--yes"); code != 0 || strings.Count(said(), `"$schema": "https://`) != 1 {
		t.Errorf("exit %d, the file says\n%s", code, said())
	}
	before := said()
	if code, _, _ := b.run(t, "config", "-f", file, "--yes"); code != 0 || said() != before {
		t.Errorf("exit %d, the file says\n%s", code, said())
	}
}

func TestConfigSet_MendsABrokenFileOneThingAtATime(t *testing.T) {
	b := newBench(t)
	const broken = "apiVersion: kubernetes-anywhere.io/v1alpha1\nkind: Cluster\nmetadata:\n  name: a\nspec:\n  controlPlane: {count: 2}\n  future: 1 # ours\n  network: {podCIDR: nothing}\n"
	if err := os.WriteFile("c.yaml", []byte(broken), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, stderr := b.run(t, "config", "set", "-f", "c.yaml", "spec.controlPlane.count=3")
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "c.yaml is changed.", "What was wrong before still is:", "spec.future: there is no such field", "spec.network.podCIDR: \"nothing\" is not an address range")
	data, err := os.ReadFile("c.yaml")
	if want := strings.Replace(broken, "count: 2", "count: 3", 1); err != nil || string(data) != want {
		t.Errorf("%v, got\n%s\nwant\n%s", err, data, want)
	}
	code, _, stderr = b.run(t, "config", "set", "-f", "c.yaml", "spec.network.podCIDR=10.0.0.0/8", "spec.network.serviceCIDR=nowhere")
	if after, _ := os.ReadFile("c.yaml"); code != ExitUsage || string(after) != string(data) {
		t.Errorf("what makes it worse: exit %d", code)
	}
	has(t, stderr, "c.yaml would not be right, so it is left as it is")
}
