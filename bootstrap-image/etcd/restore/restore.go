// Package restore makes data of etcd from a snapshot. It is apart from package
// etcd because it brings etcd's server along.
package restore

import (
	"fmt"
	"strings"

	"go.etcd.io/etcd/etcdutl/v3/snapshot"
	"go.uber.org/zap"
)

// revisionBump is how far the revision is moved on by a restore: further than a
// cluster gets between two snapshots (https://etcd.io/docs/v3.5/op-guide/recovery
// takes a thousand million for one of 1500 writes a second and a week). Clients
// that watched the cluster must never see a revision that they have seen.
const revisionBump = 1_000_000_000

// Peer is a member of the cluster that a restore makes.
type Peer struct {
	Name string
	// URL is where other members reach it.
	URL string
}

// Options is one member's part of a restore.
type Options struct {
	// Snapshot is the path of the file.
	Snapshot string
	// DataDir is a folder that does not exist yet, or is empty.
	DataDir string
	// Name is which of the Members this is.
	Name string
	// Members are the whole cluster, the same for each of them.
	Members []Peer
	// Token must be another one than that of any cluster whose members still
	// run: members with the same token believe that they belong together.
	Token string
}

// Member makes the data of one member of a new cluster from a snapshot.
// Members made from the same snapshot, members and token find each other. All
// revisions before are marked as compacted, so that clients which watch start
// anew.
func Member(r Options) error {
	var members []string
	own := ""
	for _, member := range r.Members {
		members = append(members, member.Name+"="+member.URL)
		if member.Name == r.Name {
			own = member.URL
		}
	}
	if own == "" {
		return fmt.Errorf("restoring the snapshot %q: %q is not among the members %s", r.Snapshot, r.Name, strings.Join(members, ", "))
	}
	if err := snapshot.NewV3(zap.NewNop()).Restore(snapshot.RestoreConfig{
		SnapshotPath: r.Snapshot, OutputDataDir: r.DataDir, Name: r.Name,
		PeerURLs: []string{own}, InitialCluster: strings.Join(members, ","), InitialClusterToken: r.Token,
		RevisionBump: revisionBump, MarkCompacted: true,
	}); err != nil {
		return fmt.Errorf("restoring the snapshot %q into %q: %w", r.Snapshot, r.DataDir, err)
	}
	return nil
}
