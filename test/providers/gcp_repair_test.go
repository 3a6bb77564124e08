package providers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// TestGCP_UpstreamProviderResumesAndRepairs fails one call, then changes and
// removes what exists, and wants the program to put all of it right.
func TestGCP_UpstreamProviderResumesAndRepairs(t *testing.T) {
	s := openGCP(t)
	in := s.inputs(t, nil)
	s.cloud.Fail("compute.regionBackendServices.insert")
	failed, err := s.Up(t.Context(), s.of.Program(in), nil)
	if err == nil || !strings.Contains(err.Error(), "Required permission") {
		t.Fatalf("a call that fails: %+v, error %v", failed, err)
	}
	resumed := s.up(t, in)
	if resumed.Create == 0 || resumed.Replace+resumed.Delete > 0 {
		t.Errorf("resumed: %+v", resumed)
	}
	all := s.up(t, in)
	if all.Any() {
		t.Errorf("the same again: %+v", all)
	}

	rule := "projects/my-project/global/firewalls/one-control-plane-from-outside"
	s.cloud.Change(rule, map[string]any{"sourceRanges": []any{"198.51.100.0/24"}})
	front := "projects/my-project/regions/europe-west4/forwardingRules/one-api"
	s.cloud.Remove(front)
	if seen, err := s.Refresh(t.Context(), nil, nil); err != nil || seen.Update != 1 || seen.Delete != 1 {
		t.Errorf("a refresh after one change and one removal: %+v, error %v", seen, err)
	}
	if repaired := s.up(t, in); repaired != (engine.Changes{Create: 1, Update: 1, Same: all.Same - 2}) {
		t.Errorf("repaired: %+v", repaired)
	}
	if ranges, _ := s.cloud.Object(rule)["sourceRanges"].([]any); len(ranges) != 1 || ranges[0] != "0.0.0.0/0" {
		t.Errorf("the rule lets in %v", ranges)
	}
	if s.cloud.Object(front) == nil {
		t.Error("the load balancer is not there again")
	}
	if gone, err := s.Destroy(t.Context(), nil); err != nil || gone.Delete != all.Same || len(s.cloud.Objects()) > 0 {
		t.Errorf("destroyed: %+v, error %v, left %v", gone, err, s.cloud.Objects())
	}
}

// TestGCP_UpstreamProviderKeepsTheUsersNetwork makes a cluster in a network
// that exists, and takes it away again.
func TestGCP_UpstreamProviderKeepsTheUsersNetwork(t *testing.T) {
	s := openGCP(t)
	network, subnet := "projects/my-project/global/networks/theirs", "projects/my-project/regions/europe-west4/subnetworks/theirs"
	s.cloud.Have(network, map[string]any{"autoCreateSubnetworks": false})
	s.cloud.Have(subnet, map[string]any{"network": "https://www.googleapis.com/compute/v1/" + network, "ipCidrRange": "10.240.0.0/16"})
	in := s.inputs(t, func(spec map[string]any) {
		spec["gcp"].(map[string]any)["existing"] = map[string]any{"network": "theirs", "subnetwork": "theirs"}
	})
	made := s.up(t, in)
	if again := s.up(t, in); again != (engine.Changes{Same: made.Create}) {
		t.Errorf("of %d made, the same again: %+v", made.Create, again)
	}
	if _, err := s.Destroy(t.Context(), s.log(t)); err != nil {
		t.Fatal(err)
	}
	if left := s.cloud.Objects(); !slices.Equal(left, []string{network, subnet}) {
		t.Errorf("what is left is %v", left)
	}
}

// TestGCP_UpstreamProviderRefusesInPreviews asks for what Google would refuse:
// the provider must tell before anything is made.
func TestGCP_UpstreamProviderRefusesInPreviews(t *testing.T) {
	s := openGCP(t)
	in := s.inputs(t, nil)
	in.Cluster.Metadata.Name = "Upper_Case"
	if _, err := s.Preview(t.Context(), s.of.Program(in), nil); err == nil || !strings.Contains(err.Error(), "Upper_Case") {
		t.Errorf("a name that Google refuses: error %v", err)
	}
	if made := s.cloud.Objects(); len(made) > 0 {
		t.Errorf("a preview made %v", made)
	}
	if calls := s.cloud.Asked(); len(calls) > 0 {
		t.Errorf("a preview asked %v", calls)
	}
}

// TestGCP_UpstreamProviderPreviewsWithoutTheCloud previews a cluster: nothing
// is asked of the cloud, so no credentials are needed.
func TestGCP_UpstreamProviderPreviewsWithoutTheCloud(t *testing.T) {
	s := openGCP(t)
	would, err := s.Preview(t.Context(), s.of.Program(s.inputs(t, nil)), s.log(t))
	if err != nil || would.Create == 0 {
		t.Errorf("a preview: %+v, error %v", would, err)
	}
	for method, n := range s.cloud.Asked() {
		t.Errorf("a preview asked %s %d times", method, n)
	}
}
