package render_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
)

func TestCompare_ShowsEachPhaseWithALineThatSumsItUp(t *testing.T) {
	old := files{
		"1-provision/host-a.yaml":          []byte("type: Host\nname: a\ncidr: 10.0.0.0/24\nlast: line\n"),
		"1-provision/README.md":            []byte("old words"),
		"1-provision/graph.svg":            []byte("<svg>old</svg>"),
		"2-bootstrap/workers/tree/etc/x":   []byte("same\n"),
		"2-bootstrap/workers/tree/etc/bin": {0, 1, 2},
		"2-bootstrap/workers/MODES":        []byte("0644\n"),
		"3-addons/gone.yaml":               []byte("kind: Gone\n"),
		"README.md":                        []byte("old"),
	}
	now := files{
		"1-provision/host-a.yaml":          []byte("type: Host\nname: a\ncidr: 10.9.0.0/24\nlast: line"),
		"1-provision/README.md":            []byte("new words"),
		"1-provision/graph.svg":            []byte("<svg>new</svg>"),
		"2-bootstrap/workers/tree/etc/x":   []byte("same\n"),
		"2-bootstrap/workers/tree/etc/bin": {0, 1, 3},
		"2-bootstrap/workers/MODES":        []byte("0600\n"),
		"3-addons/new.yaml":                []byte("kind: New\n"),
		"README.md":                        []byte("new"),
	}
	var out strings.Builder
	if err := render.Compare(old, now).Print(&out); err != nil {
		t.Fatal(err)
	}
	want := `# 1-provision: 1 differ: host-a.yaml
--- a/1-provision/host-a.yaml
+++ b/1-provision/host-a.yaml
@@ -1,4 +1,4 @@
 type: Host
 name: a
-cidr: 10.0.0.0/24
-last: line
+cidr: 10.9.0.0/24
+last: line
\ No newline at end of file
# 2-bootstrap: 1 differ: workers/bin
--- a/2-bootstrap/workers/MODES
+++ b/2-bootstrap/workers/MODES
@@ -1 +1 @@
-0644
+0600
Files a/2-bootstrap/workers/tree/etc/bin and b/2-bootstrap/workers/tree/etc/bin differ
# 3-addons: 1 added, 1 removed: gone.yaml, new.yaml
--- a/3-addons/gone.yaml
+++ /dev/null
@@ -1 +0,0 @@
-kind: Gone
--- /dev/null
+++ b/3-addons/new.yaml
@@ -0,0 +1 @@
+kind: New
`
	if got := out.String(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestCompare_OfTheSameIsNothing(t *testing.T) {
	if d := render.Compare(tree(t), tree(t)); len(d.Files) > 0 {
		t.Errorf("%d files differ", len(d.Files))
	}
}

func TestCompare_SumsUpInALineThatFits(t *testing.T) {
	now := files{}
	for _, name := range []string{"one", "two", "three", "four", "five", "six"} {
		now["3-addons/configmap-"+name+"-of-the-cluster.yaml"] = []byte("x")
	}
	var out strings.Builder
	if err := render.Compare(nil, now).Print(&out); err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(out.String(), "\n")
	if want := "# 3-addons: 6 added: configmap-five-of-the-cluster.yaml and 5 more"; first != want {
		t.Errorf("got %q, want %q", first, want)
	}
}
