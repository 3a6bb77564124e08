package config

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDefault_FillsWhatIsEmptyAndNothingElse(t *testing.T) {
	c := &Cluster{Spec: Spec{
		Pools:   []Pool{},
		Network: Network{PodCIDR: "10.1.0.0/16"},
		Block:   &fakeBlock{APIPort: 1},
	}}
	c.Default()
	want := &Cluster{APIVersion: APIVersion, Kind: Kind, Spec: Spec{
		Target:            "local",
		KubernetesVersion: "v1.37.1",
		ControlPlane:      ControlPlane{Count: 1},
		Pools:             []Pool{},
		Network: Network{
			Layer: "flannel", ProxyMode: "auto", PodCIDR: "10.1.0.0/16", ServiceCIDR: "10.96.0.0/16",
			NodeCIDR: "10.240.0.0/24", DNSDomain: "cluster.local",
		},
		Block: &fakeBlock{APIPort: 1},
	}}
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("Default() differs (-want +got):\n%s", diff)
	}
}

func TestNew_TakesEveryDefault(t *testing.T) {
	c := New("gcp", fakeBlocks())
	if c.Metadata.Name != "anywhere" || c.Spec.Target != "gcp" {
		t.Errorf("New is %q on %q", c.Metadata.Name, c.Spec.Target)
	}
	if diff := cmp.Diff([]Pool{{Name: "workers", Count: 2}}, c.Spec.Pools); diff != "" {
		t.Error(diff)
	}
	if block, ok := c.Spec.Block.(*fakeBlock); !ok || block.APIPort != 6443 {
		t.Errorf("the block is %+v, want its defaults", c.Spec.Block)
	}
	if c := New("nowhere", fakeBlocks()); c.Spec.Block != nil || c.Spec.Target != "nowhere" {
		t.Errorf("New of an unknown target is %+v", c.Spec)
	}
}

func TestNames_AreNumberedFromOne(t *testing.T) {
	c := complete()
	c.Spec.ControlPlane.Count = 3
	want := []string{"anywhere-control-plane-1", "anywhere-control-plane-2", "anywhere-control-plane-3"}
	if diff := cmp.Diff(want, c.ControlPlaneNames()); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"anywhere-workers-1", "anywhere-workers-2"}, c.Spec.Pools[0].NodeNames("anywhere")); diff != "" {
		t.Error(diff)
	}
	if got := c.NodeCount(); got != 5 {
		t.Errorf("NodeCount() = %d, want 5", got)
	}
}

func TestNames_FitADNSLabelAtTheirLongest(t *testing.T) {
	c := complete()
	c.Metadata.Name = strings.Repeat("c", longestName)
	c.Spec.Network.PodCIDR, c.Spec.Network.NodeCIDR = "11.0.0.0/8", "12.0.0.0/8"
	c.Spec.Pools = []Pool{{Name: strings.Repeat("p", longestPoolName), Count: 60000}}
	if problems := c.Validate(); len(problems) != 0 {
		t.Fatal(problems)
	}
	names := c.Spec.Pools[0].NodeNames(c.Metadata.Name)
	if last := names[len(names)-1]; len(last) > 63 {
		t.Errorf("%q has %d characters", last, len(last))
	}
}

func TestAddresses_AreCountedFromTheNetwork(t *testing.T) {
	n := complete().Spec.Network
	for want, got := range map[string]string{
		"10.96.0.1":   n.ServiceAddress(APIServiceIndex).String(),
		"10.96.0.10":  n.ServiceAddress(DNSServiceIndex).String(),
		"10.96.1.0":   n.ServiceAddress(256).String(),
		"10.240.0.0":  n.NodeAddress(0).String(),
		"10.240.0.7":  n.NodeAddress(7).String(),
		"invalid IP":  n.NodeAddress(256).String(),
		"10.240.0.11": Network{NodeCIDR: "10.240.0.9/24"}.NodeAddress(11).String(),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	for _, n := range []Network{{}, {NodeCIDR: "x"}, {NodeCIDR: "fd00::/64"}} {
		if n.NodeAddress(1).IsValid() || n.NodeAddress(-1).IsValid() {
			t.Errorf("%q has an address", n.NodeCIDR)
		}
	}
}

func TestMarshal_WritesTheBlockLastUnderItsTarget(t *testing.T) {
	out, err := Marshal(complete())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(string(out), "    \"local\": {\n      \"apiPort\": 6443\n    }\n  }\n}\n") {
		t.Errorf("Marshal() =\n%s", out)
	}
	if target, version := strings.Index(string(out), "target"), strings.Index(string(out), "kubernetesVersion"); target > version {
		t.Errorf("fields are not in the order of the struct:\n%s", out)
	}
}

func TestMarshal_LeavesOutABlockThatIsNotThere(t *testing.T) {
	c := complete()
	c.Spec.Block = nil
	out, err := Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	// The node bundle travels this way: plain encoding/json reads it back.
	var back Cluster
	if err := json.Unmarshal(out, &back); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(c, &back); diff != "" {
		t.Error(diff)
	}
}

func TestNearest_FindsSlipsOnly(t *testing.T) {
	names := []string{"controlPlane", "kubernetesVersion", "pools", "network"}
	for written, want := range map[string]string{
		"controlplane":              "controlPlane",
		"pool":                      "pools",
		"netwrok":                   "network",
		"kubernetes":                "",
		"x":                         "",
		strings.Repeat("pools", 99): "",
	} {
		if got := nearest(written, names); got != want {
			t.Errorf("nearest(%q) = %q, want %q", written, got, want)
		}
	}
}

func TestParent_CutsOneStep(t *testing.T) {
	for path, want := range map[string]string{
		"spec.pools[0].name":             "spec.pools[0]",
		"spec.pools[0]":                  "spec.pools",
		`spec.pools[0].labels["a.b/[c"]`: "spec.pools[0].labels",
		"spec":                           "",
		"":                               "",
	} {
		if got := parent(path); got != want {
			t.Errorf("parent(%q) = %q, want %q", path, got, want)
		}
	}
}

// fieldDocs are the doc comments of every exported field of every exported
// struct of this package, by "Struct.Field".
func fieldDocs(t *testing.T) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	docs := map[string]string{}
	for _, entry := range entries {
		if name := entry.Name(); !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), entry.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.TypeSpec)
			if !ok || !spec.Name.IsExported() {
				return true
			}
			body, ok := spec.Type.(*ast.StructType)
			if !ok {
				return true
			}
			for _, field := range body.Fields.List {
				for _, name := range field.Names {
					if name.IsExported() {
						docs[spec.Name.Name+"."+name.Name] = field.Doc.Text()
					}
				}
			}
			return true
		})
	}
	return docs
}

func TestFields_AreAllDescribed(t *testing.T) {
	docs := fieldDocs(t)
	if len(docs) < 25 {
		t.Fatalf("found %d fields only: %v", len(docs), docs)
	}
	for name, doc := range docs {
		if strings.TrimSpace(doc) == "" {
			t.Errorf("%s has no doc comment to be explained from", name)
		}
	}
}

func TestFields_SayTheirDefaults(t *testing.T) {
	docs := fieldDocs(t)
	c := complete()
	for name, value := range map[string]any{
		"Spec.Target":            c.Spec.Target,
		"Spec.KubernetesVersion": c.Spec.KubernetesVersion,
		"ControlPlane.Count":     "1",
		"Network.Layer":          c.Spec.Network.Layer,
		"Network.PodCIDR":        c.Spec.Network.PodCIDR,
		"Network.ServiceCIDR":    c.Spec.Network.ServiceCIDR,
		"Network.NodeCIDR":       c.Spec.Network.NodeCIDR,
		"Network.DNSDomain":      c.Spec.Network.DNSDomain,
	} {
		doc := strings.Join(strings.Fields(docs[name]), " ")
		if !strings.Contains(doc, "Default: "+value.(string)+".") {
			t.Errorf("%s: %q does not say \"Default: %s.\"", name, doc, value)
		}
	}
}

func TestExamples_OfRequiredFieldsAreValid(t *testing.T) {
	// A config made of proposals only must be one that loads.
	field, _ := reflect.TypeFor[Cluster]().FieldByName("Metadata")
	doc := `{"apiVersion": "` + APIVersion + `", "kind": "Cluster", "metadata": ` + example(field) + `}`
	if _, report := Load("c.json", []byte(doc), fakeBlocks()); !report.Empty() {
		t.Errorf("%s\n%s", doc, report.Render())
	}
}
