package gcp

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLeftovers_AreCommandsInOrder(t *testing.T) {
	api := healthyAPI()
	api.resources = []Resource{
		{Kind: "secrets", Name: "demo-workers"},
		{Kind: "compute networks", Name: "demo"},
		{Kind: "compute disks", Name: "pvc-1", Scope: "--zone us-central1-a"},
		{Kind: "compute forwarding-rules", Name: "a0", Scope: "--region us-central1"},
	}
	left, err := on(api).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"gcloud compute disks delete pvc-1 --zone us-central1-a --project demo",
		"gcloud compute forwarding-rules delete a0 --region us-central1 --project demo",
		"gcloud compute networks delete demo --project demo",
		"gcloud secrets delete demo-workers --project demo",
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
	api.errors["Resources"] = errors.New("listing disks: no answer")
	if _, err := on(api).Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "listing disks") {
		t.Errorf("got %v", err)
	}
}
