package gcp

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// billed are the lines of a bill as text.
func billed(t *testing.T, edits ...func(whole, spec, block document)) []string {
	t.Helper()
	var lines []string
	for _, c := range New().Bill(inputsOf(t, written(edits...)).Cluster) {
		count := fmt.Sprint(c.Count)
		if c.Max > 0 {
			count += fmt.Sprintf("-%d", c.Max)
		}
		lines = append(lines, count+" × "+c.What+" for "+c.For)
	}
	return lines
}

func TestBill_ListsWhatIsPaidFor(t *testing.T) {
	want := []string{
		"3 × e2-standard-2 for control plane",
		"3 × pd-balanced disk, 50 GB for control plane",
		"3 × pd-ssd disk, 20 GB for etcd",
		"2 × e2-standard-2 for pool workers",
		"2 × pd-balanced disk, 50 GB for pool workers",
		"3-9 × n4-standard-4, spot for pool batch",
		"3-9 × hyperdisk-balanced disk, 50 GB for pool batch",
		"1 × forwarding rule (internal load balancer) for API endpoint",
		"1 × forwarding rule (external load balancer) for API endpoint",
		"1 × static external IPv4 address for API endpoint",
		"1 × Cloud NAT gateway, and its addresses for the hosts' way out",
		"3 × secret version for node bundles",
	}
	if diff := cmp.Diff(want, billed(t, three)); diff != "" {
		t.Error(diff)
	}
}

func TestBill_LeavesOutWhatIsNotMade(t *testing.T) {
	lines := strings.Join(billed(t, private, func(_, _, block document) {
		block["existing"] = document{"network": "corp", "subnetwork": "hosts"}
	}), "\n")
	for _, absent := range []string{"external", "NAT"} {
		if strings.Contains(lines, absent) {
			t.Errorf("the bill has %s:\n%s", absent, lines)
		}
	}
}
