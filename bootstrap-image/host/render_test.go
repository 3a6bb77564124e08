package host

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// cloudBundle is the bundle of a control plane on AWS, with real keys.
func cloudBundle(t *testing.T) node.Bundle {
	t.Helper()
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	authority := func(name string) node.Authority {
		pair, err := pki.Issuer{Now: now, Rand: rand.Reader}.NewAuthority(name)
		if err != nil {
			t.Fatal(err)
		}
		return node.Authority{Certificate: string(pair.Certificate), Key: string(pair.Key)}
	}
	key, err := pki.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b := node.Bundle{
		APIVersion: node.APIVersion, Kind: node.Kind, Role: node.ControlPlane, Cloud: node.AWS, Endpoint: "10.240.0.100:6443",
		ControlPlanes: []node.Member{{Name: "demo-control-plane-1", Address: "10.240.0.10", EtcdDevice: "/dev/disk/by-id/etcd"}},
		Credentials: node.Credentials{
			CA: authority("kubernetes"), EtcdCA: authority("etcd"), FrontProxyCA: authority("front-proxy"), ServiceAccountKey: string(key),
			EncryptionKey: base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32))), BootstrapToken: "abcdef.0123456789abcdef",
		},
	}
	b.Cluster.Metadata.Name = "demo"
	b.Cluster.Spec.KubernetesVersion = "v1.37.1"
	b.Cluster.Spec.Network.NodeCIDR, b.Cluster.Spec.Network.ServiceCIDR = "10.240.0.0/24", "10.96.0.0/16"
	return b
}

func TestRender_ShowsAHostOfACloudWithoutTouchingOne(t *testing.T) {
	dir := t.TempDir()
	save := func(name string, value any) string {
		document, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, document, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	facts := node.Facts{
		Hostname: "ip-10-240-0-10", Addresses: []string{"10.240.0.10"}, OS: "debian", Arch: "amd64", CgroupVersion: 2, HasSysResource: true,
		ResolvConf: "/etc/resolv.conf", Now: time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC),
		Instance: node.Instance{Name: "i-0abc", ProviderID: "aws:///eu-central-1b/i-0abc", Zone: "eu-central-1b", Region: "eu-central-1", Type: "m6i.large"},
	}
	config, err := Render(save("bundle.json", cloudBundle(t)), save("facts.json", facts), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for _, file := range config.Storage.Files {
		content, err := node.Content(file)
		if err != nil {
			t.Fatal(err)
		}
		shown[file.Path] = string(content)
	}
	for _, unit := range config.Systemd.Units {
		shown[unit.Name] = *unit.Contents
	}
	for name, want := range map[string]string{
		"/var/lib/kubelet/config.yaml": "providerID: aws:///eu-central-1b/i-0abc",
		node.KubeletUnit:               "--hostname-override=demo-control-plane-1 ",
		node.EtcdMount:                 "What=/dev/disk/by-id/etcd",
		node.ClusterPath:               `"bootstrapTokenID": "abcdef"`,
	} {
		if !strings.Contains(shown[name], want) {
			t.Errorf("%s does not have %q:\n%s", name, want, shown[name])
		}
	}
	if strings.Contains(shown[node.ClusterPath], "0123456789abcdef") {
		t.Error("the cluster file, which is public, holds the token")
	}
}
