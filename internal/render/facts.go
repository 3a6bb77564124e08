package render

import (
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// kindOf is the kind that a JSON document says it is.
func kindOf(text string) string {
	var of struct {
		Kind string `json:"kind"`
	}
	if json.Unmarshal([]byte(text), &of) != nil {
		return ""
	}
	return of.Kind
}

// factsOf are the facts that a host of the bundle is rendered by, and whether
// they are a real host's.
func (o Options) factsOf(t target.Target, in target.Inputs, b node.Bundle) (facts node.Facts, given bool, err error) {
	name := folderOf(b)
	if facts, given = o.Facts[name]; given {
		return facts, true, nil
	}
	usual, err := assumedFacts(b)
	if err != nil {
		return usual, false, err
	}
	any, given := o.Facts[AnyHost]
	switch knows, ok := t.(target.Assuming); {
	case given && isOf(b, any):
		return any, true, nil
	case given:
		usual = as(usual, any)
	case ok:
		if facts, known := knows.AssumedFacts(in.Cluster, b.Role, b.Pool); known {
			usual = as(usual, facts)
		}
	}
	if b.Cloud != "" && usual.Instance.ProviderID == "" {
		usual.Instance.ProviderID = later("the id of the machine", "from its metadata service")
	}
	if b.Role != node.ControlPlane {
		return usual, given, nil
	}
	// A member of etcd begins once, and keeps to how it began.
	usual.Etcd = node.EtcdStart{State: "new", Members: b.ControlPlanes}
	if was, exists := o.Existing[name]; exists && isMember(usual, was) {
		usual.Etcd = was.Facts.Etcd
	}
	return usual, given, nil
}

// as is a machine by the name and at the addresses of another one.
func as(name, machine node.Facts) node.Facts {
	machine.Hostname, machine.Addresses, machine.Now = name.Hostname, name.Addresses, name.Now
	return machine
}

// isOf tells whether facts are of a host that has such a bundle.
func isOf(b node.Bundle, facts node.Facts) bool {
	self, err := node.Identify(b, facts)
	isPlane := slices.ContainsFunc(b.ControlPlanes, func(m node.Member) bool { return m.Address == self.Address })
	return err == nil && isPlane == (b.Role == node.ControlPlane)
}

// isMember tells whether a host is one of those that began so.
func isMember(facts node.Facts, was Node) bool {
	return slices.ContainsFunc(was.Facts.Etcd.Members, func(m node.Member) bool { return slices.Contains(facts.Addresses, m.Address) })
}

// assumedFacts are those of a usual machine: Debian 13 with cgroups of version
// 2. A host reads its own, and renders by them.
func assumedFacts(b node.Bundle) (node.Facts, error) {
	facts := node.Facts{
		Hostname: b.Cluster.Metadata.Name + "-" + b.Pool + "-1",
		OS:       "debian", Arch: "amd64", CgroupVersion: 2, HasSysResource: true,
		ContainerEngine: "docker", ContainerdVersion: "1.7.24",
		ResolvConf: "/etc/resolv.conf",
		Now:        time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if b.Role == node.ControlPlane {
		facts.Hostname, facts.Addresses = b.ControlPlanes[0].Name, []string{b.ControlPlanes[0].Address}
	}
	ranges, err := config.Prefixes(b.Cluster.Spec.Network.NodeCIDR)
	if err != nil {
		return facts, fmt.Errorf("reading spec.network.nodeCIDR: %w", err)
	}
	for _, prefix := range ranges {
		if b.Role == node.ControlPlane && prefix.Addr().Is4() {
			continue // its own is known
		}
		address := prefix.Addr()
		for range 100 {
			address = address.Next()
		}
		facts.Addresses = append(facts.Addresses, address.String())
	}
	return facts, nil
}
