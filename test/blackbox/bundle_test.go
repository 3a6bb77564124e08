// Package blackbox runs the bootstrap with the real Ignition against trees of
// files: a tree in, a bundle, a tree out.
package blackbox

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// now is when every test runs.
var now = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// newBundle is a bundle of a cluster with one control plane, for one role.
func newBundle(t *testing.T, role string) node.Bundle {
	t.Helper()
	b := node.Bundle{
		APIVersion: node.APIVersion, Kind: node.Kind, Role: role,
		Cluster: config.Cluster{
			APIVersion: config.APIVersion, Kind: config.Kind, Metadata: config.Metadata{Name: "demo"},
			Spec: config.Spec{
				Target: "local", KubernetesVersion: "v1.37.1", ControlPlane: config.ControlPlane{Count: 1},
				Pools: []config.Pool{{Name: "workers", Count: 2, Labels: map[string]string{"disk": "fast"}}},
				Network: config.Network{
					Layer: "flannel", PodCIDR: "10.244.0.0/16", ServiceCIDR: "10.96.0.0/16", NodeCIDR: "172.30.0.0/24", DNSDomain: "cluster.local",
				},
			},
		},
		Endpoint:      "172.30.0.2:6443",
		ControlPlanes: []node.Member{{Name: "demo-control-plane-1", Address: "172.30.0.2"}},
		ExtraSANs:     []string{"127.0.0.1", "demo.example.com"},
		Credentials: node.Credentials{
			CA:             newAuthority(t, "kubernetes"),
			BootstrapToken: "abcdef.0123456789abcdef",
		},
	}
	if role == node.Worker {
		b.Pool, b.Credentials.CA.Key = "workers", ""
		return b
	}
	b.Credentials.EtcdCA = newAuthority(t, "etcd")
	b.Credentials.FrontProxyCA = newAuthority(t, "front-proxy")
	key, err := pki.NewKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	b.Credentials.ServiceAccountKey = string(key)
	b.Credentials.EncryptionKey = base64.StdEncoding.EncodeToString([]byte(strings.Repeat("k", 32)))
	return b
}

func newAuthority(t *testing.T, name string) node.Authority {
	t.Helper()
	pair, err := pki.Issuer{Now: now, Rand: rand.Reader}.NewAuthority(name)
	if err != nil {
		t.Fatal(err)
	}
	return node.Authority{Certificate: string(pair.Certificate), Key: string(pair.Key)}
}

func encode(t *testing.T, v any) string {
	t.Helper()
	document, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(document)
}
