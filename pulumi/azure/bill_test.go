package azure

import (
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBill_ListsWhatIsPaidFor(t *testing.T) {
	var got []string
	for _, charge := range New().Bill(demo(everythingAsked)) {
		got = append(got, fmt.Sprintf("%d %s for %s", charge.Count, charge.What, charge.For))
	}
	want := []string{
		"3 Standard_D2s_v5 for control plane",
		"3 Standard SSD disk, 50 GiB for control plane",
		"3 Premium SSD disk, 20 GiB for etcd",
		"2 Standard_D2s_v5 for pool workers",
		"2 Standard SSD disk, 50 GiB for pool workers",
		"1 Standard_D2ps_v5 (spot) for pool cheap",
		"1 Standard SSD disk, 50 GiB for pool cheap",
		"2 Standard load balancer for API",
		"1 Standard public IP address for API",
		"1 NAT gateway for the way out",
		"1 Standard public IP address for the way out",
		"1 Key Vault (by operations) for node bundles",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if charges := New().Bill(demo(everythingAsked)); charges[5].Max != 9 {
		t.Errorf("the most machines of an elastic pool are not on the bill: %+v", charges[5])
	}
}
