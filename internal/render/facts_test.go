package render_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const realHost = `{"hostname": "node-7", "addresses": ["172.29.0.77"], "os": "flatcar", "arch": "arm64", "cgroupVersion": 1,
"hasSysResource": true, "containerEngine": "podman", "containerdVersion": "2.1.0", "resolvConf": "/run/x", "isContainer": false, "now": "2026-01-01T00:00:00Z"}`

// by renders a small cluster by the facts in some files.
func by(t *testing.T, given map[string]string) (*render.Rendered, error) {
	t.Helper()
	dir := t.TempDir()
	name := dir
	for file, content := range given {
		if err := os.WriteFile(filepath.Join(dir, file), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if file == "host" {
			name = filepath.Join(dir, file)
		}
	}
	facts, err := render.ReadFacts(name, []string{"small", "big"})
	if err != nil {
		return nil, err
	}
	to := local.New()
	c := config.New("local", map[string]func() config.Block{"local": to.Block})
	c.Metadata.Name, c.Spec.Network.NodeCIDR = "demo", "172.29.0.0/24"
	c.Spec.Pools = []config.Pool{{Name: "small", Count: 1}, {Name: "big", Count: 1}}
	return render.Cluster(to, target.Inputs{Cluster: c, BootstrapImage: "example.com/bootstrap:v1"}, render.Options{Facts: facts})
}

func TestCluster_IsRenderedByTheFactsOfARealHost(t *testing.T) {
	made, err := by(t, map[string]string{"host": realHost})
	if err != nil {
		t.Fatal(err)
	}
	for name, n := range made.Nodes {
		if !strings.Contains(string(n.Files["/etc/systemd/system/kubelet.service"]), "podman") || n.Files["/etc/systemd/system/containerd.service.d/10-kubernetes-anywhere.conf"] == nil {
			t.Errorf("%s is not rendered for Flatcar with Podman", name)
		}
		if made.Files["2-bootstrap/"+name+"/facts.json"] == nil || made.Files["2-bootstrap/"+name+"/assumed-facts.json"] != nil {
			t.Errorf("%s: the facts are said to be assumed", name)
		}
	}
	// It is a worker's name and address, and no control plane's.
	if made.Nodes["small"].Facts.Hostname != "node-7" || made.Nodes["control-plane"].Facts.Hostname != "demo-control-plane-1" {
		t.Errorf("the hosts are %q and %q", made.Nodes["small"].Facts.Hostname, made.Nodes["control-plane"].Facts.Hostname)
	}
}

func TestCluster_TakesFactsForOnePoolOnly(t *testing.T) {
	made, err := by(t, map[string]string{"big.json": realHost})
	if err != nil {
		t.Fatal(err)
	}
	if made.Nodes["big"].Facts.OS != "flatcar" || made.Nodes["small"].Facts.OS != "debian" || made.Nodes["control-plane"].Facts.OS != "debian" {
		t.Error("the facts of one pool are not taken for that pool alone")
	}
}

func TestReadFacts_RefusesWhatIsNone(t *testing.T) {
	for words, given := range map[string]map[string]string{
		"os or cgroupVersion is missing":         {"host": `{}`},
		"unknown field":                          {"host": `{"kind": "Cluster"}`},
		"is of no host of this cluster":          {"workers.json": realHost},
		"has no file of control-plane.json":      {"readme.txt": ""},
		"none of its addresses (172.29.0.77) is": {"control-plane.json": realHost},
	} {
		if _, err := by(t, given); err == nil || !strings.Contains(err.Error(), words) {
			t.Errorf("got %v, want %q", err, words)
		}
	}
}
