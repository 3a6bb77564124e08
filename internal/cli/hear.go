package cli

import (
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// hear has what hosts say while a phase runs shown as what is waited for. The
// function it returns ends it.
func (s *session) hear(report phase.Reporter) func() {
	speaking, ok := s.target.(target.Narrating)
	if !ok {
		return func() {}
	}
	speaking.Narrate(report.Wait)
	return func() { speaking.Narrate(nil) }
}

// isOfPool tells whether a node has one of the names of a pool.
func (s *session) isOfPool(pool config.Pool, node string) bool {
	names := pool.NodeNames(s.cluster.Metadata.Name)
	if naming, ok := s.target.(target.Naming); ok {
		names = naming.NodeNames(s.cluster, pool.Name)
	}
	return slices.Contains(names, node)
}

// lengthy are the types of resources whose creation is not to be run to its
// end when it was cut off.
func (s *session) lengthy() []string {
	if slow, ok := s.target.(target.Lengthy); ok {
		return slow.LengthyTypes()
	}
	return nil
}
