package manager

import (
	"net"
	"strings"
	"testing"
)

func TestApprove_RefusesServiceAddressesOfEitherFamily(t *testing.T) {
	m := &manager{}
	m.file.Cluster.Spec.Network.ServiceCIDR = "10.96.0.0/16,fd00:10:96::/112"
	for _, address := range []string{"10.96.0.1", "fd00:10:96::1"} {
		template := good()
		template.IPAddresses = []net.IP{net.ParseIP(address)}
		if err := m.outsideServices(request(t, template)); err == nil || !strings.Contains(err.Error(), address+" is in the service range") {
			t.Errorf("%s: %v", address, err)
		}
	}
	if err := m.outsideServices(request(t, good())); err != nil {
		t.Error(err)
	}
}
