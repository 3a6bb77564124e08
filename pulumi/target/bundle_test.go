package target

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func bundleInput() BundleInput {
	cluster := &config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target = "local"
	cluster.Spec.KubernetesVersion = "v1.37.1"
	cluster.Spec.Block = map[string]string{"hostImage": "of the target"}
	cluster.Spec.Images.Bundle = "/home/someone/images.tar"
	cluster.Spec.Pools = []config.Pool{
		{Name: "small", Count: 2, Labels: map[string]string{"size": "small"}},
		{Name: "large", Count: 3},
	}
	return BundleInput{
		Cluster:       cluster,
		Endpoint:      "10.240.0.2:6443",
		ControlPlanes: []node.Member{{Name: "demo-control-plane-1", Address: "10.240.0.2"}},
		ExtraSANs:     []string{"127.0.0.1"},
		ImageArchive:  "/var/lib/kubernetes-anywhere/images.tar",
		Credentials: node.Credentials{
			CA:                node.Authority{Certificate: "CERT", Key: "KEY-ca"},
			EtcdCA:            node.Authority{Certificate: "CERT-etcd", Key: "KEY-etcd"},
			FrontProxyCA:      node.Authority{Certificate: "CERT-fp", Key: "KEY-fp"},
			ServiceAccountKey: "KEY-sa",
			EncryptionKey:     "KEY-enc",
			BootstrapToken:    "abcdef.0123456789abcdef",
		},
	}
}

func TestWorkerBundle_HoldsNoKeyAndNothingOfOthers(t *testing.T) {
	data, err := WorkerBundle(bundleInput(), "small")
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"KEY-", "CERT-etcd", "hostImage", "/home/someone", "large"} {
		if bytes.Contains(data, []byte(secret)) {
			t.Errorf("it holds %q:\n%s", secret, data)
		}
	}
	var bundle node.Bundle
	if err := json.Unmarshal(data, &bundle); err != nil {
		t.Fatal(err)
	}
	if bundle.Role != node.Worker || bundle.Pool != "small" || bundle.Credentials.CA.Certificate != "CERT" ||
		bundle.Credentials.BootstrapToken == "" || bundle.Cluster.Spec.Pools[0].Labels["size"] != "small" {
		t.Errorf("it lacks what a worker needs:\n%s", data)
	}
}

func TestWorkerBundle_StaysTheSameWhenPoolsAreScaled(t *testing.T) {
	before, err := WorkerBundle(bundleInput(), "small")
	if err != nil {
		t.Fatal(err)
	}
	in := bundleInput()
	in.Cluster.Spec.Pools[0].Count, in.Cluster.Spec.Pools[1].Count = 7, 0
	after, err := WorkerBundle(in, "small")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(before, after) {
		t.Errorf("scaling changed the bundle:\n%s\n%s", before, after)
	}
	if in.Cluster.Spec.Pools[0].Count != 7 {
		t.Error("it changed the config that it was given")
	}
}

func TestWorkerBundle_RefusesAPoolThatTheConfigLacks(t *testing.T) {
	if _, err := WorkerBundle(bundleInput(), "none"); err == nil || !strings.Contains(err.Error(), `"none"`) {
		t.Errorf("got %v", err)
	}
}

func TestControlPlaneBundle_HoldsEveryCredential(t *testing.T) {
	in := bundleInput()
	data, err := ControlPlaneBundle(in)
	if err != nil {
		t.Fatal(err)
	}
	var bundle node.Bundle
	if err := json.Unmarshal(data, &bundle); err != nil {
		t.Fatal(err)
	}
	if bundle.Credentials != in.Credentials || bundle.Role != node.ControlPlane || bundle.ExtraSANs[0] != "127.0.0.1" {
		t.Errorf("got %s", data)
	}
	again, err := ControlPlaneBundle(bundleInput())
	if err != nil || !bytes.Equal(data, again) {
		t.Errorf("the same input gave other bytes (%v)", err)
	}
	in.Credentials.CA.Key = ""
	if _, err := ControlPlaneBundle(in); err == nil {
		t.Error("it wrote a control plane's bundle without the authority's key")
	}
}

func TestBundles_TellControlPlanesAloneOfSnapshots(t *testing.T) {
	bundles := func(in BundleInput) (plane, worker []byte) {
		t.Helper()
		plane, err := ControlPlaneBundle(in)
		if err != nil {
			t.Fatal(err)
		}
		worker, err = WorkerBundle(in, "small")
		if err != nil {
			t.Fatal(err)
		}
		return plane, worker
	}
	in := bundleInput()
	planeBefore, workerBefore := bundles(in)
	in.Cluster.Spec.ControlPlane.Snapshots = config.Snapshots{Every: "12h", Keep: 3}
	plane, worker := bundles(in)
	var read node.Bundle
	if err := json.Unmarshal(plane, &read); err != nil {
		t.Fatal(err)
	}
	if read.Cluster.Spec.ControlPlane.Snapshots != in.Cluster.Spec.ControlPlane.Snapshots || bytes.Equal(plane, planeBefore) {
		t.Errorf("control planes are not told when to take snapshots:\n%s", plane)
	}
	if !bytes.Equal(worker, workerBefore) {
		t.Error("workers would be replaced for other snapshots of etcd")
	}
}

// Of addons hosts are told what they are set up for, and nothing else: no pool
// is rolled because metrics are turned off.
func TestBundles_TellOfAddonsOnlyWhatHostsNeed(t *testing.T) {
	in := bundleInput()
	before, err := WorkerBundle(in, "small")
	if err != nil {
		t.Fatal(err)
	}
	in.Cluster.Spec.Addons = []config.Addon{{Name: "metrics-server", Enabled: new(false)}, {Name: "mine", Path: "/mine"}}
	same, err := WorkerBundle(in, "small")
	if err != nil || !bytes.Equal(before, same) {
		t.Errorf("a worker is told of addons (%v):\n%s", err, same)
	}
	in.Cluster.Spec.Addons = []config.Addon{{Name: "node-local-dns"}}
	other, err := WorkerBundle(in, "small")
	if err != nil || !bytes.Contains(other, []byte(`"name": "node-local-dns"`)) {
		t.Errorf("a worker is not told of its own DNS (%v):\n%s", err, other)
	}
}

func TestPorts_OpenNothingToAnyoneButTheAPI(t *testing.T) {
	flannel, err := Inputs{Cluster: &config.Cluster{Spec: config.Spec{Network: config.Network{Layer: "flannel"}}}}.LayerPorts()
	if err != nil {
		t.Fatal(err)
	}
	for _, port := range append(ControlPlanePorts(), flannel...) {
		if (port.Source == Anywhere) != (port.From == 6443 && port.To == 6443) {
			t.Errorf("%d-%d is open to %s", port.From, port.To, port.Source)
		}
		if port.Why == "" || port.From > port.To {
			t.Errorf("%+v is no proper declaration", port)
		}
	}
	unknown := Inputs{Cluster: &config.Cluster{Spec: config.Spec{Network: config.Network{Layer: "unheard-of"}}}}
	if _, err := unknown.LayerPorts(); err == nil {
		t.Error("an unknown layer has ports")
	}
}
