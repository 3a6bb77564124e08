package addon

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// variants are all ways in which what is in addons/ is rendered: each target with
// every addon that is for it, each network layer with one family of addresses and
// with two, each part of the logging. What is added to addons/ is in them by
// itself.
func variants() (map[string]Values, error) {
	addons, err := catalog.Addons()
	if err != nil {
		return nil, err
	}
	layers, err := catalog.Layers()
	if err != nil {
		return nil, err
	}
	all := map[string]Values{}
	// All that a target can have at once, as every single render takes its time.
	for _, target := range targets() {
		all["addons on "+target] = with(target, func(s *config.Spec) {
			for _, declared := range addons {
				if declared.On(target) {
					s.Addons = append(s.Addons, config.Addon{Name: declared.Name})
				}
			}
		})
	}
	for _, layer := range layers {
		all["layer "+layer.Name] = with("baremetal", func(s *config.Spec) { s.Network.Layer = layer.Name })
		if layer.DualStack {
			all["layer "+layer.Name+" with two families"] = with("local", func(s *config.Spec) {
				s.Network.Layer = layer.Name
				s.Network.PodCIDR, s.Network.ServiceCIDR = "10.244.0.0/16,fd00:10:244::/56", "10.96.0.0/16,fd00:10:96::/112"
			})
		}
	}
	for _, logging := range []config.Logging{
		{Output: config.LogsToFile, Path: "/srv/logs"}, {Output: config.LogsToHTTP, Endpoint: "https://logs.example.com/kubernetes?x=1"},
	} {
		all["logs to "+logging.Output] = with("gcp", func(s *config.Spec) {
			s.Addons, s.Logging = []config.Addon{{Name: config.LoggingAddon}}, logging
		})
	}
	for _, mode := range []string{config.ProxyNFTables, config.ProxyIPTables} {
		all["kube-proxy by "+mode] = with("local", func(s *config.Spec) { s.Network.ProxyMode = mode })
	}
	return all, nil
}

// with is a cluster on a target, with what its clouds' programs would fill in.
func with(target string, change func(*config.Spec)) Values {
	v := asInTree()
	v.Cluster.Spec.Target = target
	change(&v.Cluster.Spec)
	return v
}

// ofAddon are the objects of one addon or layer.
func ofAddon(objs []*unstructured.Unstructured, name string) (own []*unstructured.Unstructured) {
	for _, obj := range objs {
		if obj.GetLabels()[Label] == name {
			own = append(own, obj)
		}
	}
	return own
}

// everything is what all variants render, which takes its time: once for all
// tests.
var everything = sync.OnceValues(func() (map[string]*Set, error) {
	values, err := variants()
	if err != nil {
		return nil, err
	}
	sets := map[string]*Set{}
	for name, v := range values {
		if sets[name], err = Render(v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return sets, nil
})

func allSets(t *testing.T) map[string]*Set {
	t.Helper()
	sets, err := everything()
	if err != nil {
		t.Fatal(err)
	}
	return sets
}

// parts are the addons and layers that a variant is about.
func parts(t *testing.T, variant string) (names []string) {
	t.Helper()
	words := strings.Fields(variant)
	switch {
	case words[0] == "layer" && words[1] != config.None:
		return words[1:2]
	case words[0] != "addons":
		return nil
	}
	addons, err := catalog.Addons()
	if err != nil {
		t.Fatal(err)
	}
	for _, declared := range addons {
		if declared.On(words[2]) {
			names = append(names, declared.Name)
		}
	}
	return names
}

func TestAddons_AreRenderedOnEveryTargetTheyAreFor(t *testing.T) {
	for name, set := range allSets(t) {
		objs := set.Objects
		for _, wanted := range parts(t, name) {
			if len(ofAddon(objs, wanted)) == 0 {
				t.Errorf("%s: nothing of %s is rendered", name, wanted)
			}
		}
		for _, obj := range objs {
			if obj.GetLabels()[Label] == "" {
				t.Errorf("%s: %s %s has no label %s", name, obj.GetKind(), obj.GetName(), Label)
			}
		}
	}
}

// Each folder works with 'kubectl apply -k' by itself, and every object says
// which addon it is of.
func TestAddons_BuildFromDiskAlone(t *testing.T) {
	for _, pattern := range []string{"addons/*/kustomization.yaml", "addons/network/*/kustomization.yaml"} {
		files, err := filepath.Glob(filepath.Join("..", "..", pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if strings.Contains(string(text), "kind: Component") {
				continue
			}
			folder := filepath.Dir(file)
			objs := fromDisk(t, strings.TrimPrefix(folder, "../../"))
			if len(objs) == 0 || len(ofAddon(objs, filepath.Base(folder))) != len(objs) {
				t.Errorf("%s: %d of %d objects have its label", folder, len(ofAddon(objs, filepath.Base(folder))), len(objs))
			}
		}
	}
}

// A folder that no line of embed.go names is on disk only.
func TestAddons_OnDiskAreRegistered(t *testing.T) {
	known := append(catalog.AddonNames(), catalog.LayerNames()...)
	files, err := filepath.Glob(filepath.Join("..", "..", "addons", "*", "addon.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	layers, err := filepath.Glob(filepath.Join("..", "..", "addons", "network", "*", "layer.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, layers...) {
		if name := filepath.Base(filepath.Dir(file)); !slices.Contains(known, name) {
			t.Errorf("%s is not embedded: add //go:embed to addons/embed.go", name)
		}
	}
}

func TestLogging_SendsToThePartsOfTheEndpoint(t *testing.T) {
	for endpoint, want := range map[string][]string{
		"https://logs.example.com/kubernetes?x=1": {"logs.example.com", "443", "/kubernetes?x=1", "On"},
		"http://10.0.0.9:9880":                    {"10.0.0.9", "9880", "/", "Off"},
		"https://[fd00::1]:9880/a":                {"fd00::1", "9880", "/a", "On"},
	} {
		v := with("local", func(s *config.Spec) {
			s.Addons = []config.Addon{{Name: config.LoggingAddon}}
			s.Logging = config.Logging{Output: config.LogsToHTTP, Endpoint: endpoint}
		})
		lines := strings.Split(string(text(render(t, v).Files())), "\n")
		for i, key := range []string{"Host", "Port", "URI", "tls"} {
			if !slices.ContainsFunc(lines, func(line string) bool { return slices.Equal(strings.Fields(line), []string{key, want[i]}) }) {
				t.Errorf("%s: no line %s %s", endpoint, key, want[i])
			}
		}
	}
}

func TestLogging_WritesToTheFolderOfTheConfig(t *testing.T) {
	v := with("local", func(s *config.Spec) {
		s.Addons = []config.Addon{{Name: config.LoggingAddon}}
		s.Logging = config.Logging{Output: config.LogsToFile, Path: "/srv/logs"}
	})
	out := string(text(render(t, v).Files()))
	if !strings.Contains(out, "path: /srv/logs/\n") || !strings.Contains(out, "File    containers.log") {
		t.Error("the folder of the config is not mounted, or nothing is written to it")
	}
	// Its own state is elsewhere.
	if !strings.Contains(out, "path: /var/lib/kubernetes-anywhere/fluent-bit\n") {
		t.Error("the folder of what was read is gone")
	}
}

// Which rules a node has is its kernel's to say, unless the config does.
func TestProxy_RunsByTheNodesKernelOrByTheConfig(t *testing.T) {
	for mode, want := range map[string]map[string]string{
		"":                   {"kube-proxy": "nftables", "kube-proxy-iptables": "iptables"},
		config.ProxyAuto:     {"kube-proxy": "nftables", "kube-proxy-iptables": "iptables"},
		config.ProxyNFTables: {"kube-proxy": "nftables"},
		config.ProxyIPTables: {"kube-proxy": "iptables"},
	} {
		got := map[string]string{}
		for _, obj := range ofAddon(render(t, with("local", func(s *config.Spec) { s.Network.ProxyMode = mode })).Objects, "kube-proxy") {
			if obj.GetKind() != "DaemonSet" {
				continue
			}
			containers, _, _ := unstructured.NestedSlice(obj.Object, "spec", "template", "spec", "containers")
			command := containers[0].(map[string]any)["command"].([]any)[1].(string)
			got[obj.GetName()] = strings.TrimSuffix(filepath.Base(command), ".conf")
			_, picky, _ := unstructured.NestedMap(obj.Object, "spec", "template", "spec", "affinity")
			if picky != (len(want) == 2) {
				t.Errorf("mode %q: %s chooses nodes: %v", mode, obj.GetName(), picky)
			}
		}
		if len(got) != len(want) || got["kube-proxy"] != want["kube-proxy"] || got["kube-proxy-iptables"] != want["kube-proxy-iptables"] {
			t.Errorf("mode %q: %v, want %v", mode, got, want)
		}
	}
}

// A claim that names no class gets a volume, on every target.
func TestStorage_HasOneDefaultClassOnEveryTarget(t *testing.T) {
	for _, target := range targets() {
		var classes []string
		for _, obj := range render(t, with(target, func(*config.Spec) {})).Objects {
			if obj.GetKind() == "StorageClass" && obj.GetAnnotations()["storageclass.kubernetes.io/is-default-class"] == "true" {
				classes = append(classes, obj.GetName())
			}
		}
		if len(classes) != 1 {
			t.Errorf("target %s has default classes %v, want one", target, classes)
		}
	}
}

func TestAutoscaler_OwnsTheNumberOfReplicas(t *testing.T) {
	for _, addons := range [][]config.Addon{nil, {{Name: "dns-autoscaler"}}} {
		for _, obj := range render(t, with("local", func(s *config.Spec) { s.Addons = addons })).Objects {
			if _, said, _ := unstructured.NestedInt64(obj.Object, "spec", "replicas"); obj.GetName() == "coredns" && obj.GetKind() == "Deployment" && said != (addons == nil) {
				t.Errorf("with %v replicas are said: %v", addons, said)
			}
		}
	}
}
