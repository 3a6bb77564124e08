package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// admit opens a cluster that exists to hosts that become nodes while the
// program runs: the token that they were given may have ended since. A cluster
// that does not answer cannot be opened, and its hosts will say so.
func (c *creation) admit(ctx context.Context, report phase.Reporter) error {
	joins := slices.ContainsFunc(c.pending, func(p planned) bool {
		return slices.Contains(c.lengthy(), p.Type) && p.Op != "delete"
	})
	if !joins {
		return nil
	}
	values, err := c.stack.Outputs(ctx)
	if err != nil {
		return err
	}
	out, err := target.ParseOutputs(values)
	if err != nil {
		return nil // it was never complete: no token is that old
	}
	api, err := c.connect(out)
	if err != nil {
		return err
	}
	answers, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	id, _, _ := strings.Cut(out.BootstrapToken, ".")
	found, err := api.ExtendBootstrapToken(answers, id, time.Now().Add(tokenLife))
	if err == nil && !found {
		err = api.EnsureBootstrapToken(answers, out.BootstrapToken, tokenLife)
	}
	if err != nil && ctx.Err() == nil {
		report.Note("the cluster cannot be opened to new nodes: %v", err)
	}
	return ctx.Err()
}
