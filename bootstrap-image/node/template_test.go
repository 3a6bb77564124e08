package node

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func joinable() Bundle {
	return Bundle{
		APIVersion: APIVersion, Kind: Kind, Role: ControlPlane, Endpoint: BalancerEndpoint, Balanced: true, Standalone: true,
		Cluster: config.Cluster{Metadata: config.Metadata{Name: "demo"}, Spec: config.Spec{
			KubernetesVersion: "v1.37.1", Pools: []config.Pool{{Name: "small", Count: 2}, {Name: "big", Count: 9, Labels: map[string]string{"disk": "fast"}}},
		}},
		ControlPlanes: []Member{{Name: "a", Address: "10.0.0.1"}}, ImageArchive: "/x.tar", Untainted: true, ExtraSANs: []string{"api.example.com"},
		Credentials: Credentials{
			CA: Authority{Certificate: "C", Key: "secret"}, EtcdCA: Authority{Key: "secret"}, FrontProxyCA: Authority{Key: "secret"},
			ServiceAccountKey: "secret", EncryptionKey: "secret",
		},
	}
}

func TestTemplate_HoldsNoSecretAndNothingOfOneHost(t *testing.T) {
	document, err := json.Marshal(joinable().Template())
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{"secret", "/x.tar", "untainted"} {
		if strings.Contains(string(document), part) {
			t.Errorf("%q is in %s", part, document)
		}
	}
	read, err := ReadTemplate(document)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(joinable().Template(), read); diff != "" {
		t.Errorf("it reads otherwise (-written +read):\n%s", diff)
	}
	for _, document := range []string{"", "{}", `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "NodeBundle", "new": 1}`} {
		if _, err := ReadTemplate([]byte(document)); err == nil {
			t.Errorf("%q was read", document)
		}
	}
}

func TestAsWorker_TakesItsPoolAlone(t *testing.T) {
	template := joinable().Template()
	worker, err := template.AsWorker("big", "abcdef.0123456789abcdef")
	if err != nil {
		t.Fatal(err)
	}
	want := []config.Pool{{Name: "big", Count: 1, Labels: map[string]string{"disk": "fast"}}}
	if diff := cmp.Diff(want, worker.Cluster.Spec.Pools); diff != "" {
		t.Errorf("pools (-want +got):\n%s", diff)
	}
	if err := worker.check(); err != nil {
		t.Errorf("it is no bundle: %v", err)
	}
	if _, err := template.AsWorker("", "t"); err == nil || !strings.Contains(err.Error(), "small, big") {
		t.Errorf("no pool of two: %v", err)
	}
	if _, err := template.AsWorker("huge", "t"); err == nil || !strings.Contains(err.Error(), `no pool "huge", it has small, big`) {
		t.Errorf("an unknown pool: %v", err)
	}
	template.Cluster.Spec.Pools = nil
	if worker, err := template.AsWorker("", "t"); err != nil || worker.Pool != "" {
		t.Errorf("no pool of none: %q, %v", worker.Pool, err)
	}
}

func TestAsControlPlane_IsAMemberAndHoldsNoToken(t *testing.T) {
	credentials := joinable().Credentials
	credentials.BootstrapToken = "abcdef.0123456789abcdef"
	made := joinable().Template().AsControlPlane(Member{Name: "b", Address: "10.0.0.2"}, credentials)
	if len(made.ControlPlanes) != 2 || made.Credentials.BootstrapToken != "" || made.Credentials.CA.Key != "secret" {
		t.Errorf("made %+v", made)
	}
	if err := made.check(); err != nil {
		t.Errorf("it is no bundle: %v", err)
	}
	made.Standalone = false
	if made.check() == nil {
		t.Error("a phase 1's bundle without a token is taken")
	}
}

func TestWithMember_ReplacesByNameAndByAddress(t *testing.T) {
	members := []Member{{Name: "a", Address: "1"}, {Name: "b", Address: "2"}}
	for _, test := range []struct {
		add  Member
		want []Member
	}{
		{Member{Name: "c", Address: "3"}, []Member{{Name: "a", Address: "1"}, {Name: "b", Address: "2"}, {Name: "c", Address: "3"}}},
		{Member{Name: "a", Address: "9"}, []Member{{Name: "a", Address: "9"}, {Name: "b", Address: "2"}}},
		{Member{Name: "c", Address: "1"}, []Member{{Name: "b", Address: "2"}, {Name: "c", Address: "1"}}},
		{Member{Name: "b", Address: "2"}, members},
	} {
		if diff := cmp.Diff(test.want, WithMember(members, test.add)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.add, diff)
		}
	}
}
