package cli

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// poolChange is one change of a pool: of the config first, then of the cluster.
type poolChange struct {
	*creation
	timeout time.Duration
	// drained are the nodes whose machines go.
	drained []string
}

// edit makes the change in memory and checks the whole of the result.
func (f *poolFlags) edit(env Environment, cmd *cobra.Command, change func(*config.Document) error) (*poolChange, error) {
	path, data, err := f.changeable(f.Cluster, "no pool to change")
	if err != nil {
		return nil, err
	}
	document, err := config.ParseDocument(path, data)
	if err != nil {
		return nil, err
	}
	if err := change(document); err != nil {
		return nil, &usageError{fmt.Errorf("changing %s: %w", path, err)}
	}
	if data, err = document.Bytes(); err != nil {
		return nil, err
	}
	cluster, err := loadConfig(env, path, data)
	if err != nil {
		return nil, err
	}
	s, err := f.session(env, cmd, cmd.Flags().Args(), cluster)
	if err != nil {
		return nil, err
	}
	s.givenPlugins = f.Dir
	c := &creation{session: s, replaceControlPlane: f.ReplaceControlPlane, allAtOnce: f.AllAtOnce}
	c.accepted = func() error { return writeConfig(path, data) }
	return &poolChange{creation: c, timeout: f.Timeout}, nil
}

// run drains what goes, changes hosts and groups, and waits for what comes.
func (o *poolChange) run(ctx context.Context) error {
	plan := o.provisioning(o.timeout)
	last := len(plan) - 1
	drain := phase.Phase{Title: "Draining nodes that go", Run: o.drain, Deadline: o.timeout}
	plan = append(slices.Clone(plan[:last]), drain, plan[last],
		phase.Phase{Title: "Waiting for every node", Run: o.awaitPools, Deadline: o.timeout})
	defer o.close()
	if err := phase.Run(ctx, plan, o.progress()); err != nil {
		return o.advise(err)
	}
	fmt.Fprintf(o.env.ErrOut, "\nNext: kubectl anywhere pool list %s\n", o.cluster.Metadata.Name)
	return nil
}

// drain empties the nodes of which it is known that they go. A cluster that
// does not answer has nothing to be drained.
func (o *poolChange) drain(ctx context.Context, report phase.Reporter) error {
	out, complete, err := o.recorded(ctx, report)
	if err != nil || !complete {
		return err
	}
	if o.api, err = o.connect(out); err != nil {
		return err
	}
	answers, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	nodes, err := o.api.Nodes(answers)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		report.Note("the API does not answer, so nothing is drained: %v", err)
		return nil
	}
	going := slices.DeleteFunc(nodes, func(n kube.Node) bool { return !o.goes(n, out) })
	for _, n := range going {
		err := phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
			waiting, err := o.api.Drain(ctx, n.Name)
			if err != nil || waiting == "" {
				return "", "", err
			}
			return n.Name, waiting, nil
		})
		if err != nil {
			return err
		}
		report.Note("node %s is drained", n.Name)
		o.drained = append(o.drained, n.Name)
	}
	return nil
}

// goes tells whether a node is not part of the changed config: one of a pool
// that is no more, or a named host beyond the pool's number.
func (s *session) goes(n kube.Node, was target.Outputs) bool {
	if n.ControlPlane || n.Pool == "" {
		return false
	}
	for _, pool := range s.cluster.Spec.Pools {
		if pool.Name != n.Pool {
			continue
		}
		named := slices.ContainsFunc(was.Hosts, func(h target.Host) bool { return h.Name == n.Name })
		return named && !s.isOfPool(pool, n.Name)
	}
	return true
}

// awaitPools takes the nodes out whose machines are gone, and waits for those
// that come.
func (o *poolChange) awaitPools(ctx context.Context, report phase.Reporter) error {
	api, err := o.connect(o.out)
	if err != nil {
		return err
	}
	o.api = api
	for _, name := range o.drained {
		if err := api.DeleteNode(ctx, name); err != nil {
			return err
		}
	}
	return o.awaitNodes(ctx, report)
}
