package node

import (
	"net"
	"slices"
	"strings"
	"testing"
)

// dual gives a bundle's cluster two families, and a host an address in each.
func dual(t *testing.T, role string) (Bundle, Facts) {
	t.Helper()
	b, f := newBundle(t, role), newFacts(role)
	n := &b.Cluster.Spec.Network
	n.PodCIDR, n.ServiceCIDR, n.NodeCIDR = "10.244.0.0/16,fd00:10:244::/56", "10.96.0.0/16,fd00:10:96::/112", "172.30.0.0/24,fd00:172:30::/64"
	f.Addresses = append(f.Addresses, "2001:db8::9", "fd00:172:30::9", "fd00:172:30::10")
	return b, f
}

func TestIgnition_TellsEveryPartOfBothFamilies(t *testing.T) {
	for role, want := range map[string][]string{
		ControlPlane: {
			"--service-cluster-ip-range=10.96.0.0/16,fd00:10:96::/112",
			"--cluster-cidr=10.244.0.0/16,fd00:10:244::/56", "--node-cidr-mask-size-ipv4=24", "--node-cidr-mask-size-ipv6=64",
			"--node-ip=172.30.0.3,fd00:172:30::9", "--advertise-address=172.30.0.3\n", "- 10.96.0.10\n", "net.ipv6.conf.all.forwarding = 1\n",
		},
		Worker: {"--node-ip=172.30.0.9,fd00:172:30::9", "- 10.96.0.10\n", "net.ipv6.conf.all.forwarding = 1\n"},
	} {
		b, f := dual(t, role)
		all := show(t, render(t, b, f))
		for _, one := range want {
			if !strings.Contains(all, one) {
				t.Errorf("%s: %q is nowhere", role, one)
			}
		}
		b, f = newBundle(t, role), newFacts(role)
		all = show(t, render(t, b, f))
		for _, one := range []string{"ipv6.conf", "-mask-size-ipv6", "fd00"} {
			if strings.Contains(all, one) {
				t.Errorf("%s of one family has %q", role, one)
			}
		}
	}
}

func TestRequests_NameTheAPIInBothFamilies(t *testing.T) {
	b, f := dual(t, ControlPlane)
	requests, err := Requests(b, f)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(requests, func(r Request) bool { return r.Name == apiServerRequest })
	for _, want := range []string{"10.96.0.1", "fd00:10:96::1", "172.30.0.3", "fd00:172:30::9"} {
		if !slices.ContainsFunc(requests[at].Leaf.Addresses, net.ParseIP(want).Equal) {
			t.Errorf("%s is not among %v", want, requests[at].Leaf.Addresses)
		}
	}
}

func TestIdentify_WantsAnAddressOfEachFamily(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		b, f := dual(t, role)
		f.Addresses = f.Addresses[:3]
		if _, err := Identify(b, f); err == nil || !strings.Contains(err.Error(), "is in spec.network.nodeCIDR fd00:172:30::/64") {
			t.Errorf("%s: %v", role, err)
		}
		b, f = dual(t, role)
		self, err := Identify(b, f)
		if err != nil || self.Address6 != "fd00:172:30::9" || strings.Contains(self.Address, ":") {
			t.Errorf("%s is %+v: %v", role, self, err)
		}
		if member := self.Member(); member.Name != self.Name || member.Address != self.Address {
			t.Errorf("others know it as %+v", member)
		}
	}
}
