package gcp

import "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"

// Validate tells what is wrong, all at once.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	return b.Access.Validate("access")
}
