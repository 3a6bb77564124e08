package catalog_test

import (
	"flag"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

var update = flag.Bool("update", false, "write the table of docs/addons.md anew")

const (
	page       = "../../docs/addons.md"
	tableBegin = "<!-- addons: written by 'go test ./internal/catalog -update' from addons/ -->\n"
	tableEnd   = "<!-- end of addons -->"
)

func addons(t *testing.T) []catalog.Addon {
	t.Helper()
	all, err := catalog.Addons()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// table is what docs/addons.md shows of the catalog.
func table(t *testing.T) string {
	t.Helper()
	var out strings.Builder
	out.WriteString("| addon | what it is | unasked on | needs |\n|---|---|---|---|\n")
	for _, a := range addons(t) {
		name, on := "`"+a.Name+"`", strings.Join(a.Default, ", ")
		if a.Version != "" {
			name += " " + a.Version
		}
		switch {
		case a.Required:
			on = "every cluster; it can be unmanaged, not disabled"
		case on == "*":
			on = "every target"
		case on == "" && len(a.Targets) > 0:
			on = "none; for " + a.Where()
		case on == "":
			on = "none"
		}
		fmt.Fprintf(&out, "| %s | %s | %s | %s |\n", name, a.Description, on, strings.Join(a.Needs, ", "))
	}
	return out.String()
}

func TestAddons_AreThoseOfThePage(t *testing.T) {
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), tableBegin)
	is, after, ends := strings.Cut(rest, tableEnd)
	if !found || !ends {
		t.Fatalf("%s has no place for the table", page)
	}
	want := table(t)
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		is = want
	}
	if diff := cmp.Diff(want, is); diff != "" {
		t.Errorf("the table is out of date: type 'make generate' (-want +page):\n%s", diff)
	}
}

func TestAddons_NameOthersAndTargetsThatAreThere(t *testing.T) {
	targets := []string{"aws", "azure", "baremetal", "gcp", "local"}
	names := catalog.AddonNames()
	if len(names) < 10 {
		t.Fatalf("there are only %v", names)
	}
	for _, a := range addons(t) {
		for _, need := range a.Needs {
			if !slices.Contains(names, need) {
				t.Errorf("%s needs %s, which is none", a.Name, need)
			}
		}
		for _, target := range append(slices.Clone(a.Targets), a.Default...) {
			if target != "*" && !slices.Contains(targets, target) {
				t.Errorf("%s is for %q, which is no target", a.Name, target)
			}
		}
		for _, target := range a.Default {
			if target != "*" && !a.On(target) {
				t.Errorf("%s is part of clusters on %s, where it cannot be used", a.Name, target)
			}
		}
	}
}

// Of the classes that a cluster has unasked, one is the default at most.
func TestAddons_BringOneDefaultStorageClassATarget(t *testing.T) {
	for _, target := range []string{"aws", "azure", "baremetal", "gcp", "local"} {
		var brought []string
		for _, a := range addons(t) {
			if a.ByDefault(target) && strings.Contains(strings.ToLower(a.Description), "default storage") {
				brought = append(brought, a.Name)
			}
		}
		if len(brought) != 1 {
			t.Errorf("on %s the default class is brought by %v", target, brought)
		}
	}
}

func TestReadLayer_RefusesWhatIsNoDeclaration(t *testing.T) {
	for text, want := range map[string]string{
		"podCIDR: nodes":                                          "no description",
		"{description: a, podCIDR: theirs}":                       `podCIDR is "theirs"`,
		"{description: a, ports: [{from: 70000, protocol: udp}]}": "no range of ports",
		"{description: a, ports: [{from: 1, protocol: sctp}]}":    `protocol "sctp"`,
		"{description: a, leftovers: {files: [/etc]}}":            "two folders deep",
		"{description: a, leftovers: {files: [etc/cni]}}":         "two folders deep",
		"{description: a, replaceKubeProxy: true}":                "replaceKubeProxy",
	} {
		folder := fstest.MapFS{"layer.yaml": {Data: []byte(text)}}
		if _, err := catalog.ReadLayer(folder, "./mine"); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", text, err, want)
		}
	}
}

func TestReadLayer_TakesAUsersFolderWithoutOne(t *testing.T) {
	layer, err := catalog.ReadLayer(fstest.MapFS{}, "./mine")
	if err != nil || len(layer.Ports) > 0 || layer.ReplacesKubeProxy || layer.PodCIDR != catalog.PodCIDRFromNodes {
		t.Errorf("got %+v, %v", layer, err)
	}
	if _, err := catalog.ReadLayer(fstest.MapFS{}, "built-in"); err == nil {
		t.Error("a layer of ours without a declaration was taken")
	}
}

func TestServes_SaysWhereALayerCannotBe(t *testing.T) {
	one := []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")}
	two := append(slices.Clone(one), netip.MustParsePrefix("fd00::/56"))
	for _, c := range []struct {
		layer  catalog.Layer
		cloud  bool
		ranges []netip.Prefix
		want   string
	}{
		{catalog.Layer{}, true, one, ""},
		{catalog.Layer{SameSubnet: true}, false, one, ""},
		{catalog.Layer{SameSubnet: true}, true, one, "without a router"},
		{catalog.Layer{Protocols: []string{"ipip"}}, true, one, "protocol ipip"},
		{catalog.Layer{}, false, two, "one family"},
		{catalog.Layer{DualStack: true}, false, two, ""},
	} {
		if got := c.layer.Serves(c.cloud, c.ranges); c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%+v, cloud %t, %v: %q, want %q", c.layer, c.cloud, c.ranges, got, c.want)
		}
	}
}
