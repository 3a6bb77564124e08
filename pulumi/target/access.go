package target

import (
	"fmt"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Access is who may reach a cluster from outside; part of the block of every
// target that makes a network.
type Access struct {
	// PrivateEndpoint gives the API no public address: it is reached from
	// inside the network, or through what the user connects to it. Default:
	// false.
	PrivateEndpoint bool `json:"privateEndpoint,omitempty"`
	// APICIDRs may reach the API's public address. Default: 0.0.0.0/0.
	APICIDRs []string `json:"apiCIDRs,omitempty"`
	// SSHCIDRs may reach port 22 of every host. Default: nobody.
	SSHCIDRs []string `json:"sshCIDRs,omitempty"`
}

// Default opens the API, which asks everyone for a certificate, and nothing
// else.
func (a *Access) Default() {
	if a.APICIDRs == nil && !a.PrivateEndpoint {
		a.APICIDRs = []string{"0.0.0.0/0"}
	}
}

// Validate tells what is wrong; path is where the access stands in the block.
func (a *Access) Validate(path string) []config.FieldProblem {
	problems := cidrs(path+".apiCIDRs", a.APICIDRs)
	if a.PrivateEndpoint && len(a.APICIDRs) > 0 {
		problems = append(problems, config.FieldProblem{
			Path:    path + ".apiCIDRs",
			Message: "a private endpoint has no public address that could be restricted",
			Fix:     "remove apiCIDRs, or write privateEndpoint false",
		})
	}
	return append(problems, cidrs(path+".sshCIDRs", a.SSHCIDRs)...)
}

func cidrs(path string, given []string) []config.FieldProblem {
	var problems []config.FieldProblem
	for i, text := range given {
		prefix, err := netip.ParsePrefix(text)
		if err != nil || prefix != prefix.Masked() || !prefix.Addr().Is4() {
			problems = append(problems, config.FieldProblem{
				Path:    fmt.Sprintf("%s[%d]", path, i),
				Message: fmt.Sprintf("%q is no range of IPv4 addresses", text),
				Fix:     `write an address and a length, with no bit set beyond it, such as "203.0.113.0/24"`,
			})
		}
	}
	return problems
}
