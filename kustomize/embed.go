// Package kustomize carries the compositions of addons: what is common to all
// clusters (base), the swaps (components) and one overlay per target.
package kustomize

import "embed"

// Files returns the tree of this folder.
func Files() embed.FS { return files }

//go:embed base components overlays
var files embed.FS
