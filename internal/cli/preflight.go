package cli

import (
	"context"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// preflight finds what would make a later phase fail while nothing is made.
func (c *creation) preflight(ctx context.Context, _ phase.Reporter) error {
	in, err := c.inputs()
	if err != nil {
		return err
	}
	problems := append(c.target.Preflight(ctx, in), imagesCanBeHad(ctx, in)...)
	if err := refuse(problems); err != nil {
		return err
	}
	c.in = in
	return nil
}

// imagesCanBeHad tells hosts that would wait for an image that never comes
// from those that load an archive, or whose registry answers this machine.
func imagesCanBeHad(ctx context.Context, in target.Inputs) []diag.Problem {
	if in.ImageArchive != "" {
		return nil
	}
	err := images.Reachable(ctx, in.BootstrapImage)
	if err == nil {
		return nil
	}
	return []diag.Problem{{
		Message: fmt.Sprintf("there is no archive of images, and the image of phase 2 cannot be pulled: %v", err),
		Fix:     "make the archive, in a clone of kubectl anywhere: 'make images'",
	}}
}
