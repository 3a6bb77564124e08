package azure

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Preflight names what would make the program fail. Not written yet.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	if _, err := t.connect(ctx, in.Cluster); err != nil {
		return []diag.Problem{{Message: err.Error(), Fix: "wait for it to be written"}}
	}
	return nil
}
