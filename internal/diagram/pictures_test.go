package diagram_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var update = flag.Bool("update", false, "write the pictures of the documentation")

// folder is where the pictures of the documentation are.
var folder = filepath.Join("..", "..", "docs", "pictures")

// picture is a cluster to draw.
type picture struct {
	name    string
	cluster *config.Cluster
	facts   diagram.Facts
}

// load is a cluster of a spec in JSON.
func load(t *testing.T, spec string) *config.Cluster {
	t.Helper()
	cluster, report := config.Load("test.json", []byte(`{"apiVersion":"kubernetes-anywhere.io/v1alpha1","kind":"Cluster",
		"metadata":{"name":"anywhere"},"spec":`+spec+`}`), targets.Blocks())
	if !report.Empty() {
		t.Fatal(report.Render())
	}
	return cluster
}

// outputs are what phase 1 would hand on of a cluster, as it is drawn.
func outputs(c *config.Cluster, endpoint, nodes string) *target.Outputs {
	out := &target.Outputs{Endpoint: "https://" + endpoint, NodeEndpoint: nodes}
	for i, name := range c.ControlPlaneNames() {
		out.Hosts = append(out.Hosts, target.Host{
			Name: name, Role: node.ControlPlane, Zone: target.ControlPlaneZone(c, i+1), Address: fmt.Sprintf("10.240.0.%d", i+2),
		})
	}
	for _, p := range c.Spec.Pools {
		if c.Spec.Target != "local" {
			out.Pools = append(out.Pools, target.Pool{Name: p.Name, Group: p.Name, Count: p.Count, Max: p.Max})
			continue
		}
		for i, name := range p.NodeNames("anywhere") {
			out.Hosts = append(out.Hosts, target.Host{Name: name, Role: node.Worker, Pool: p.Name, Address: fmt.Sprintf("10.240.0.%d", 64+i)})
		}
	}
	return out
}

// large is five control planes and ten pools, two thousand nodes in all.
const large = `{"target":"aws","controlPlane":{"count":5,"machine":{"type":"m7i.2xlarge"}},
	"network":{"nodeCIDR":"10.240.0.0/16","podCIDR":"10.64.0.0/11"},
	"aws":{"region":"eu-central-1","natPerZone":true,"access":{"apiCIDRs":["203.0.113.0/24"],"sshCIDRs":["203.0.113.7/32"]}},
	"pools":[
	{"name":"system","count":6,"machine":{"type":"m7i.large"},"taints":[{"key":"dedicated","value":"system","effect":"NoSchedule"}]},
	{"name":"web","count":400,"min":100,"max":800},
	{"name":"web-spot","count":600,"min":0,"max":1200,"spot":true},
	{"name":"batch-a","count":200,"machine":{"zones":["eu-central-1a"]},"spot":true},
	{"name":"batch-b","count":200,"machine":{"zones":["eu-central-1b"]},"spot":true},
	{"name":"batch-c","count":200,"machine":{"zones":["eu-central-1c"]},"spot":true},
	{"name":"arm","count":350,"machine":{"arch":"arm64"}},
	{"name":"memory","count":24,"machine":{"type":"r7i.4xlarge","zones":["eu-central-1a","eu-central-1c"]}},
	{"name":"disk","count":15,"machine":{"type":"i4i.large","diskGB":500,"zones":["eu-central-1b","eu-central-1c"]}},
	{"name":"spare","count":0}]}`

func pictures(t *testing.T) []picture {
	one := load(t, `{"target":"local","controlPlane":{"count":1},"pools":[]}`)
	small := load(t, `{"target":"local","controlPlane":{"count":1},"pools":[{"name":"workers","count":2}]}`)
	balanced := load(t, `{"target":"local","controlPlane":{"count":3},"pools":[{"name":"workers","count":2}]}`)
	middle := load(t, `{"target":"gcp","controlPlane":{"count":3},"gcp":{"project":"my-project","region":"europe-west4","access":{"apiCIDRs":["203.0.113.0/24"]}},
		"pools":[{"name":"workers","count":12,"min":3,"max":20,"spot":true},{"name":"arm","count":3,"machine":{"arch":"arm64"}},{"name":"build","count":1,"machine":{"zones":["europe-west4-b"]}}]}`)
	private := load(t, `{"target":"azure","controlPlane":{"count":3},"azure":{"subscription":"00000000-0000-0000-0000-000000000000","access":{"privateEndpoint":true}},
		"pools":[{"name":"workers","count":3}]}`)
	metal := load(t, `{"target":"baremetal","controlPlane":{"count":3},"pools":[{"name":"workers","count":2}],"network":{"nodeCIDR":"192.0.2.0/24"},
		"baremetal":{"agent":true,"hosts":[{"address":"192.0.2.11","role":"control-plane"},{"address":"192.0.2.12","role":"control-plane"},{"address":"192.0.2.13","role":"control-plane"},
		{"address":"192.0.2.21","role":"worker","name":"rack1-a"},{"address":"192.0.2.22","role":"worker","name":"rack1-b"}]}}`)
	many := load(t, large)
	return []picture{
		{"one", one, diagram.Facts{}},
		{"small", small, diagram.Facts{Outputs: outputs(small, "127.0.0.1:6443", "10.240.0.2:6443")}},
		{"balanced", balanced, diagram.Facts{Outputs: outputs(balanced, "127.0.0.1:6443", "10.240.0.20:6443"),
			Trouble: []diagram.Trouble{
				{Host: target.Host{Name: "anywhere-control-plane-2"}, Reason: "its container is not running"},
				{Host: target.Host{Name: "anywhere-workers-2", Pool: "workers"}, Reason: "kubelet stopped posting node status"},
			}}},
		{"medium", middle, diagram.Facts{Outputs: outputs(middle, "34.90.0.7:6443", "10.240.0.6:6443")}},
		{"private", private, diagram.Facts{}},
		{"baremetal", metal, diagram.Facts{}},
		{"large", many, diagram.Facts{}},
	}
}

// documented are the pictures that the documentation shows.
func documented() []string { return []string{"small", "medium", "large", "baremetal"} }

func TestPictures_OfTheDocumentationAreUpToDate(t *testing.T) {
	all := pictures(t)
	for _, name := range documented() {
		for _, p := range all {
			if p.name == name {
				golden(t, filepath.Join(folder, "graph-"+name+".svg"), diagram.Of(p.cluster, p.facts).SVG())
			}
		}
	}
}

// golden compares a picture with the one that is kept, or keeps it.
func golden(t *testing.T, path string, want []byte) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s is out of date: type 'make update'", path)
	}
}

// TestPictures_CanBeLookedAt writes every picture in every form to the folder
// that ANYWHERE_PICTURES names, to be looked at.
func TestPictures_CanBeLookedAt(t *testing.T) {
	to := os.Getenv("ANYWHERE_PICTURES")
	if to == "" {
		t.Skip("ANYWHERE_PICTURES names no folder to write to")
	}
	for _, p := range pictures(t) {
		g := diagram.Of(p.cluster, p.facts)
		for form, data := range map[string][]byte{"svg": g.SVG(), "mmd": []byte(g.Mermaid()), "dot": []byte(g.DOT())} {
			if err := os.WriteFile(filepath.Join(to, p.name+"."+form), data, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}
