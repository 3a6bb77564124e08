// Package layers_test holds docs/network-layers.md to the truth: its table is
// the catalog's, and the layer that it walks through works, as one of the
// user's own and as one that is built in.
package layers_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

var update = flag.Bool("update", false, "write the table, and the toy layer of the network tests, anew")

const (
	page = "../../docs/network-layers.md"
	// kept is the toy layer for tests on real clusters.
	kept       = "../network/testdata/toy"
	tableBegin = "<!-- layers: written by 'go test ./test/layers -update' from addons/network -->\n"
	tableEnd   = "<!-- end of layers -->"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// toyFiles are the files of the walk: each block of code whose paragraph ends
// in, or holds, the name of a file of the folder toy.
func toyFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	block := regexp.MustCompile("(?s)`toy/([a-z.]+)`[^`]*(?:`[^`]+`[^`]*)*?\n\n```[a-z]+\n(.*?)\n```\n")
	for _, match := range block.FindAllStringSubmatch(document(t), -1) {
		files[match[1]] = match[2] + "\n"
	}
	want := []string{"daemonset.yaml", "kustomization.yaml", "layer.yaml", "rbac.yaml", "toy.sh"}
	if got := slices.Sorted(maps.Keys(files)); !slices.Equal(got, want) {
		t.Fatalf("the page has the files %q, want %q", got, want)
	}
	return files
}

// tunnel is what the page has a layer with a tunnel say.
func tunnel(t *testing.T) string {
	t.Helper()
	match := regexp.MustCompile("(?s)\n```yaml\n(mtuOverhead: .*?)\n```\n").FindStringSubmatch(document(t))
	if match == nil {
		t.Fatal("the page no longer says what a layer with a tunnel declares")
	}
	return match[1] + "\n"
}

// writeToy writes the walk's files, and more of the declaration.
func writeToy(t *testing.T, folder, more string) {
	t.Helper()
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, content := range toyFiles(t) {
		if name == "layer.yaml" {
			content += more
		}
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPage_HasTheCatalogsTable(t *testing.T) {
	layers, err := catalog.Layers()
	if err != nil {
		t.Fatal(err)
	}
	want := "| layer | what it is | ports between hosts | MTU | policy | both families | one subnet |\n|---|---|---|---|---|---|---|\n"
	for _, l := range layers {
		if l.Name == catalog.None {
			continue
		}
		want += fmt.Sprintf("| `%s`%s | %s | %s | %s | %s | %s | %s |\n",
			l.Name, version(l), l.Description, ports(l), overhead(l), yes(l.EnforcesPolicy), yes(l.DualStack), yes(l.SameSubnet))
	}
	text := document(t)
	before, rest, found := strings.Cut(text, tableBegin)
	got, after, closed := strings.Cut(rest, tableEnd)
	if !found || !closed {
		t.Fatalf("%s has no table between its two marks", page)
	}
	if *update {
		if err := os.WriteFile(page, []byte(before+tableBegin+want+tableEnd+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the table is not what addons/network declares (-catalog +page; -update writes it):\n%s", diff)
	}
}

func version(l catalog.Layer) string {
	if l.Version == "" {
		return ""
	}
	return " " + l.Version
}

func ports(l catalog.Layer) string {
	var all []string
	for _, p := range l.Ports {
		all = append(all, fmt.Sprintf("%d/%s", p.From, p.Protocol))
	}
	if len(all) == 0 {
		return "none"
	}
	return strings.Join(all, ", ")
}

func overhead(l catalog.Layer) string {
	if l.MTUOverhead == 0 {
		return "0"
	}
	return fmt.Sprintf("-%d", l.MTUOverhead)
}

func yes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Tests on real clusters, and people, need not take the page apart.
func TestPage_IsWhatTestsOnClustersUse(t *testing.T) {
	if *update {
		writeToy(t, kept, "")
	}
	for name, want := range toyFiles(t) {
		got, err := os.ReadFile(filepath.Join(kept, name))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, string(got)); diff != "" {
			t.Errorf("%s (-page +kept; -update writes it):\n%s", name, diff)
		}
	}
}
