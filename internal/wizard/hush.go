package wizard

import "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/hush"

// By here Bubble Tea is initialised, and has asked the terminal nothing; see
// package hush.
var _ = hush.Over()
