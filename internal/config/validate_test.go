package config

import (
	"strings"
	"testing"
)

// complete is a valid config for tests to spoil.
func complete() *Cluster { return New("local", fakeBlocks()) }

func TestValidate_AcceptsTheDefaults(t *testing.T) {
	if problems := complete().Validate(); len(problems) != 0 {
		t.Errorf("Validate() = %v", problems)
	}
}

// one checks that exactly one problem is found, at a path, with words in its
// message and its fix.
func one(t *testing.T, c *Cluster, path, message, fix string) {
	t.Helper()
	problems := c.Validate()
	if len(problems) != 1 {
		t.Errorf("found %d problems, want one at %s: %v", len(problems), path, problems)
		return
	}
	p := problems[0]
	if p.Path != path || !strings.Contains(p.Message, message) || !strings.Contains(p.Fix, fix) {
		t.Errorf("found %+v\nwant path %q, message with %q, fix with %q", p, path, message, fix)
	}
}

func TestValidate_RefusesVersionsItDoesNotKnow(t *testing.T) {
	for version, want := range map[string][2]string{
		"1.37.1":      {"lacks its v", `"v1.37.1"`},
		"v1.37":       {"not a full version", "1.37, 1.36, 1.35"},
		"v1.37.1-rc1": {"not a full version", "v1.37.1"},
		"v1.037.1":    {"not a full version", "v1.37.1"},
		"latest":      {"not a full version", "v1.37.1"},
		"v1.34.9":     {"supported are 1.37, 1.36, 1.35", "v1.37.1"},
		"v1.370.1":    {"not supported", "v1.37.1"},
	} {
		c := complete()
		c.Spec.KubernetesVersion = version
		one(t, c, "spec.kubernetesVersion", want[0], want[1])
	}
	for _, minor := range Versions() {
		c := complete()
		c.Spec.KubernetesVersion = "v" + minor + ".0"
		if problems := c.Validate(); len(problems) != 0 {
			t.Errorf("%s is refused: %v", minor, problems)
		}
	}
}

func TestValidate_RefusesControlPlanesThatEtcdCannotForm(t *testing.T) {
	for count, want := range map[int][2]string{
		-1: {"too few", "1, 3 or 5"},
		0:  {"too few", "1, 3 or 5"},
		2:  {"odd number", "write 3, or 1"},
		4:  {"odd number", "write 5, or 3"},
		6:  {"too many", "write 5"},
		7:  {"too many", "write 5"},
	} {
		c := complete()
		c.Spec.ControlPlane.Count = count
		one(t, c, "spec.controlPlane.count", want[0], want[1])
	}
	for _, count := range []int{1, 3, 5} {
		c := complete()
		c.Spec.ControlPlane.Count = count
		if problems := c.Validate(); len(problems) != 0 {
			t.Errorf("%d is refused: %v", count, problems)
		}
	}
}

func TestValidate_RefusesRangesNoClusterCanUse(t *testing.T) {
	for cidr, want := range map[string][2]string{
		"10.50.0.1/16":      {"inside of a range", `"10.50.0.0/16"`},
		"10.50.0.0":         {"not an address range", `"10.50.0.0/16"`},
		"10.50.0.0/33":      {"not an address range", "a length"},
		"fd00::/64":         {"cannot have that alone", "IPv4"},
		"::ffff:10.0.0.0/8": {"reserved", "private"},
		"127.0.0.0/16":      {"loopback", "private"},
		"169.254.0.0/17":    {"link-local", "private"},
		"224.0.0.0/8":       {"multicast", "private"},
		"250.0.0.0/8":       {"reserved", "private"},
		"0.0.0.0/0":         {"unspecified", "private"},
		"10.50.0.0/25":      {"for 0 nodes, this cluster has 3", "/22 or larger"},
		"10.50.0.0/23":      {"for 2 nodes, this cluster has 3", "/22 or larger"},
	} {
		c := complete()
		c.Spec.Network.PodCIDR = cidr
		one(t, c, "spec.network.podCIDR", want[0], want[1])
	}
}

func TestValidate_NamesBothFieldsOfAnOverlap(t *testing.T) {
	c := complete()
	c.Spec.Network.PodCIDR = "10.96.0.0/12"
	one(t, c, "spec.network.serviceCIDR", "spec.network.podCIDR (10.96.0.0/12)", "10.0.0.0/16")
	c = complete()
	c.Spec.Network.NodeCIDR = "10.96.4.0/24"
	one(t, c, "spec.network.nodeCIDR", "spec.network.serviceCIDR", "10.0.0.0/24")
}

func TestValidate_ProposesRangesThatAreFree(t *testing.T) {
	c := complete()
	c.Spec.Network.PodCIDR = "10.0.0.0/8"
	problems := c.Validate()
	if len(problems) != 2 {
		t.Fatalf("found %v, want an overlap for services and one for nodes", problems)
	}
	// Following both proposals must give a valid config.
	quoted := func(fix string) string { return strings.Split(fix, `"`)[1] }
	c.Spec.Network.ServiceCIDR = quoted(problems[0].Fix)
	c.Spec.Network.NodeCIDR = quoted(problems[1].Fix)
	if left := c.Validate(); len(left) != 0 {
		t.Errorf("the fixes do not mend it: %v", left)
	}
}

func TestValidate_KnowsHowManyNodesFit(t *testing.T) {
	c := complete()
	c.Spec.Pools[0].Count = 253
	c.Spec.Network.NodeCIDR = "10.240.0.0/20"
	c.Spec.ControlPlane.Count = 3
	if problems := c.Validate(); len(problems) != 0 {
		t.Errorf("256 nodes are refused in a /16: %v", problems)
	}
	c.Spec.ControlPlane.Count = 5
	one(t, c, "spec.network.podCIDR", "256 nodes, this cluster has 258", "/15 or larger")
	c = complete()
	c.Spec.Network.NodeCIDR = "10.240.0.0/29"
	one(t, c, "spec.network.nodeCIDR", "0 hosts, this cluster has 3", "/28 or larger")
	c = complete()
	c.Spec.Network.ServiceCIDR = "10.96.0.0/29"
	one(t, c, "spec.network.serviceCIDR", "too small", "/28 or larger")
	c = complete()
	c.Spec.Network.ServiceCIDR = "16.0.0.0/8"
	one(t, c, "spec.network.serviceCIDR", "larger than the API server takes", "/12 or smaller")
}

func TestValidate_SurvivesAbsurdCounts(t *testing.T) {
	c := complete()
	const most = int(^uint(0) >> 1)
	c.Spec.Pools = []Pool{{Name: "a", Count: most}, {Name: "b", Count: most}}
	if problems := c.Validate(); len(problems) != 2 {
		t.Errorf("found %v, want one problem for each pool", problems)
	}
}

func TestValidate_ChecksNetworkWords(t *testing.T) {
	c := complete()
	c.Spec.Network.Layer = "Flannel"
	one(t, c, "spec.network.layer", `did you mean "flannel"`, "write one of flannel, ")
	c = complete()
	c.Spec.Network.DNSDomain = "cluster_local"
	one(t, c, "spec.network.dnsDomain", "not a DNS domain", "cluster.local")
}

func TestValidate_ChecksWhereImagesComeFrom(t *testing.T) {
	for registry, fix := range map[string]string{
		"https://registry.example.com/": `"registry.example.com"`,
		"registry.example.com/":         `"registry.example.com"`,
		"registry.example.com/a:v1":     "registry.example.com:5000/mirror",
		"a b":                           "registry.example.com:5000/mirror",
		"Registry.example.com":          "registry.example.com:5000/mirror",
	} {
		c := complete()
		c.Spec.Images.Registry = registry
		one(t, c, "spec.images.registry", "host[:port][/path]", fix)
	}
	for _, registry := range []string{"localhost:5000", "10.0.0.1:5000/a/b", "europe-docker.pkg.dev/p_1/x"} {
		c := complete()
		c.Spec.Images.Registry = registry
		if problems := c.Validate(); len(problems) != 0 {
			t.Errorf("%q is refused: %v", registry, problems)
		}
	}
	c := complete()
	c.Spec.Images.Bundle = "folder/"
	one(t, c, "spec.images.bundle", "a folder", "archive")
}

func TestValidate_RefusesLabelsTheKubeletWouldRefuse(t *testing.T) {
	for key, ok := range map[string]bool{
		"example.com/disk":               true,
		"disk":                           true,
		"kubernetes.io/hostname":         true,
		"topology.kubernetes.io/zone":    true,
		"node.kubernetes.io/pool":        true,
		"x.kubelet.kubernetes.io/a":      true,
		"notkubernetes.io/a":             true,
		"kubernetes.io/role":             false,
		"node-role.kubernetes.io/worker": false,
		"app.k8s.io/name":                false,
	} {
		c := complete()
		c.Spec.Pools[0].Labels = map[string]string{key: ""}
		if problems := c.Validate(); (len(problems) == 0) != ok {
			t.Errorf("label %q: found %v, want accepted: %v", key, problems, ok)
		}
	}
}

func TestValidate_PrefixesTheBlocksProblems(t *testing.T) {
	c := complete()
	c.Spec.Block.(*fakeBlock).APIPort = -1
	one(t, c, "spec.local.apiPort", "not a port", "65535")
}
