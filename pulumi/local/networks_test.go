package local

import (
	"strings"
	"testing"

	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func wantedNetwork(cidr string) provider.CreateRequest {
	return provider.CreateRequest{Inputs: properties(clusterKey, "demo", nameKey, "demo", cidrKey, cidr)}
}

func TestNetworkCreate_MakesAdoptsOrReplacesItsOwn(t *testing.T) {
	docker := newFake()
	nets := &networks{connect: docker.connect}
	for i, step := range []struct {
		cidr          string
		made, removed int
	}{{"10.240.0.0/24", 1, 0}, {"10.240.0.0/24", 1, 0}, {"10.241.0.0/24", 2, 1}} {
		if _, _, err := nets.Create(t.Context(), wantedNetwork(step.cidr)); err != nil {
			t.Fatal(err)
		}
		if docker.did("create network") != step.made || docker.did("remove network") != step.removed {
			t.Errorf("step %d: calls %q", i+1, docker.calls)
		}
	}
	got := docker.networks["demo"]
	if got.IPAM.Config[0].Gateway != "10.241.0.1" || got.Labels[target.ClusterLabel] != "demo" {
		t.Errorf("got %+v", got)
	}
}

func TestNetworkCreate_RefusesTheNameOfAnother(t *testing.T) {
	docker := newFake()
	docker.networks["demo"] = network.Inspect{Name: "demo"}
	_, _, err := (&networks{connect: docker.connect}).Create(t.Context(), wantedNetwork("10.240.0.0/24"))
	if err == nil || !strings.Contains(err.Error(), `"demo"`) || docker.did("remove network") != 0 {
		t.Errorf("got %v, calls %q", err, docker.calls)
	}
}

func TestNetworkRead_SeesThatItIsGone(t *testing.T) {
	docker := newFake()
	nets := &networks{connect: docker.connect}
	id, state, err := nets.Create(t.Context(), wantedNetwork("10.240.0.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	request := provider.ReadRequest{ID: id, State: state}
	if read, err := nets.Read(t.Context(), request); err != nil || read.ID != "demo" {
		t.Errorf("got %+v, %v", read, err)
	}
	if err := nets.Delete(t.Context(), provider.DeleteRequest{ID: id, State: state}); err != nil {
		t.Fatal(err)
	}
	if read, err := nets.Read(t.Context(), request); err != nil || read.ID != "" {
		t.Errorf("got %+v, %v", read, err)
	}
}

func TestNetworkDelete_TakesTheDisksOfForgottenHostsAlong(t *testing.T) {
	docker := newFake()
	docker.volumes["demo-workers-1-var"] = &volume.Volume{Name: "demo-workers-1-var", Labels: map[string]string{target.ClusterLabel: "demo"}}
	docker.volumes["other"] = &volume.Volume{Name: "other", Labels: map[string]string{target.ClusterLabel: "another"}}
	nets := &networks{connect: docker.connect}
	id, state, err := nets.Create(t.Context(), wantedNetwork("10.240.0.0/24"))
	if err != nil {
		t.Fatal(err)
	}
	if err := nets.Delete(t.Context(), provider.DeleteRequest{ID: id, State: state}); err != nil {
		t.Fatal(err)
	}
	if _, left := docker.volumes["demo-workers-1-var"]; left {
		t.Error("the disk of a forgotten host is left")
	}
	if _, left := docker.volumes["other"]; !left {
		t.Error("the disk of another cluster is gone")
	}
}
