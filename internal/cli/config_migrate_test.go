package cli

import (
	"os"
	"strings"
	"testing"
)

const ofKconfig = `{"phase1": {"cloud_provider": "gce", "num_nodes": 4, "cluster_name": "old", "gce": {"project": "my-project"}}}`

func TestConfigMigrate_PrintsUnlessToldToWrite(t *testing.T) {
	b := newBench(t)
	b.fakeTarget.name = "gcp"
	if err := os.WriteFile(".config.json", []byte(ofKconfig), 0o600); err != nil {
		t.Fatal(err)
	}
	// The made-up target has no field project, so that something is left to do.
	code, out, said := b.run(t, "config", "migrate")
	if code != ExitUsage || !strings.Contains(out, `"name": "old"`) || !strings.Contains(said, "phase1.num_nodes is spec.pools[0].count") ||
		!strings.Contains(said, "left to do") {
		t.Errorf("exit %d\n%s\n%s", code, out, said)
	}
	if code, out, _ := b.run(t, "config", "migrate", "--write"); code != ExitUsage || out != "" {
		t.Errorf("--write of what is incomplete: exit %d\n%s", code, out)
	}
	if kept, err := os.ReadFile(".config.json"); err != nil || string(kept) != ofKconfig {
		t.Errorf("the file was touched: %s %v", kept, err)
	}
}

func TestConfigMigrate_WritesAndKeepsTheOldFile(t *testing.T) {
	b := newBench(t)
	b.fakeTarget.name = "gcp"
	old := strings.Replace(ofKconfig, `, "gce": {"project": "my-project"}`, "", 1)
	if err := os.WriteFile(".config.json", []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := b.run(t, "config", "migrate", "--write"); code != 0 || !strings.Contains(said, ".config.json.bak") {
		t.Fatalf("exit %d\n%s", code, said)
	}
	if kept, err := os.ReadFile(".config.json.bak"); err != nil || string(kept) != old {
		t.Errorf("the old file is not kept: %s %v", kept, err)
	}
	if code, _, said := b.run(t, "config", "migrate"); code != 0 || !strings.Contains(said, "nothing is changed") {
		t.Errorf("of what was migrated it said, with exit %d\n%s", code, said)
	}
	// A copy of an older file is never overwritten.
	if err := os.WriteFile(".config.json", []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, _, said := b.run(t, "config", "migrate", "--write"); code != ExitUsage || !strings.Contains(said, "is there already") {
		t.Errorf("exit %d\n%s", code, said)
	}
}

func TestConfigMigrate_RefusesVSphereWithWords(t *testing.T) {
	b := newBench(t)
	if err := os.WriteFile(".config.json", []byte(`{"phase1": {"cloud_provider": "vsphere"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out, said := b.run(t, "config", "migrate"); code != ExitUsage || out != "" || !strings.Contains(said, "baremetal") {
		t.Errorf("exit %d\n%s\n%s", code, out, said)
	}
}

func TestConfigMigrate_SaysWhatToTypeWithoutAFile(t *testing.T) {
	code, out, said := newBench(t).run(t, "config", "migrate")
	if code != ExitUsage || out != "" || !strings.Contains(said, "name the old one with -f") || !strings.Contains(said, "kubectl anywhere config") {
		t.Errorf("exit %d\n%s\n%s", code, out, said)
	}
}
