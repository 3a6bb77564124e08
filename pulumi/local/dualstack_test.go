package local

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/network"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const bothFamilies = "10.240.0.0/24,fd00:10:240::/64"

func TestBesides_IsAtTheSamePlace(t *testing.T) {
	for address, want := range map[string]string{
		"10.240.0.2": "fd00:10:240::2", "10.240.0.64": "fd00:10:240::40", "10.240.0.254": "fd00:10:240::fe",
	} {
		if got, err := besides(bothFamilies, address); err != nil || got != want {
			t.Errorf("beside %s is %s, want %s: %v", address, got, want, err)
		}
	}
	if got, err := besides("10.240.0.0/24", "10.240.0.2"); err != nil || got != "" {
		t.Errorf("one family has %q: %v", got, err)
	}
	if _, err := besides("10.240.0.0/24,fd00::/126", "10.240.0.64"); err == nil || !strings.Contains(err.Error(), "write a larger range") {
		t.Errorf("got %v", err)
	}
	if _, err := besides(bothFamilies, "what"); err == nil {
		t.Error("an address that is none has another beside it")
	}
}

func TestNetworkCreate_GivesItBothFamilies(t *testing.T) {
	docker := newFake()
	nets := &networks{connect: docker.connect}
	for range 2 {
		if _, _, err := nets.Create(t.Context(), wantedNetwork(bothFamilies)); err != nil {
			t.Fatal(err)
		}
	}
	made := docker.networks["demo"]
	want := []network.IPAMConfig{{Subnet: "10.240.0.0/24", Gateway: "10.240.0.1"}, {Subnet: "fd00:10:240::/64", Gateway: "fd00:10:240::1"}}
	if !made.EnableIPv6 || !slices.EqualFunc(made.IPAM.Config, want, func(a, b network.IPAMConfig) bool { return a.Subnet == b.Subnet && a.Gateway == b.Gateway }) {
		t.Errorf("got %+v", made)
	}
	if docker.did("create network") != 1 {
		t.Errorf("what is there was made again: %q", docker.calls)
	}
	// Whatever order Docker tells them in.
	slices.Reverse(made.IPAM.Config)
	if got := subnet(made); got != bothFamilies {
		t.Errorf("its ranges are %q", got)
	}
	// A cluster that had one family gets another network.
	if _, _, err := nets.Create(t.Context(), wantedNetwork("10.240.0.0/24")); err != nil || docker.did("remove network") != 1 {
		t.Errorf("%v, calls %q", err, docker.calls)
	}
}

func TestHostCreate_GivesItAnAddressOfEachFamily(t *testing.T) {
	docker, all := fakeHosts()
	inputs := worker("a")
	inputs[cidrKey] = resource.NewProperty(bothFamilies)
	state := create(t, all, inputs)
	if got := provider.Text(state, hostAddressKey); got != "10.240.0.64" {
		t.Errorf("the host is known by %q", got)
	}
	made := docker.containers["a"]
	given := made.networking.EndpointsConfig["demo"].IPAMConfig
	if given.IPv4Address != "10.240.0.64" || given.IPv6Address != "fd00:10:240::40" {
		t.Errorf("got %+v", given)
	}
	if made.host.Sysctls["net.ipv6.conf.all.disable_ipv6"] != "0" {
		t.Errorf("IPv6 may be off: %v", made.host.Sysctls)
	}
	create(t, all, worker("b"))
	if one := docker.containers["b"]; len(one.host.Sysctls) != 0 || one.networking.EndpointsConfig["demo"].IPAMConfig.IPv6Address != "" {
		t.Error("a host of one family got something of the other")
	}
}

func TestBlock_TakesTwoFamiliesThatFit(t *testing.T) {
	c := config.New("local", map[string]func() config.Block{"local": func() config.Block { return &Block{} }})
	n := &c.Spec.Network
	n.PodCIDR, n.ServiceCIDR, n.NodeCIDR = "10.244.0.0/16,fd00:10:244::/56", "10.96.0.0/16,fd00:10:96::/112", bothFamilies
	if problems := c.Validate(); len(problems) != 0 {
		t.Error(problems)
	}
	n.NodeCIDR = "10.240.0.0/20,fd00:10:240::/120"
	problems := c.Validate()
	if len(problems) != 1 || !strings.Contains(problems[0].Message, "the same place in both") {
		t.Error(problems)
	}
}

func TestPreflight_LooksAtBothFamilies(t *testing.T) {
	docker, here := newFake(), quietMachine()
	here.routes = func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("fd00:10::/32")} }
	here.ipv6 = func() bool { return false }
	docker.networks["other"] = network.Inspect{Name: "other", IPAM: network.IPAM{Config: []network.IPAMConfig{{Subnet: "10.240.0.0/16"}, {Subnet: "fd00:10:240::/80"}}}}
	cluster := &config.Cluster{Metadata: config.Metadata{Name: "demo"}}
	cluster.Spec.Network.NodeCIDR = bothFamilies
	f := flight{docker: docker, machine: here, in: target.Inputs{Cluster: cluster}}
	var said []string
	for _, problem := range f.networks(t.Context()) {
		said = append(said, problem.Message)
	}
	all := strings.Join(said, "\n")
	for _, want := range []string{"10.240.0.0/24 overlaps Docker's", "fd00:10:240::/64 overlaps Docker's", "fd00:10:240::/64 overlaps the route", "IPv6 is turned off"} {
		if !strings.Contains(all, want) {
			t.Errorf("nothing says %q:\n%s", want, all)
		}
	}
	if len(said) != 4 {
		t.Errorf("%d problems:\n%s", len(said), all)
	}
}

func TestParseRoutes6_LeavesOutWhatIsNobodys(t *testing.T) {
	const none, tail = "00000000000000000000000000000000 00 00000000000000000000000000000000", "00000100 00000002 00000000 00000001 "
	table := "fd001234000000000000000000000000 40 " + none + " " + tail + "    eth0\n" +
		"fe800000000000000000000000000000 40 " + none + " " + tail + "    eth0\n" +
		"ff000000000000000000000000000000 08 " + none + " " + tail + "    eth0\n" +
		"fd000010000000000000000000000000 40 " + none + " " + tail + " br-12345\n" +
		"00000000000000000000000000000000 00 " + none + " " + tail + "    eth0\n" +
		"00000000000000000000000000000001 80 " + none + " " + tail + "      lo\n"
	want := []netip.Prefix{netip.MustParsePrefix("fd00:1234::/64")}
	if got := parseRoutes6([]byte(table)); !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHasIPv6_AssumesNothingElsewhere(t *testing.T) {
	routes := []byte("Iface\n")
	for name, test := range map[string]struct {
		disabled, routes []byte
		want             bool
	}{
		"on": {[]byte("0\n"), routes, true}, "off": {[]byte("1\n"), routes, false}, "not built in": {nil, routes, false}, "no Linux": {nil, nil, true},
	} {
		if got := hasIPv6(test.disabled, test.routes); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
