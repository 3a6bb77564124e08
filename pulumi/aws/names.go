package aws

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

const (
	// longestBalancer is that of load balancers and their target groups, in
	// characters. Everything else is longer than a cluster's name with a
	// pool's or a region's.
	longestBalancer = 32
	// hashLength is how much of a hash tells shortened names apart.
	hashLength = 6
	// family begins the names of what an account or a region keeps in one
	// list: a user may be given rights on this part of it alone.
	family = "kubernetes-anywhere"
)

// tags are what every resource carries: Name is what AWS's own console shows.
func (p *program) tags(name, role, pool string) map[string]string {
	tags := map[string]string{"Name": name}
	switch role {
	case "":
		maps.Copy(tags, target.Labels(p.cluster))
	default:
		maps.Copy(tags, target.HostLabels(p.cluster, role, pool))
	}
	return tags
}

// shared are the tags of what serves all hosts.
func (p *program) shared(name string) pulumi.StringMap {
	return pulumi.ToStringMap(p.tags(name, "", ""))
}

// ofControlPlane are the tags of what serves control planes.
func (p *program) ofControlPlane(name string) pulumi.StringMap {
	return pulumi.ToStringMap(p.tags(name, node.ControlPlane, ""))
}

// ofMachine are the tags of a control plane itself, to which volumes of the
// cluster may be attached.
func (p *program) ofMachine(name string) pulumi.StringMap {
	tags := p.tags(name, node.ControlPlane, "")
	tags[ownedTag(p.cluster)] = owned
	return pulumi.ToStringMap(tags)
}

// ofPool are the tags of what serves a pool.
func (p *program) ofPool(pool string) pulumi.StringMap {
	return pulumi.ToStringMap(p.tags(poolName(p.cluster, pool), node.Worker, pool))
}

// poolName is what a pool's group, template and machines are called.
func poolName(cluster, pool string) string { return cluster + "-" + pool }

// groupName is the name of a security group. It begins with ours because AWS
// refuses some a cluster may have, such as those with sg- in front.
func groupName(cluster, what string) string { return family + "/" + cluster + "/" + what }

// secretName is the name of the secret that holds a bundle. It never ends in a
// hyphen and six characters, by which AWS tells its own suffixes.
func secretName(cluster, what string) string { return family + "/" + cluster + "/" + what + "/bundle" }

// roleName is the name of a role's identity. An account has one list of them
// for all its regions.
func roleName(cluster, region, role string) string { return cluster + "-" + region + "-" + role }

// balancerName is the name of a load balancer or of its target group: made
// shorter, and told apart by a hash, where the cluster's name does not fit.
// The purpose is in front, for AWS keeps names that begin with "internal-".
func balancerName(purpose, cluster string) string {
	room := longestBalancer - len(purpose) - 1
	if len(cluster) <= room {
		return purpose + "-" + cluster
	}
	sum := sha256.Sum256([]byte(cluster))
	hash := hex.EncodeToString(sum[:])[:hashLength]
	return purpose + "-" + strings.TrimRight(cluster[:room-hashLength-1], "-") + "-" + hash
}

// longestDescription is that of a rule, in characters.
const longestDescription = 255

// description is a text as rules may have it: other parts of the cluster say
// why a port is open, in words that AWS does not all take.
func description(text string) string {
	kept := strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune(" ._-:/()#,@[]+=&;{}!$*", r):
			return r
		}
		return -1
	}, text)
	return kept[:min(len(kept), longestDescription)]
}
