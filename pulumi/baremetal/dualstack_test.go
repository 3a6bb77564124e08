package baremetal

import (
	"strings"
	"testing"
)

// Hosts are told by IPv4; what else they have they say themselves.
func TestBlock_TakesHostsOfTwoFamilies(t *testing.T) {
	both := strings.NewReplacer(`"nodeCIDR": "10.240.0.0/24"`,
		`"podCIDR": "10.244.0.0/16,fd00:10:244::/56", "serviceCIDR": "10.96.0.0/16,fd00:10:96::/112", "nodeCIDR": "10.240.0.0/24,fd00:10:240::/64"`)
	if _, problems := load(t, both.Replace(document(`{"key": "/k", "hosts": [`+threeHosts+`]}`))); problems != "" {
		t.Error(problems)
	}
	_, problems := load(t, both.Replace(document(`{"key": "/k", "hosts": [`+threeHosts+`, {"address": "192.0.2.1", "pool": "large"}]}`)))
	if !strings.Contains(problems, "192.0.2.1 is not in spec.network.nodeCIDR 10.240.0.0/24") {
		t.Errorf("got %s", problems)
	}
}
