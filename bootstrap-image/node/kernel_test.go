package node

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// kube-proxy's own check refuses nftables below 5.13.
func TestKernel_ANodeIsLabelledWhereKubeProxyCannotUseNFTables(t *testing.T) {
	for name, c := range map[string]struct {
		facts Facts
		want  bool
	}{
		"nothing known":          {Facts{}, false},
		"Debian 13":              {Facts{Kernel: "6.12.48+deb13-amd64"}, false},
		"just old enough":        {Facts{Kernel: "5.13.0"}, false},
		"Debian 11":              {Facts{Kernel: "5.10.0-35-amd64"}, true},
		"Amazon Linux 2":         {Facts{Kernel: "4.14.355-276.618.amzn2.x86_64"}, true},
		"new, without nf_tables": {Facts{Kernel: "6.12.0", WithoutNFTables: true}, true},
		"no version at all":      {Facts{Kernel: "custom"}, false},
	} {
		p := plan{facts: c.facts}
		flags := strings.Join(p.kubeletFlags(), " ")
		if got := strings.Contains(flags, "--node-labels="+ProxyLabel+"=iptables"); got != c.want {
			t.Errorf("%s: labelled %v, want %v: %s", name, got, c.want, flags)
		}
	}
}

func TestKubelet_SendsPodsToTheNodesOwnDNSFirst(t *testing.T) {
	p := plan{dns: "10.96.0.10"}
	if got := p.resolvers(); !slices.Equal(got, []string{"10.96.0.10"}) {
		t.Errorf("without the addon: %v", got)
	}
	p.bundle.Cluster.Spec.Addons = []config.Addon{{Name: nodeLocalDNS}}
	if got := p.resolvers(); !slices.Equal(got, []string{nodeLocalDNSAddress, "10.96.0.10"}) {
		t.Errorf("with it: %v", got)
	}
}
