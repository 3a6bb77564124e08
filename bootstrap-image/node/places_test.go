package node

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// What is listed is what is issued, and where.
func TestPlaces_AreThoseOfTheRequests(t *testing.T) {
	type place struct{ Cert, Key, Kubeconfig string }
	want, got := map[string]place{}, map[string]place{}
	requests, err := Requests(Bundle{
		Role:          ControlPlane,
		Cluster:       config.Cluster{Spec: config.Spec{Network: config.Network{ServiceCIDR: "10.96.0.0/16"}}},
		ControlPlanes: []Member{{Name: "a", Address: "192.0.2.1"}},
	}, Facts{Addresses: []string{"192.0.2.1"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, request := range requests {
		want[request.Name] = place{request.CertPath, request.KeyPath, request.Kubeconfig}
	}
	for _, p := range Places(ControlPlane) {
		if !p.IsAuthority() && p.Name != "kubelet-serving" {
			got[p.Name] = place{p.CertPath, p.KeyPath, p.Kubeconfig}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("requested and listed differ (-requested +listed):\n%s", diff)
	}
}

func TestPlaces_OfAWorkerNameNoKeyOfAnAuthority(t *testing.T) {
	for _, p := range Places(Worker) {
		if p.IsAuthority() && p.KeyPath != "" {
			t.Errorf("%s would have its key at %s", p.Name, p.KeyPath)
		}
	}
}
