package catalog_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

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
		t.Errorf("the table is out of date: type 'make update' (-want +page):\n%s", diff)
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
