package plan

import (
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
)

// The groups that resources are shown in; a pool's is "pool NAME".
const (
	ofCredentials = "credentials"
	ofNetwork     = "network"
	ofPlanes      = "control plane"
	ofPool        = "pool "
	ofOthers      = "other"
)

// GroupOf tells what a resource belongs to, by its name first: what serves the
// control planes or one pool is named for it on every target. Of the rest the
// type tells what is part of the network.
func GroupOf(cluster string, pools []string, typ, name string) string {
	if typ == credentials.Type {
		return ofCredentials
	}
	if under(name, cluster+"-"+node.ControlPlane) {
		return ofPlanes
	}
	longest := ""
	for _, pool := range pools {
		if under(name, cluster+"-"+pool) && len(pool) > len(longest) {
			longest = pool
		}
	}
	if longest != "" {
		return ofPool + longest
	}
	kind := strings.ToLower(typ[strings.LastIndex(typ, ":")+1:])
	for _, word := range networkWords() {
		if strings.Contains(kind, word) {
			return ofNetwork
		}
	}
	return ofOthers
}

// networkWords are in the names of types that make up a network, the API's
// balancer with it, at each of the providers that targets use.
func networkWords() []string {
	return []string{
		"network", "vpc", "subnet", "route", "nat", "firewall", "gateway", "securitygroup", "address", "eip",
		"balancer", "backend", "forwarding", "listener", "targetgroup", "healthcheck", "proxy", "endpoint",
	}
}

// under tells whether a name is another, or begins with it.
func under(name, beginning string) bool {
	return name == beginning || strings.HasPrefix(name, beginning+"-")
}

// rankOf is the place of a group: as things are made.
func rankOf(group string) int {
	for i, g := range []string{ofCredentials, ofNetwork, ofOthers, ofPlanes} {
		if g == group {
			return i
		}
	}
	return 100 // pools come last, by name
}
