package aws

import (
	"fmt"
	"net/netip"
	"testing"
)

func TestShare_KeepsSubnetsInsideAndApart(t *testing.T) {
	for zones := 1; zones <= mostZones; zones++ {
		for bits := largestNetwork; bits <= smallest(zones); bits++ {
			whole := netip.PrefixFrom(netip.MustParseAddr("10.128.0.0"), bits)
			got, err := share(whole.String(), zones)
			if err != nil {
				t.Fatalf("%d zones in %s: %v", zones, whole, err)
			}
			all := append(append([]netip.Prefix{}, got.private...), got.public...)
			for i, subnet := range all {
				if subnet != subnet.Masked() || !whole.Contains(subnet.Addr()) || subnet.Bits() > publicBits {
					t.Errorf("%d zones in %s: %s is no subnet of it", zones, whole, subnet)
				}
				for _, other := range all[:i] {
					if subnet.Overlaps(other) {
						t.Errorf("%d zones in %s: %s overlaps %s", zones, whole, subnet, other)
					}
				}
			}
		}
	}
}

func TestShare_RefusesWhatCannotBeShared(t *testing.T) {
	for _, c := range []struct {
		cidr  string
		zones int
	}{{"10.0.0.0/15", 3}, {"10.0.0.0/25", 3}, {"10.0.0.0/24", 7}, {"nonsense", 1}, {"fd00::/64", 1}} {
		if got, err := share(c.cidr, c.zones); err == nil {
			t.Errorf("%d zones in %s: got %+v", c.zones, c.cidr, got)
		}
	}
}

func TestShare_KeepsWhatIsThereWhenAZoneComes(t *testing.T) {
	for zones := 1; zones < fewZones; zones++ {
		few, _ := share("10.240.0.0/24", zones)
		more, _ := share("10.240.0.0/24", zones+1)
		if fmt.Sprint(more.private[:zones], more.public[:zones]) != fmt.Sprint(few.private, few.public) {
			t.Errorf("a zone beside %d moves their subnets: from %v to %v", zones, few, more)
		}
	}
}

func TestShare_OfTheDefaultRange(t *testing.T) {
	got, err := share("10.240.0.0/24", 3)
	want := "[10.240.0.0/26 10.240.0.64/26 10.240.0.128/26] [10.240.0.240/28 10.240.0.224/28 10.240.0.208/28]"
	if err != nil || fmt.Sprint(got.private, got.public) != want {
		t.Errorf("got %v, %v", got, err)
	}
}
