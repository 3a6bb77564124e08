package layers_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// ownToy is the walk's layer in a folder of the user's, and its declaration.
func ownToy(t *testing.T, more string) (path string, layer catalog.Layer) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "toy")
	writeToy(t, path, more)
	layer, err := catalog.ReadLayer(os.DirFS(path), path)
	if err != nil {
		t.Fatal(err)
	}
	return path, layer
}

func TestToy_OfOnesOwnReachesAllThreePhases(t *testing.T) {
	path, layer := ownToy(t, tunnel(t))
	cluster := newCluster(path)

	ports, err := target.Inputs{Cluster: cluster, Layer: &layer}.LayerPorts()
	want := target.Port{From: 4789, To: 4789, Protocol: "udp", Source: target.Nodes, Why: "toy: pod traffic between hosts, in VXLAN"}
	if err != nil || !slices.Contains(ports, want) {
		t.Errorf("phase 1 opens %v, %v; want %v", ports, err, want)
	}

	declared, err := node.Bundle{Cluster: *cluster, Layer: &layer}.NetworkLayer()
	if err != nil || !slices.Contains(node.Modules(declared), "bridge") {
		t.Errorf("phase 2 loads %q, %v; want bridge among them", node.Modules(declared), err)
	}

	cluster.Spec.Network.PodCIDR = "10.99.0.0/16"
	objects := render(t, cluster, &layer)
	text := string(asText(t, objects))
	for _, want := range []string{"--source 10.99.0.0/16", "value: api.example", "kubernetes-anywhere.io/addon: toy"} {
		if !strings.Contains(text, want) {
			t.Errorf("phase 3 has no %q", want)
		}
	}
	for _, stale := range []string{"10.244.", "control-plane.invalid", "flannel"} {
		if strings.Contains(text, stale) {
			t.Errorf("phase 3 has %q", stale)
		}
	}
}

func TestToy_IsTakenByAnAPIServer(t *testing.T) {
	path, layer := ownToy(t, "")
	take(t, server(t), "toy", render(t, newCluster(path), &layer))
}

// To build the layer in takes its folder and one line: the program is compiled
// with both, laid over the tree.
func TestToy_IsBuiltInByOneLine(t *testing.T) {
	if testing.Short() {
		t.Skip("it compiles")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	toy := filepath.Join(folder, "toy")
	writeToy(t, toy, "")
	embed, err := os.ReadFile(filepath.Join(root, "addons/embed.go"))
	if err != nil {
		t.Fatal(err)
	}
	const last = "var files embed.FS"
	overlay := map[string]string{
		filepath.Join(root, "addons/embed.go"):                write(t, folder, "embed.go", strings.Replace(string(embed), last, "//go:embed network/toy\n"+last, 1)),
		filepath.Join(root, "test/layers/builtin/builtin.go"): write(t, folder, "builtin.go", builtIn),
	}
	for name := range toyFiles(t) {
		overlay[filepath.Join(root, "addons/network/toy", name)] = filepath.Join(toy, name)
	}
	text, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), "go", "run", "-overlay", write(t, folder, "overlay.json", string(text)), "./test/layers/builtin")
	command.Dir = root
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	if got, want := string(out), "choices: flannel, "; !strings.HasPrefix(got, want) || !strings.Contains(got, ", toy, none\n") {
		t.Errorf("the choices are %s", got)
	}
	for _, want := range []string{"modules: [overlay br_netfilter nf_conntrack bridge]\n", "DaemonSet toy\n", "ClusterRole toy\n"} {
		if !strings.Contains(string(out), want) {
			t.Errorf("there is no %q in:\n%s", want, out)
		}
	}
}

// builtIn tells what a program with the layer knows of it.
const builtIn = `package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

func main() {
	fmt.Println("choices: " + strings.Join(config.Layers(), ", "))
	cluster := &config.Cluster{}
	cluster.Spec.Target, cluster.Spec.KubernetesVersion = "local", "v1.37.1"
	cluster.Spec.Network = config.Network{Layer: "toy", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", DNSDomain: "cluster.local"}
	layer, err := node.Bundle{Cluster: *cluster}.NetworkLayer()
	if err != nil {
		fail(err)
	}
	fmt.Println("modules:", node.Modules(layer))
	set, err := addon.Render(addon.Values{Cluster: cluster, NodeEndpoint: "api.example:6443", Images: images.For("v1.37.1", "")})
	if err != nil {
		fail(err)
	}
	for _, obj := range set.Objects {
		if obj.GetLabels()[addon.Label] == "toy" {
			fmt.Println(obj.GetKind(), obj.GetName())
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}
`

func write(t *testing.T, folder, name, content string) string {
	t.Helper()
	path := filepath.Join(folder, name)
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// asText is all that is rendered, as one text.
func asText(t *testing.T, set *addon.Set) []byte {
	t.Helper()
	var all []byte
	for name, content := range set.Files() {
		all = append(all, fmt.Sprintf("# %s\n%s", name, content)...)
	}
	return all
}
