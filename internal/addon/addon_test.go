package addon

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

var update = flag.Bool("update", false, "write the golden files anew")

// asInTree are the values that stand in the files of the repository.
func asInTree() Values {
	return Values{
		Cluster: &config.Cluster{
			Metadata: config.Metadata{Name: "local"},
			Spec: config.Spec{
				Target: "local", KubernetesVersion: "v1.37.1",
				Network: config.Network{Layer: "flannel", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", DNSDomain: "cluster.local"},
			},
		},
		NodeEndpoint: "control-plane.invalid:6443",
		Images:       images.For("v1.37.1", ""),
	}
}

func changed() Values {
	v := asInTree()
	v.Cluster.Spec.Target = "gcp"
	v.Cluster.Spec.Network = config.Network{Layer: "flannel", PodCIDR: "10.32.0.0/12", ServiceCIDR: "172.20.0.0/20", DNSDomain: "corp.example"}
	v.Cluster.Spec.Images.Registry = "mirror.example:5000/k8s"
	v.NodeEndpoint = "[fd00::1]:443"
	v.Images = images.For("v1.36.3", "mirror.example:5000/k8s")
	return v
}

func render(t *testing.T, v Values) *Set {
	t.Helper()
	set, err := Render(v)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

// text is a folder as one file, for comparing and reading.
func text(files map[string][]byte) []byte {
	names := make([]string, 0, len(files))
	for name := range files {
		names = append(names, name)
	}
	sort.Strings(names)
	var out bytes.Buffer
	for _, name := range names {
		out.WriteString("### " + name + "\n")
		out.Write(files[name])
	}
	return out.Bytes()
}

func TestRender_MatchesGolden(t *testing.T) {
	for name, values := range map[string]Values{"local": asInTree(), "changed": changed()} {
		got := text(render(t, values).Files())
		golden := filepath.Join("testdata", name+".golden")
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), string(got)); diff != "" {
			t.Errorf("%s (-golden +rendered; -update accepts):\n%s", name, diff)
		}
	}
}

func TestRender_IsDeterministic(t *testing.T) {
	first := text(render(t, changed()).Files())
	for range 5 {
		if again := text(render(t, changed()).Files()); !bytes.Equal(first, again) {
			t.Fatal("two renders of the same values differ")
		}
	}
}

// What the binary applies and what 'kubectl apply -k' would from a clone are
// the same objects, for every target.
func TestRender_EqualsBuildFromDisk(t *testing.T) {
	values := asInTree()
	values.Cluster.Metadata.Name = "cluster-name.invalid"
	for _, target := range targets() {
		values.Cluster.Spec.Target = target
		onDisk := fromDisk(t, filepath.Join("kustomize", "overlays", overlayOf(t, target)))
		if diff := cmp.Diff(byName(onDisk), byName(render(t, values).Objects)); diff != "" {
			t.Errorf("target %s (-disk +rendered):\n%s", target, diff)
		}
	}
}

// targets are all there are; internal/targets cannot be asked, as it links every
// cloud's SDK.
func targets() []string { return []string{"local", "baremetal", "gcp", "aws", "azure"} }

// overlayOf is the folder of overlays that a target's clusters are built on.
func overlayOf(t *testing.T, target string) string {
	t.Helper()
	if _, err := os.Stat(filepath.Join("..", "..", "kustomize", "overlays", target)); err == nil {
		return target
	}
	return "default"
}

// fromDisk builds a folder of the repository as kubectl would.
func fromDisk(t *testing.T, folder string) []*unstructured.Unstructured {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", folder))
	if err != nil {
		t.Fatal(err)
	}
	built, err := run(filesys.MakeFsOnDisk(), path)
	if err != nil {
		t.Fatal(err)
	}
	objs, err := objects(built)
	if err != nil {
		t.Fatal(err)
	}
	return objs
}

// byName is for comparing what may be in another order.
func byName(objs []*unstructured.Unstructured) map[string]any {
	index := map[string]any{}
	for _, obj := range objs {
		index[obj.GetKind()+"/"+obj.GetNamespace()+"/"+obj.GetName()] = obj.Object
	}
	return index
}

// The folder that 'render' writes is itself a kustomization of the same set.
func TestFiles_BuildAsKustomization(t *testing.T) {
	set := render(t, changed())
	tree := filesys.MakeFsInMemory()
	for name, content := range set.Files() {
		if err := tree.WriteFile("/"+name, content); err != nil {
			t.Fatal(err)
		}
	}
	built, err := run(tree, "/")
	if err != nil {
		t.Fatal(err)
	}
	got, err := objects(built)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(set.Objects, got); diff != "" {
		t.Errorf("(-set +built):\n%s", diff)
	}
}

func TestRender_LayerNoneLeavesFlannelOut(t *testing.T) {
	v := asInTree()
	v.Cluster.Spec.Network.Layer = config.None
	out := string(text(render(t, v).Files()))
	if strings.Contains(out, "flannel") {
		t.Error("flannel is still there")
	}
	for _, name := range []string{"daemonset-kube-system-kube-proxy.yaml", "deployment-kube-system-coredns.yaml"} {
		if !strings.Contains(out, "### "+name) {
			t.Errorf("%s is gone too", name)
		}
	}
}

func TestRender_OrdersByNeed(t *testing.T) {
	var kinds []string
	for _, obj := range render(t, asInTree()).Objects {
		if !slices.Contains(kinds, obj.GetKind()) {
			kinds = append(kinds, obj.GetKind())
		}
	}
	want := []string{"Namespace", "StorageClass", "ServiceAccount", "ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding", "ConfigMap", "Service", "DaemonSet", "Deployment", "PodDisruptionBudget", "APIService"}
	if diff := cmp.Diff(want, kinds); diff != "" {
		t.Error(diff)
	}
}

func TestRender_NeverUsesTheServiceAddress(t *testing.T) {
	direct := 0
	for _, obj := range render(t, changed()).Objects {
		if obj.GetAnnotations()["kubernetes-anywhere.io/endpoint"] != "direct" {
			continue
		}
		direct++
		containers, _, err := unstructured.NestedSlice(obj.Object, "spec", "template", "spec", "containers")
		if err != nil || len(containers) == 0 {
			t.Fatalf("%s has no containers: %v", obj.GetName(), err)
		}
		env := map[string]any{}
		for _, entry := range containers[0].(map[string]any)["env"].([]any) {
			variable := entry.(map[string]any)
			env[variable["name"].(string)] = variable["value"]
		}
		if env["KUBERNETES_SERVICE_HOST"] != "fd00::1" || env["KUBERNETES_SERVICE_PORT"] != "443" {
			t.Errorf("%s reaches the API at %v:%v", obj.GetName(), env["KUBERNETES_SERVICE_HOST"], env["KUBERNETES_SERVICE_PORT"])
		}
	}
	if direct != 4 {
		t.Errorf("%d reach the API directly, want flannel, both kube-proxies and the cloud's controller", direct)
	}
}

func TestRender_RefusesWhatItCannotBuild(t *testing.T) {
	for want, spoil := range map[string]func(*Values){
		`choosing network layer "wires"`: func(v *Values) { v.Cluster.Spec.Network.Layer = "wires" },
		`choosing network layer ""`:      func(v *Values) { v.Cluster.Spec.Network.Layer = "" },
		`reading node endpoint "somehost"`: func(v *Values) {
			v.NodeEndpoint = "somehost"
		},
		"it is too small": func(v *Values) { v.Cluster.Spec.Network.ServiceCIDR = "10.0.0.0/29" },
	} {
		v := asInTree()
		spoil(&v)
		if _, err := Render(v); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestDNSAddress(t *testing.T) {
	for cidr, want := range map[string]string{"10.96.0.0/16": "10.96.0.10", "172.20.16.0/20": "172.20.16.10", "fd00:1::/108": "fd00:1::a"} {
		if got, err := DNSAddress(cidr); err != nil || got != want {
			t.Errorf("DNSAddress(%s) = %s, %v; want %s", cidr, got, err, want)
		}
	}
}

func TestRender_PutsEveryValueIn(t *testing.T) {
	out := string(text(render(t, changed()).Files()))
	for _, want := range []string{
		"clusterCIDR: 10.32.0.0/12", `"Network": "10.32.0.0/12"`, "kubernetes corp.example in-addr.arpa",
		"clusterIP: 172.20.0.10", "image: mirror.example:5000/k8s/kube-proxy:v1.36.3",
		"image: mirror.example:5000/k8s/coredns/coredns:v", "image: mirror.example:5000/k8s/flannel-io/flannel:v",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s is not in what was rendered", want)
		}
	}
	for _, stale := range []string{"10.244.", "10.96.", "cluster.local", "registry.k8s.io", "ghcr.io", "control-plane.invalid"} {
		if strings.Contains(out, stale) {
			t.Errorf("%s is still in what was rendered", stale)
		}
	}
}

// Pods restart when a value in their config changes.
func TestRender_NamesConfigByItsContent(t *testing.T) {
	names := func(v Values) (list []string) {
		for _, obj := range render(t, v).Objects {
			if obj.GetKind() == "ConfigMap" {
				list = append(list, obj.GetName())
			}
		}
		return list
	}
	v := asInTree()
	before := names(v)
	v.Cluster.Spec.Network.PodCIDR = "10.0.0.0/12"
	after := names(v)
	changes := 0
	for i := range before {
		if before[i] != after[i] {
			changes++
		}
	}
	if changes != 2 {
		t.Errorf("%v became %v: want kube-proxy's and flannel's to change", before, after)
	}
}
