package azure

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeftovers_AreCommandsInOrder(t *testing.T) {
	api := healthyAPI()
	api.resources = []Resource{{ID: setID, Kind: scaleSetKind}, {ID: clusterGroup, Kind: groupKind}, {ID: planeID, Kind: machineKind}}
	left, err := on(api).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"az group delete --name kubernetes-anywhere-demo --subscription " + subscriptionID,
		"az resource delete --ids " + setID,
		"az resource delete --ids " + planeID,
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestLeftovers_OfNothingAreNone(t *testing.T) {
	left, err := on(healthyAPI()).Leftovers(t.Context(), testCluster(nil))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v", left, err)
	}
}

func TestLeftovers_AreNotProvenByAListThatFailed(t *testing.T) {
	api := healthyAPI()
	api.errors["Resources"] = errors.New("listing what is tagged: no answer")
	if _, err := on(api).Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("got %v", err)
	}
}
