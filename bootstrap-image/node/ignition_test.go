package node

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

var update = flag.Bool("update", false, "write the golden files anew")

// read gets a file of testdata.
func read(t *testing.T, name string) string {
	t.Helper()
	content, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(content)
}

func newBundle(t *testing.T, role string) Bundle {
	t.Helper()
	ca := Authority{Certificate: read(t, "ca.crt"), Key: "the key of the authority\n"}
	b := Bundle{
		APIVersion: APIVersion, Kind: Kind, Role: role,
		Cluster: config.Cluster{
			APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "demo"},
			Spec: config.Spec{
				Target: "local", KubernetesVersion: "v1.37.1", ControlPlane: config.ControlPlane{Count: 3},
				Pools: []config.Pool{{
					Name: "fast", Count: 2, Labels: map[string]string{"disk": "nvme", "arch": "new"},
					Taints: []config.Taint{{Key: "dedicated", Value: "db", Effect: "NoSchedule"}},
				}},
				Network: config.Network{
					Layer: "flannel", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", NodeCIDR: "172.30.0.0/24", DNSDomain: "cluster.local",
				},
			},
		},
		Endpoint: "api.example.com:6443",
		ControlPlanes: []Member{
			{Name: "demo-control-plane-1", Address: "172.30.0.2"}, {Name: "demo-control-plane-2", Address: "172.30.0.3"}, {Name: "demo-control-plane-3", Address: "172.30.0.4"},
		},
		ExtraSANs:   []string{"203.0.113.7"},
		Credentials: Credentials{CA: ca, BootstrapToken: "abcdef.0123456789abcdef"},
	}
	if role == Worker {
		b.Pool, b.Credentials.CA.Key = "fast", ""
		return b
	}
	b.Credentials.EtcdCA, b.Credentials.FrontProxyCA = ca, ca
	b.Credentials.ServiceAccountKey, b.Credentials.EncryptionKey = read(t, "sa.key"), "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8="
	return b
}

func newFacts(role string) Facts {
	f := Facts{
		Hostname: "Demo-Fast-1", Addresses: []string{"172.17.0.1", "172.30.0.9"}, OS: "debian", Arch: "amd64",
		CgroupVersion: 2, HasSysResource: true, ContainerEngine: "docker", ContainerdVersion: "1.7.24",
		ResolvConf: "/etc/resolv.conf", Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
	}
	if role == ControlPlane {
		f.Addresses[1] = "172.30.0.3"
	}
	return f
}

// leafsFor stands for certificates: rendering only carries them.
func leafsFor(t *testing.T, b Bundle, f Facts) Leafs {
	t.Helper()
	requests, err := Requests(b, f)
	if err != nil {
		t.Fatal(err)
	}
	leafs := Leafs{}
	for _, request := range requests {
		leafs[request.Name] = pki.Pair{
			Certificate: []byte("the certificate " + request.Name + "\n"), Key: []byte("the key " + request.Name + "\n"),
		}
	}
	return leafs
}

func render(t *testing.T, b Bundle, f Facts) types.Config {
	t.Helper()
	out, err := Ignition(b, f, leafsFor(t, b, f))
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// show writes a config as people read it: each path, its mode, its content.
func show(t *testing.T, c types.Config) string {
	t.Helper()
	var out strings.Builder
	for _, d := range c.Storage.Directories {
		fmt.Fprintf(&out, "===== %s/ %o\n", d.Path, *d.Mode)
	}
	for _, f := range c.Storage.Files {
		content, err := Content(f)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&out, "===== %s %o\n%s", f.Path, *f.Mode, content)
	}
	for _, l := range c.Storage.Links {
		fmt.Fprintf(&out, "===== %s -> %s\n", l.Path, *l.Target)
	}
	for _, u := range c.Systemd.Units {
		fmt.Fprintf(&out, "===== unit %s\n%s", u.Name, *u.Contents)
	}
	return out.String()
}

func TestIgnition_IsTheGoldenOne(t *testing.T) {
	container := newFacts(Worker)
	container.CgroupVersion, container.HasSysResource, container.IsContainer = 1, false, true
	container.ResolvConf = "/run/systemd/resolve/resolv.conf"
	cloudPlane, planeFacts := onCloud(t, ControlPlane, AWS)
	cloudWorker, workerFacts := onCloud(t, Worker, Azure)
	cloudWorker.CloudController, workerFacts.OS = true, flatcar
	for name, test := range map[string]struct {
		bundle Bundle
		facts  Facts
	}{
		"control-plane":       {newBundle(t, ControlPlane), newFacts(ControlPlane)},
		"worker":              {newBundle(t, Worker), newFacts(Worker)},
		"worker-in-container": {newBundle(t, Worker), container},
		"cloud-control-plane": {cloudPlane, planeFacts},
		"cloud-worker":        {cloudWorker, workerFacts},
	} {
		t.Run(name, func(t *testing.T) {
			golden := filepath.Join("testdata", name+".golden")
			got := show(t, render(t, test.bundle, test.facts))
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if diff := cmp.Diff(read(t, name+".golden"), got); diff != "" {
				t.Errorf("the config differs (-golden +got); if that is meant: go test ./bootstrap-image/node -update\n%s", diff)
			}
		})
	}
}

func TestIgnition_IsTheSameEachTimeAndValid(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		b, f := newBundle(t, role), newFacts(role)
		first, err := json.Marshal(render(t, b, f))
		if err != nil {
			t.Fatal(err)
		}
		second, err := json.Marshal(render(t, b, f))
		if err != nil {
			t.Fatal(err)
		}
		if string(first) != string(second) {
			t.Errorf("%s: two renderings differ", role)
		}
		if report := validate(t, first); report != "" {
			t.Errorf("%s: Ignition says: %s", role, report)
		}
	}
}

func TestIgnition_GivesAWorkerNoKey(t *testing.T) {
	shown := show(t, render(t, newBundle(t, Worker), newFacts(Worker)))
	for _, secret := range []string{"PRIVATE KEY", "the key", "client-key-data", "manifests"} {
		if strings.Contains(shown, secret) {
			t.Errorf("a worker's config has %q", secret)
		}
	}
}

func TestIgnition_RefusesAControlPlaneThatIsNoMember(t *testing.T) {
	b, f := newBundle(t, ControlPlane), newFacts(Worker)
	if _, err := Ignition(b, f, nil); err == nil || !strings.Contains(err.Error(), "none of its addresses (172.17.0.1, 172.30.0.9)") {
		t.Errorf("got %v", err)
	}
}

func TestIgnition_LeavesTheKubeletsOwnCertificateAlone(t *testing.T) {
	b, f := newBundle(t, ControlPlane), newFacts(ControlPlane)
	leafs := leafsFor(t, b, f)
	delete(leafs, KubeletLeaf)
	c, err := Ignition(b, f, leafs)
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Storage.Links) != 0 {
		t.Errorf("it links %v", c.Storage.Links)
	}
	delete(leafs, "scheduler")
	if _, err := Ignition(b, f, leafs); err == nil {
		t.Error("a missing certificate was not noticed")
	}
}

func TestRestarts_DependOnlyOnWhatIsReadOnce(t *testing.T) {
	b, f := newBundle(t, ControlPlane), newFacts(ControlPlane)
	digests := func(b Bundle) map[string]string {
		restarts, err := Restarts(render(t, b, f))
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, restart := range restarts {
			out[restart.Unit] = restart.Digest
		}
		return out
	}
	before := digests(b)
	b.Credentials.BootstrapToken = "ffffff.0123456789abcdef"
	b.ExtraSANs = nil
	if diff := cmp.Diff(before, digests(b)); diff != "" {
		t.Errorf("a token or a name restarts units:\n%s", diff)
	}
	b.Cluster.Spec.Network.DNSDomain = "other.local"
	after := digests(b)
	if after[KubeletUnit] == before[KubeletUnit] || after["containerd.service"] != before["containerd.service"] {
		t.Error("a new DNS domain must restart the kubelet and nothing else")
	}
}

func TestManifest_ChangesWithWhatThePodReadsOnce(t *testing.T) {
	b, f := newBundle(t, ControlPlane), newFacts(ControlPlane)
	manifests := func(leafs Leafs) map[string]string {
		c, err := Ignition(b, f, leafs)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]string{}
		for _, file := range c.Storage.Files {
			if name, ok := strings.CutPrefix(file.Path, ManifestsPath+"/"); ok {
				out[name] = *file.Contents.Source
			}
		}
		return out
	}
	leafs := leafsFor(t, b, f)
	before := manifests(leafs)
	leafs["scheduler"] = pki.Pair{Certificate: []byte("renewed\n"), Key: []byte("renewed\n")}
	leafs["apiserver"] = leafs["scheduler"] // reloaded, so no reason to restart
	for name, manifest := range manifests(leafs) {
		if changed := manifest != before[name]; changed != (name == "kube-scheduler.yaml") {
			t.Errorf("%s: changed is %v", name, changed)
		}
	}
}
