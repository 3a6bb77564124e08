// Package suite runs the program of a cloud through the life of clusters, with
// the real engine and with a cloud in memory that refuses what the vendor's
// API would refuse. It is the same for all clouds: each says in Words what its
// own words are.
package suite

import (
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Words are what the suite must know of one cloud.
type Words struct {
	Target target.Target
	// Provider is the published provider's name: gcp, aws, azure-native.
	Provider string
	// Cloud makes an empty cloud.
	Cloud func() *targettest.Cloud
	// Block is what the target's block must hold at the least, as in a config
	// file.
	Block map[string]any
	// Zones are three zones to spread over.
	Zones []string
	// Existing is added to Block to use a network that exists, which Prepare
	// puts into the cloud.
	Existing map[string]any
	Prepare  func(*testing.T, *targettest.Cloud)
	// OtherType is a machine type that is no default, for amd64.
	OtherType string
	// MostNodes of one pool; the suite asks for no more.
	MostNodes int

	// Retained are types that outlive their place in the program and go with
	// something else.
	Retained []string

	// Labels are the labels of an object by target's keys, however the cloud
	// writes them.
	Labels func(targettest.Object) map[string]string
	// Unlabelled are types that cannot carry labels, and why.
	Unlabelled map[string]string
	// Open lists what an object opens to every address, as tcp/6443.
	Open func(targettest.Object) []string
	// UserData is the user-data of a machine, or of what machines are made
	// from, in plain; empty for other objects.
	UserData func(targettest.Object) string
	// MostUserData is how many bytes of it the cloud takes.
	MostUserData int
	// Secret is the type that holds node bundles; Disk that of etcd's disks;
	// Machine that of control planes; Group that of pools.
	Secret, Disk, Machine, Group string
	// Encrypted tells whether a disk, or each disk that an object brings, is
	// encrypted; ok is false for objects without disks.
	Encrypted func(targettest.Object) (encrypted, ok bool)
	// Public tells whether a machine, or those made from an object, get a
	// public address.
	Public func(targettest.Object) bool

	// Update writes the golden files anew.
	Update bool
}

// Run runs a cloud's program through everything that a cluster goes through.
func Run(t *testing.T, words Words) {
	s := &suite{Words: words, home: t.TempDir()}
	t.Run("Secrets", s.secrets)
	t.Run("Rendered", s.rendered)
	// From here on the state is written at the end of an operation and not
	// after each of its steps: a quarter of the time. What a run that is killed
	// leaves behind, the tests of package engine look at.
	t.Setenv("PULUMI_EXPERIMENTAL", "true")
	t.Setenv("PULUMI_SKIP_CHECKPOINTS", "true")
	t.Run("Previews", s.previews)
	t.Run("Shapes", s.shapes)
	t.Run("Names", s.names)
	t.Run("Graphs", s.graphs)
	t.Run("Drift", s.drift)
	t.Run("Faults", s.faults)
	t.Run("Pools", s.pools)
	t.Run("FirstBoot", s.firstBoot)
	t.Run("Scale", s.scale)
}

// suite is a run; all of its stacks share the engine's folder.
type suite struct {
	Words
	home string
}

// load reads a config as a user would have written it.
func (s *suite) load(t *testing.T, of shape) *config.Cluster {
	t.Helper()
	cluster, report := config.Load("suite.json", s.document(t, of), map[string]func() config.Block{s.Target.Name(): s.Target.Block})
	if !report.Empty() {
		t.Fatalf("the config of %q is refused: %+v", of.String(), report.Problems)
	}
	return cluster
}
