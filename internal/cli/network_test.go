package cli

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestNetworkList_MarksTheLayerThatIsHere(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Network.Layer = "kube-router" })
	code, stdout, _ := b.run(t, "network", "list", "-f", file)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	words := strings.Join(strings.Fields(stdout), " ")
	has(t, words, "* kube-router v2", "flannel-host-gw v0", "8472/udp", "calico v3.32.2 yes kept -50")
	if strings.Count(words, "*") != 1 {
		t.Errorf("more than one is marked:\n%s", stdout)
	}
	for line := range strings.Lines(stdout) {
		if len(line) > 81 {
			t.Errorf("more than 80 columns: %s", line)
		}
	}
	_, stdout, _ = b.run(t, "network", "list", "-f", file, "-o", "json")
	has(t, stdout, `"kind": "NetworkLayerList"`, `"enforcesPolicy": true`)
}

func TestNetworkSwitch_RefusesALineThatMeansNothing(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	for _, args := range [][]string{
		{"network", "switch"},
		{"network", "switch", "cilium", "a", "b"},
		{"network", "switch", "cilium", "-f", file, "-o", "json"},
		{"network", "switch", "cilium", "-f", "-"},
		{"network", "switch", "cilium", "no-such-cluster"},
	} {
		if code, _, _ := b.run(t, args...); code != ExitUsage {
			t.Errorf("%q: exit %d, want %d", args, code, ExitUsage)
		}
	}
	// There is none yet.
	code, _, stderr := b.run(t, "network", "switch", "cilium", "-f", file, "--yes")
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "kubectl anywhere create")
	b.untouched(t)
}

func TestProvision_RefusesAnotherLayerForAllNodesAtOnce(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	before := b.world.Things()
	other := write(t, "other.json", func(c *config.Cluster) { c.Spec.Network.Layer = "kube-router" })
	code, _, stderr := b.run(t, "provision", "-f", other)
	has(t, stderr, "spec.network.layer", "each has to be freed of flannel", "'kubectl anywhere network switch kube-router a'")
	if now := b.world.Things(); code != ExitUsage || !maps.Equal(before, now) {
		t.Errorf("exit %d, there were %v and are %v", code, before, now)
	}
	none := write(t, "none.json", func(c *config.Cluster) { c.Spec.Network.Layer = config.None })
	if code, _, _ := b.run(t, "provision", "-f", none); code != 0 {
		t.Errorf("to bring a network of one's own: exit %d", code)
	}
}

func TestWith_ChangesTheLayerAndWhatWouldBeTwice(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Network.Policy = config.PolicyAddon })
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	s := sessionOfFile(t, b, file)
	o := &switchOptions{creation: &creation{session: s}, path: file, data: data}
	other, document, err := o.with("kube-router")
	if err != nil {
		t.Fatal(err)
	}
	if n := other.cluster.Spec.Network; n.Layer != "kube-router" || n.Policy != "" || strings.Contains(string(document), config.PolicyAddon) {
		t.Errorf("got %+v of %s", n, document)
	}
	o.toward = other
	if changes, err := o.lastChanges(t.Context()); len(changes) > 0 || err != nil {
		t.Errorf("a cluster that was never made changes by %v, %v", changes, err)
	}
	if same, document, err := o.with("flannel"); same != s || string(document) != string(data) || err != nil {
		t.Errorf("the layer that is there changes the config: %s, %v", document, err)
	}
	if _, _, err := o.with("no-such"); err == nil || !strings.Contains(err.Error(), "no-such") {
		t.Errorf("got %v", err)
	}
}

func sessionOfFile(t *testing.T, b *bench, file string) *session {
	t.Helper()
	cluster, err := readConfig(b.env, file)
	if err != nil {
		t.Fatal(err)
	}
	dir := home.Of(filepath.Join(b.home, ".kube"), "a")
	return &session{env: b.env, cluster: cluster, target: b.fakeTarget, dir: dir, backend: dir.Backend()}
}

func TestLayerIn_IsRelativeInAConfigOfTheUsers(t *testing.T) {
	folder := t.TempDir()
	dir := home.Of(folder, "a")
	for layer, want := range map[string]string{
		"cilium": "cilium", folder + "/net/toy": "./net/toy", filepath.Dir(folder) + "/toy": "../toy",
	} {
		if got := layerIn(filepath.Join(folder, "c.json"), layer, dir); got != want {
			t.Errorf("%s: got %s, want %s", layer, got, want)
		}
	}
	if got := layerIn(dir.ConfigFile(), folder+"/toy", dir); got != folder+"/toy" {
		t.Errorf("in the copy that is kept: got %s", got)
	}
}

func TestRangesFor_RefusesNodesWithoutARange(t *testing.T) {
	ranged, bare := corev1.Node{}, corev1.Node{}
	ranged.Name, ranged.Spec.PodCIDR, bare.Name = "a", "10.244.0.0/24", "b"
	nodes, layers := catalog.Layer{Name: "flannel", PodCIDR: catalog.PodCIDRFromNodes}, catalog.Layer{PodCIDR: catalog.PodCIDRFromLayer}
	if err := rangesFor(nodes, []corev1.Node{ranged, bare}); err == nil || !strings.Contains(err.Error(), `node "b"`) {
		t.Errorf("got %v", err)
	}
	for _, err := range []error{rangesFor(nodes, []corev1.Node{ranged}), rangesFor(layers, []corev1.Node{bare})} {
		if err != nil {
			t.Error(err)
		}
	}
}

// firewalled is a cloud that writes down which layer its ports are opened for
// beside the cluster's own.
type firewalled struct {
	cloudTarget
	beside *[]string
}

func (f firewalled) Program(in target.Inputs) pulumi.RunFunc {
	if in.OtherLayer != nil {
		*f.beside = append(*f.beside, in.Cluster.Spec.Network.Layer+" beside "+in.OtherLayer.Name)
	}
	return f.cloudTarget.Program(in)
}

func TestOpening_HasPortsOfBothLayersOpenOnClouds(t *testing.T) {
	b := newCloudBench(t)
	var beside []string
	b.env.Targets = []target.Target{firewalled{cloudTarget{b.fakeTarget}, &beside}}
	plugins := withPlugin(t)
	if code, _, _ := b.run(t, "provision", "-f", write(t, "c.json", nil), "--plugin-dir", plugins); code != 0 {
		t.Fatalf("exit %d", code)
	}
	s := sessionOf(t, b)
	s.givenPlugins = plugins
	machine := &swap.Machine{New: swap.Side{Layer: catalog.Layer{Name: "kube-router"}}, State: swap.State{Stage: swap.Moving}}
	o := &switchOptions{creation: &creation{session: s}, machine: machine}
	for _, p := range o.opening(time.Minute) {
		if err := p.Run(t.Context(), silent{}); err != nil {
			t.Fatalf("%s: %v", p.Title, err)
		}
	}
	if !slices.Contains(beside, "flannel beside kube-router") || o.stack != nil {
		t.Errorf("opened for %q; the state is still held: %t", beside, o.stack != nil)
	}
	machine.State.Back = true
	if again := o.opening(time.Minute); len(again) > 0 {
		t.Errorf("on the way back %d phases open them once more", len(again))
	}
	s.target = b.fakeTarget
	machine.State.Back = false
	if here := o.opening(time.Minute); len(here) > 0 {
		t.Errorf("without a firewall of ours there are %d phases", len(here))
	}
}
