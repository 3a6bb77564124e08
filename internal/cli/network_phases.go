package cli

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// phases are those of a switch. Each can be done again: what is done is found
// so and left.
func (o *switchOptions) phases() []phase.Phase {
	timeout := o.flags.Timeout
	plan := []phase.Phase{{Title: "Checking that every node can be switched", Run: o.checkNodes, Deadline: timeout}}
	if o.machine.State.Stage == swap.Moving {
		plan = append(plan, o.opening(timeout)...)
		plan = append(plan, phase.Phase{Title: "Giving the cluster both layers", Run: o.machine.Begin, Deadline: timeout})
		for _, node := range o.plan.Nodes {
			if node.Done {
				continue
			}
			plan = append(plan, phase.Phase{Title: "Switching node " + node.Name, Deadline: timeout, Run: func(ctx context.Context, report phase.Reporter) error {
				return o.machine.Move(ctx, report, node.Name)
			}})
		}
		plan = append(plan, phase.Phase{Title: "Looking for nodes that came meanwhile", Run: o.machine.Rest, Deadline: timeout})
	}
	plan = append(plan,
		phase.Phase{Title: "Leaving the cluster with " + o.machine.State.Toward() + " alone", Run: o.machine.Finish, Deadline: timeout},
		phase.Phase{Title: "Writing the layer into the config", Run: o.writeLayer},
	)
	after := &creation{session: o.toward, replaceControlPlane: o.replaceControlPlane, allAtOnce: o.allAtOnce}
	o.after = after
	// Hosts are told of the layer, and ports of the old one are closed.
	plan = append(plan, after.provisioning(timeout)...)
	return append(plan,
		phase.Phase{Title: "Waiting for the control plane", Run: after.awaitControlPlane, Deadline: timeout},
		phase.Phase{Title: "Waiting for every node", Run: after.awaitNodes, Deadline: timeout},
		phase.Phase{Title: "Ending the switch", Run: o.machine.Forget, Deadline: timeout},
	)
}

// close lets go of the state, before and after.
func (o *switchOptions) close() {
	o.creation.close()
	if o.after != nil {
		o.after.close()
	}
}

// opening opens the ports of the layer that comes beside those of the one that
// goes, where a firewall of ours is between hosts.
func (o *switchOptions) opening(timeout time.Duration) []phase.Phase {
	if _, cloud := o.target.(target.Published); !cloud {
		return nil
	}
	before := o.creation
	comes := o.machine.New.Layer
	if o.machine.State.Back {
		// Both are open since the way there, and the config is still the old one.
		return nil
	}
	plan := before.provisioning(timeout)
	first := plan[0].Run
	plan[0].Run = func(ctx context.Context, report phase.Reporter) error {
		err := first(ctx, report)
		before.in.OtherLayer = &comes
		return err
	}
	last := &plan[len(plan)-1]
	last.Title = "Opening the ports of " + comes.Name
	open := last.Run
	last.Run = func(ctx context.Context, report phase.Reporter) error {
		err := open(ctx, report)
		// Phase 1 in the end begins with what the state says then.
		before.close()
		before.stack = nil
		return err
	}
	return plan
}

// checkNodes refuses to begin where a node is not Ready: it could not be told
// from one that the new layer does not serve. One that is between layers is not.
func (o *switchOptions) checkNodes(ctx context.Context, report phase.Reporter) error {
	return phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		nodes, err := o.api.Nodes(ctx)
		if err != nil {
			return o.retry(err)
		}
		for _, n := range nodes {
			if !n.Ready && o.machine.State.Nodes[n.Name] != swap.Between {
				return n.Name, "not ready: " + n.Reason, nil
			}
		}
		return "", "", nil
	})
}

// writeLayer changes the user's config in this one place, and the kept one.
func (o *switchOptions) writeLayer(_ context.Context, report phase.Reporter) error {
	if string(o.document) != string(o.data) {
		if err := writeConfig(o.path, o.document); err != nil {
			return err
		}
		report.Note("%s has spec.network.layer %s now", o.path, o.machine.State.Toward())
	}
	data, err := config.Marshal(o.toward.cluster)
	if err != nil {
		return fmt.Errorf("keeping the config: %w", err)
	}
	return o.dir.SaveConfig(data, o.backend)
}
