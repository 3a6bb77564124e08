package gcp

import (
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Limits of names, in characters.
const (
	// longestAccount is that of a service account's id; it has 6 at least.
	longestAccount = 30
	// longestPrefix is that of a template's name.
	longestPrefix = 37
	// hashLength is how much of a hash tells shortened names apart.
	hashLength = 6
)

// LabelKey is a label's key as Google Cloud spells it, where keys hold no
// dots: target.ClusterLabel is kubernetes-anywhere-cluster there.
func LabelKey(key string) string { return strings.ReplaceAll(key, ".", "-") }

// Mark begins the description of every resource that can carry no labels
// (networks, firewall rules, instance groups, …), so that it can be found
// without a state. It ends in a semicolon, so no cluster's mark begins with
// another's. A group's goes on with its role and pool in the same form.
func Mark(cluster string) string { return marked(target.Labels(cluster)) }

// marked writes labels for a description, the cluster's first.
func marked(labels map[string]string) string {
	var out strings.Builder
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		out.WriteString(LabelKey(key) + "=" + labels[key] + ";")
	}
	return out.String()
}

// labelled are labels in Google Cloud's spelling.
func labelled(labels map[string]string) pulumi.StringMap {
	out := pulumi.StringMap{}
	for key, value := range labels {
		out[LabelKey(key)] = pulumi.String(value)
	}
	return out
}

// poolName is what everything of a pool is named after, its nodes included: 53
// characters at most, of the 58 that a group's instances may begin with.
func poolName(cluster, pool string) string { return cluster + "-" + pool }

// templatePrefix begins the name of a pool's template; the plugin adds 26
// characters of its own.
func templatePrefix(cluster, pool string) string {
	return short(poolName(cluster, pool), longestPrefix-1) + "-"
}

// accountID is the id of a role's service account.
func accountID(cluster, role string) string {
	return short(cluster, longestAccount-len(role)-1) + "-" + role
}

// short is a name that fits: cut off, and told apart from others by a hash,
// where it is too long.
func short(name string, room int) string {
	if len(name) <= room {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return strings.TrimRight(name[:room-hashLength-1], "-") + "-" + hex.EncodeToString(sum[:])[:hashLength]
}
