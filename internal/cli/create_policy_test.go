package cli

import (
	"fmt"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func TestCreate_SaysWherePolicyHasNoEffect(t *testing.T) {
	const warning = `
Network policy has no effect: %s does not enforce it. What does is
spec.network.policy: kube-network-policies
`
	for name, c := range map[string]struct {
		network config.Network
		own     *catalog.Layer
		warns   string
	}{
		"a layer that does not":           {config.Network{Layer: "flannel"}, nil, "flannel"},
		"with what does beside it":        {config.Network{Layer: "flannel", Policy: config.PolicyAddon}, nil, ""},
		"one of the user's that does not": {config.Network{Layer: "./toy"}, &catalog.Layer{Name: "toy"}, "toy"},
		"one of the user's that does":     {config.Network{Layer: "./toy"}, &catalog.Layer{Name: "toy", EnforcesPolicy: true}, ""},
		"one that nobody declared":        {config.Network{Layer: "nothing"}, nil, ""},
	} {
		want := ""
		if c.warns != "" {
			want = fmt.Sprintf(warning, c.warns)
		}
		if got := unenforced(c.network, c.own); got != want {
			t.Errorf("%s: said %q, want %q", name, got, want)
		}
	}
}
