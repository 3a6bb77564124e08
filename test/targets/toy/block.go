package toy

import (
	"path/filepath"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Block is what a config says about this target.
type Block struct {
	// Folder is the one that hosts are made in. Default: /tmp/toy.
	Folder string `json:"folder,omitempty" example:"/tmp/toy"`
}

// Default fills what the user left out.
func (b *Block) Default(*config.Cluster) {
	if b.Folder == "" {
		b.Folder = "/tmp/toy"
	}
}

// Validate tells what is wrong.
func (b *Block) Validate(*config.Cluster) []config.FieldProblem {
	if filepath.IsAbs(b.Folder) {
		return nil
	}
	return []config.FieldProblem{{
		Path: "folder", Message: b.Folder + " depends on where you are",
		Fix: "write a path that begins with /",
	}}
}

// block is the target's block of a config.
func block(cluster *config.Cluster) Block { return *cluster.Spec.Block.(*Block) }
