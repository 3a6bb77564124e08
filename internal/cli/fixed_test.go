package cli

import "testing"

func TestHolds_ComparesFamilyByFamily(t *testing.T) {
	const both = "10.244.0.0/16,fd00:10:244::/56"
	for outer, want := range map[string]bool{
		both:                             true,
		"10.244.0.0/15,fd00:10:244::/56": true,
		"10.244.0.0/16,fd00:10:244::/48": true,
		"10.244.0.0/17,fd00:10:244::/56": false,
		"10.244.0.0/16,fd00:10:245::/56": false,
		// Nodes that are there keep the one range that they have, or the two.
		"10.244.0.0/16": false,
		"what":          false,
	} {
		if holds(outer, both) != want {
			t.Errorf("%s holds %s: %v, want %v", outer, both, !want, want)
		}
	}
	if holds(both, "10.244.0.0/16") {
		t.Error("a second family can come to a living cluster")
	}
}
