package render_test

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"maps"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/coreos/ignition/v2/config/v3_6"
	"go.yaml.in/yaml/v3"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// tree renders a cluster of three control planes and two pools on the real
// local target, without its Docker.
func tree(t *testing.T) map[string][]byte {
	t.Helper()
	to := local.New(local.WithDocker(func() (local.Docker, error) {
		t.Error("rendering asked for Docker")
		return nil, nil
	}))
	c := config.New("local", map[string]func() config.Block{"local": to.Block})
	c.Metadata.Name = "demo"
	c.Spec.ControlPlane.Count = 3
	c.Spec.Pools = []config.Pool{{Name: "small", Count: 2}, {Name: "big", Count: 1, Labels: map[string]string{"size": "big"}}}
	made, err := render.Cluster(to, target.Inputs{
		Cluster: c, BootstrapImage: "example.com/bootstrap:v1",
		ImageArchive: "/images.tar", BootstrapArchive: "/bootstrap.tar", ImageDigest: "sha256:0",
	}, render.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return made.Files
}

func TestCluster_IsTheSameToTheByteEachTime(t *testing.T) {
	first := tree(t)
	for range 3 {
		again := tree(t)
		if !slices.Equal(slices.Sorted(maps.Keys(first)), slices.Sorted(maps.Keys(again))) {
			t.Fatal("there are other files")
		}
		for name, content := range first {
			if !bytes.Equal(content, again[name]) {
				t.Errorf("%s differs", name)
			}
		}
	}
}

func TestCluster_WritesAllThreePhases(t *testing.T) {
	files := tree(t)
	for _, name := range []string{
		"1-provision/credentials-credentials.yaml", "1-provision/network-demo.yaml",
		"1-provision/host-demo-control-plane-3.yaml", "1-provision/host-demo-small-2.yaml", "1-provision/host-demo-big-1.yaml",
		"2-bootstrap/control-plane/first-boot.sh", "2-bootstrap/control-plane/ignition.json", "2-bootstrap/control-plane/assumed-facts.json",
		"2-bootstrap/control-plane/tree/etc/kubernetes/manifests/etcd.yaml",
		"2-bootstrap/control-plane/tree/etc/systemd/system/kubelet.service",
		"2-bootstrap/small/first-boot.sh", "2-bootstrap/small/tree/var/lib/kubelet/config.yaml",
		"2-bootstrap/big/tree/etc/systemd/system/kubelet.service",
		"3-addons/kustomization.yaml",
	} {
		if len(files[name]) == 0 {
			t.Errorf("there is no %s", name)
		}
	}
	for name := range files {
		if strings.HasPrefix(name, "2-bootstrap/small/") && strings.HasSuffix(name, ".key") {
			t.Errorf("a worker has %s", name)
		}
	}
	if unit := files["2-bootstrap/big/tree/etc/systemd/system/kubelet.service"]; !bytes.Contains(unit, []byte("size=big")) {
		t.Errorf("the pool's label is not given to the kubelet:\n%s", unit)
	}
}

var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{40,}={0,2}`)

func TestCluster_HoldsNoSecret(t *testing.T) {
	for name, content := range tree(t) {
		decoded := content
		for _, match := range inBase64.FindAll(content, -1) {
			if plain, err := base64.StdEncoding.DecodeString(string(match)); err == nil {
				decoded = append(append(slices.Clone(decoded), '\n'), plain...)
			}
		}
		for _, secret := range []string{"PRIVATE KEY", "PUBLIC KEY", "BEGIN CERTIFICATE", "redact.redacted"} {
			if bytes.Contains(decoded, []byte(secret)) {
				t.Errorf("%s holds %q, in plain or in base64", name, secret)
			}
		}
		for block, rest := pem.Decode(decoded); block != nil; block, rest = pem.Decode(rest) {
			if _, err := x509.ParseCertificate(block.Bytes); err == nil {
				t.Errorf("%s holds a certificate although none was issued", name)
			}
		}
	}
}

func TestCluster_SaysInWordsWhatEachSecretWillBe(t *testing.T) {
	files := tree(t)
	const plane = "2-bootstrap/control-plane/tree/etc/kubernetes/"
	for name, words := range map[string]string{
		plane + "pki/ca.key":                               "<redacted: the key of the cluster's authority, from the encrypted state>\n",
		plane + "pki/etcd/ca.key":                          "<redacted: the key of etcd's authority, from the encrypted state>\n",
		plane + "pki/front-proxy-ca.key":                   "<redacted: the key of the front proxy's authority, from the encrypted state>\n",
		plane + "pki/sa.key":                               "<redacted: the key that signs service account tokens, from the encrypted state>\n",
		plane + "pki/ca.crt":                               "<later: the certificate of an authority, made with the cluster>\n",
		plane + "pki/apiserver.key":                        "<redacted: a private key, made on the host, which it never leaves>\n",
		"2-bootstrap/small/tree/etc/kubernetes/pki/ca.crt": "<later: the certificate of an authority, made with the cluster>\n",
	} {
		if got := string(files[name]); got != words {
			t.Errorf("%s is %q, want %q", name, got, words)
		}
	}
	for name, words := range map[string]string{
		plane + "apiserver/encryption.yaml":                            `secret: "<redacted: the key of encryption at rest, from the encrypted state>"`,
		plane + "admin.conf":                                           `client-key-data: "<redacted: a private key, made on the host, which it never leaves>"`,
		"2-bootstrap/small/tree/etc/kubernetes/bootstrap-kubelet.conf": `token: "<redacted: the bootstrap token, from the encrypted state>"`,
		"1-provision/host-demo-small-1.yaml":                           "bundle: '<redacted: the node bundle, made from",
		"2-bootstrap/small/first-boot.sh":                              "SUM='<later: the SHA-256 of the node bundle,",
	} {
		if !bytes.Contains(files[name], []byte(words)) {
			t.Errorf("%s does not say %q:\n%s", name, words, files[name])
		}
	}
}

func TestCluster_CanBeReadByWhatReadsSuchFiles(t *testing.T) {
	for name, content := range tree(t) {
		switch {
		case path.Base(name) == "ignition.json":
			if _, report, err := v3_6.Parse(content); err != nil || report.IsFatal() {
				t.Errorf("%s: %v, %s", name, err, report)
			}
		case path.Ext(name) == ".json":
			if !json.Valid(content) {
				t.Errorf("%s is no JSON", name)
			}
		case path.Ext(name) == ".yaml" || path.Ext(name) == ".conf" && strings.Contains(name, "/etc/kubernetes/"):
			var object map[string]any
			if err := yaml.Unmarshal(content, &object); err != nil || len(object) == 0 {
				t.Errorf("%s is no YAML: %v", name, err)
			}
		}
	}
}

func TestCluster_ShowsTheFirstBootScriptAsTheHostGetsIt(t *testing.T) {
	files := tree(t)
	var host struct {
		Inputs struct {
			UserData string `yaml:"userData"`
		} `yaml:"inputs"`
	}
	manifest := files["1-provision/host-demo-small-1.yaml"]
	if err := yaml.Unmarshal(manifest, &host); err != nil {
		t.Fatal(err)
	}
	script := string(files["2-bootstrap/small/first-boot.sh"])
	if host.Inputs.UserData != script || !strings.HasPrefix(script, "#!/bin/sh\n") || !strings.HasSuffix(script, "\n") {
		t.Errorf("the script is\n%s\nand the host gets\n%s", script, host.Inputs.UserData)
	}
	if !bytes.Contains(manifest, []byte("  userData: |\n    #!/bin/sh\n")) {
		t.Errorf("the script cannot be read in\n%s", manifest)
	}
}
