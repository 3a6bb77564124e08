package gcp

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Limits of names, in characters.
const (
	// longestName is that of nearly everything in Compute Engine (RFC 1035).
	longestName = 63
	// longestAccount is that of a service account's id; it has 6 at least.
	longestAccount = 30
	// hashLength is how much of a hash tells shortened names apart.
	hashLength = 6
)

// labels turns a cluster's labels into what Google Cloud accepts: keys of
// letters, digits, hyphens and underscores.
func labels(of map[string]string) map[string]string {
	out := make(map[string]string, len(of))
	for key, value := range of {
		out[LabelKey(key)] = value
	}
	return out
}

// LabelKey is a label's key as Google Cloud spells it: target.ClusterLabel is
// kubernetes-anywhere-cluster there.
func LabelKey(key string) string { return strings.ReplaceAll(key, ".", "-") }

// Mark begins the description of every resource that can carry no labels
// (networks, firewall rules, …), so that it can be found without a state. It
// ends in a semicolon: no cluster's mark begins with another's.
func Mark(cluster string) string {
	return LabelKey(target.ClusterLabel) + "=" + cluster + ";"
}

// poolName is what a pool's group, template, and instances are named after.
func poolName(cluster, pool string) string { return cluster + "-" + pool }

// accountID is the id of a role's service account: the cluster's name, made
// shorter and told apart by a hash where it does not fit.
func accountID(cluster, role string) string {
	room := longestAccount - len(role) - 1
	if len(cluster) <= room {
		return cluster + "-" + role
	}
	sum := sha256.Sum256([]byte(cluster))
	hash := hex.EncodeToString(sum[:])[:hashLength]
	return strings.TrimRight(cluster[:room-hashLength-1], "-") + "-" + hash + "-" + role
}
