package config

import (
	"strings"
	"testing"
)

// dual is a config with two families.
func dual() *Cluster {
	c := complete()
	c.Spec.Network.PodCIDR = "10.244.0.0/16,fd00:10:244::/56"
	c.Spec.Network.ServiceCIDR = "10.96.0.0/16,fd00:10:96::/112"
	c.Spec.Network.NodeCIDR = "10.240.0.0/24,fd00:10:240::/64"
	return c
}

func TestValidate_AcceptsTwoFamilies(t *testing.T) {
	for _, layer := range []string{Flannel, None} {
		c := dual()
		c.Spec.Network.Layer = layer
		if problems := c.Validate(); len(problems) != 0 {
			t.Errorf("with layer %s: %v", layer, problems)
		}
	}
	c := dual()
	c.Spec.Network.PodCIDR = "10.244.0.0/16,fd00:10:244::/48"
	c.Spec.Network.ServiceCIDR = "10.96.0.0/16,fd00:10:96::/108"
	c.Spec.Network.NodeCIDR = "10.240.0.0/24,2001:db8::/120"
	if problems := c.Validate(); len(problems) != 0 {
		t.Errorf("the largest ranges: %v", problems)
	}
}

func TestValidate_RefusesSecondRangesNoClusterCanUse(t *testing.T) {
	for second, want := range map[string][2]string{
		"fd00:10:244::":         {"not an address range", "a length"},
		"fd00:10:244::1/56":     {"inside of a range", `"10.244.0.0/16,fd00:10:244::/56"`},
		"FD00:10:244:0::/56":    {"written in another way", `"10.244.0.0/16,fd00:10:244::/56"`},
		"fe80::/56":             {"link-local", "fd00::/8"},
		"ff02::/56":             {"multicast", "fd00::/8"},
		"::/56":                 {"reserved", "fd00::/8"},
		"10.245.0.0/16":         {"same family", `"10.244.0.0/16"`},
		"fd00:a::/40":           {"larger than the controller-manager takes", "/48 or smaller"},
		"fd00:10:244::/63":      {"a /64 for 2 nodes, this cluster has 3", "/62 or larger"},
		"fd00:10:244::/80":      {"a /64 for 0 nodes", "/62 or larger"},
		"fd00:1::/56,fd00::/56": {"3 ranges", `"10.244.0.0/16"`},
		" fd00:10:244::/56":     {"has spaces", `"10.244.0.0/16,fd00:10:244::/56"`},
	} {
		c := dual()
		c.Spec.Network.PodCIDR = "10.244.0.0/16," + second
		one(t, c, "spec.network.podCIDR", want[0], want[1])
	}
	for cidr, want := range map[string][2]string{
		"fd00:10:96::/112":              {"IPv6, and a cluster cannot have that alone", "IPv4"},
		"fd00:10:96::/112,10.96.0.0/16": {"comes first", `"10.96.0.0/16,fd00:10:96::/112"`},
		"10.96.0.0/16,fd00:10:96::/104": {"larger than the API server takes", "/108 or smaller"},
		"10.96.0.0/16,fd00:10:96::/125": {"too small", "/124 or larger"},
	} {
		c := dual()
		c.Spec.Network.ServiceCIDR = cidr
		if problems := c.Validate(); len(problems) == 0 || problems[0].Path != "spec.network.serviceCIDR" ||
			!strings.Contains(problems[0].Message, want[0]) || !strings.Contains(problems[0].Fix, want[1]) {
			t.Errorf("%s: %v", cidr, problems)
		}
	}
	c := dual()
	c.Spec.Network.NodeCIDR = "10.240.0.0/24,fd00:10:240::/126"
	one(t, c, "spec.network.nodeCIDR", "0 hosts", "/124 or larger")
}

// The proposals of both families give a config that is valid.
func TestValidate_ProposesRangesOfTheSameFamily(t *testing.T) {
	c := dual()
	c.Spec.Network.ServiceCIDR = "10.96.0.0/16,fd00:10:244::/112"
	c.Spec.Network.NodeCIDR = "10.240.0.0/24,fd00:10:244::/64"
	problems := c.Validate()
	if len(problems) != 3 {
		t.Fatalf("found %v, want an overlap for services and two for nodes", problems)
	}
	quoted := func(fix string) string { return strings.Split(fix, `"`)[1] }
	c.Spec.Network.ServiceCIDR = quoted(problems[0].Fix)
	c.Spec.Network.NodeCIDR = quoted(problems[1].Fix)
	if left := c.Validate(); len(left) != 0 {
		t.Errorf("the fixes do not mend it: %v", left)
	}
}

func TestValidate_WantsTheSameFamiliesEverywhere(t *testing.T) {
	c := dual()
	c.Spec.Network.NodeCIDR = "10.240.0.0/24"
	one(t, c, "spec.network.nodeCIDR", "podCIDR and serviceCIDR two", `"10.240.0.0/24,fd00:10:240::/64"`)
	c = complete()
	c.Spec.Network.PodCIDR = dual().Spec.Network.PodCIDR
	if problems := c.Validate(); len(problems) != 2 {
		t.Errorf("only pods have two families: %v", problems)
	}
}

func TestValidate_RefusesTwoFamiliesWhereHostsHaveOne(t *testing.T) {
	c := dual()
	c.Spec.Block = oneFamilyBlock{}
	problems := c.Validate()
	if len(problems) != 3 {
		t.Fatalf("found %v, want one for each range", problems)
	}
	for _, p := range problems {
		if !strings.Contains(p.Message, "not built there yet") {
			t.Error(p)
		}
	}
	// Without a target nobody can tell, as on a host.
	c.Spec.Block = nil
	if problems := c.Validate(); len(problems) != 0 {
		t.Error(problems)
	}
}

func TestFamilies_TakesAFieldApart(t *testing.T) {
	n := dual().Spec.Network
	if !n.DualStack() || complete().Spec.Network.DualStack() {
		t.Error("families are counted wrongly")
	}
	for want, got := range map[string]string{
		"10.244.0.0/16":     First(n.PodCIDR),
		"fd00:10:244::/56":  Second(n.PodCIDR),
		"10.96.0.10":        n.ServiceAddress(DNSServiceIndex).String(),
		"10.240.0.7":        n.NodeAddress(7).String(),
		"":                  Second("10.0.0.0/8"),
		"fd00:10:240::/64":  Ranges(n.NodeCIDR)[1],
		"10.96.0.0/16":      First("10.96.0.0/16"),
		"[10.0.0.0/8 ::/0]": prefixes(t, "10.1.2.3/8,::/0"),
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	dns, err := Nth(n.ServiceCIDR, DNSServiceIndex)
	if err != nil || dns != "10.96.0.10" {
		t.Errorf("DNS is at %s: %v", dns, err)
	}
	if _, err := Prefixes("10.0.0.0/8,what"); err == nil || !strings.Contains(err.Error(), `"what"`) {
		t.Errorf("got %v", err)
	}
}

func prefixes(t *testing.T, cidr string) string {
	t.Helper()
	all, err := Prefixes(cidr)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, p := range all {
		texts = append(texts, p.String())
	}
	return "[" + strings.Join(texts, " ") + "]"
}
