package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
)

// prepare finds out all that the switch will do. It touches nothing. There may
// be nothing to do.
func (o *switchOptions) prepare(ctx context.Context) (done bool, err error) {
	if catalog.IsPath(o.to) {
		if o.to, err = filepath.Abs(o.to); err != nil {
			return false, fmt.Errorf("finding network layer %q: %w", o.to, err)
		}
	}
	if o.out, err = o.outputs(ctx); err != nil {
		return false, err
	}
	if o.api, err = o.connect(o.out); err != nil {
		return false, err
	}
	if err := o.api.Healthz(ctx); err != nil {
		return false, fmt.Errorf("asking cluster %q what it runs: %w; 'kubectl anywhere status %s' says more", o.cluster.Metadata.Name, err, o.cluster.Metadata.Name)
	}
	state, done, err := o.state(ctx)
	if err != nil || done {
		return done, err
	}
	return false, o.makeMachine(ctx, state)
}

// state is that of the switch under way, or of the one that begins now.
func (o *switchOptions) state(ctx context.Context) (state swap.State, done bool, err error) {
	found, err := switchUnderWay(ctx, o.api)
	if err != nil {
		return state, false, err
	}
	if found != nil {
		if state, err = found.Ask(o.to); err != nil {
			return state, false, &usageError{fmt.Errorf("switching cluster %q to %s: %w", o.cluster.Metadata.Name, o.to, err)}
		}
		return state, false, nil
	}
	from := o.cluster.Spec.Network.Layer
	switch {
	case from == o.to:
		o.narrate(fmt.Sprintf("Cluster %q is on %s: there is nothing to do.", o.cluster.Metadata.Name, from))
		return state, true, nil
	case from == config.None || o.to == config.None:
		return state, false, &usageError{fmt.Errorf("switching from %s to %s: what you bring yourself cannot be switched by this program; see docs/network-switch.md", from, o.to)}
	}
	return swap.State{From: from, To: o.to, Stage: swap.Moving, Nodes: map[string]string{}}, false, nil
}

// makeMachine renders the cluster with each of the two layers.
func (o *switchOptions) makeMachine(ctx context.Context, state swap.State) error {
	had, document, err := o.side(state.From)
	if err != nil {
		return err
	}
	o.toward, o.document = had.session, document
	other, document, err := o.side(state.To)
	if err != nil {
		return err
	}
	leaving, toward := had, other
	if state.Back {
		leaving, toward = other, had
	} else {
		o.toward, o.document = other.session, document
	}
	if err := o.hostsKeep(); err != nil {
		return err
	}
	merged, err := swap.Merge(had.Side, other.Side)
	if err != nil {
		return err
	}
	api := &switchAPI{Client: o.api, session: o.session, release: slices.Concat(had.released, other.released)}
	o.machine = &swap.Machine{
		API: api, Hosts: switchHosts{o.hostRunner(o.out)}, Had: had.Side, New: other.Side,
		PodCIDR: o.cluster.Spec.Network.PodCIDR, State: state, Transition: merged, Pace: askEvery,
	}
	nodes, err := o.api.ListNodes(ctx)
	if err != nil {
		return err
	}
	if err := rangesFor(toward.Layer, nodes); err != nil {
		return &usageError{err}
	}
	pods, err := o.api.ListPods(ctx, "")
	if err != nil {
		return err
	}
	o.plan = swap.MakePlan(o.cluster.Metadata.Name, state, leaving.Side, toward.Side, nodes, pods)
	o.plan.Resources, err = o.lastChanges(ctx)
	return err
}

// lastChanges are the resources that phase 1 changes in the end, when hosts are
// told of the layer. What would be lost by that is refused before anything
// begins.
func (o *switchOptions) lastChanges(ctx context.Context) ([]string, error) {
	in, err := o.toward.inputs()
	if err != nil {
		return nil, err
	}
	if err := o.toward.havePlugins(ctx); err != nil {
		return nil, err
	}
	stack, err := o.toward.existing(ctx, o.narrate)
	if err != nil || stack == nil {
		return nil, err
	}
	defer stack.Close()
	pending, err := o.toward.plan(ctx, stack, in)
	if err != nil {
		return nil, err
	}
	var changes []string
	var problems []diag.Problem
	for _, p := range pending.Changes {
		changes = append(changes, p.Op+" "+resourceName(p.Type, p.Name))
		if p.Destroys != "" && !o.replaceControlPlane {
			problems = append(problems, diag.Problem{
				Path: "spec.network.layer", Message: "hosts are told of the layer in the end, and by that " + p.Loss(),
				Fix: "if that may be lost, add --replace-control-plane",
			})
		}
	}
	return changes, refuse(problems)
}

// rangesFor refuses a layer that takes the addresses of pods out of each node's
// range where a node has none: it came when the layer kept its own books.
func rangesFor(layer catalog.Layer, nodes []corev1.Node) error {
	if layer.PodCIDR != catalog.PodCIDRFromNodes {
		return nil
	}
	for _, node := range nodes {
		if node.Spec.PodCIDR == "" {
			return fmt.Errorf("switching to %s: it takes addresses of pods from each node's range, and node %q has been given none, as its cluster began with a layer that needs none; make another cluster", layer.Name, node.Name)
		}
	}
	return nil
}

// sideOf is a layer with the session of the cluster that has it.
type sideOf struct {
	swap.Side
	session *session
	// released are the objects of addons in the user's hands.
	released []kube.Ref
}

func (o *switchOptions) side(layer string) (sideOf, []byte, error) {
	s, document, err := o.with(layer)
	if err != nil {
		return sideOf{}, nil, err
	}
	declared := s.layer
	if declared == nil {
		found, err := catalog.LayerOf(layer)
		if err != nil {
			return sideOf{}, nil, &usageError{err}
		}
		declared = &found
	}
	set, err := addon.Render(s.addonValues(o.out))
	if err != nil {
		return sideOf{}, nil, err
	}
	return sideOf{session: s, released: refsOf(set.Unmanaged), Side: swap.Side{
		Name: layer, Layer: *declared, Objects: set.Objects,
		Enforces: declared.EnforcesPolicy || s.cluster.HasAddon(config.PolicyAddon),
	}}, document, nil
}

// enforces tells whether a built-in layer enforces network policy by itself.
func enforces(layer string) bool {
	declared, err := catalog.LayerOf(layer)
	return err == nil && declared.EnforcesPolicy
}

// layerIn is how a config names a layer: one of the user's own by its path from
// the config's folder, unless that is the copy that is kept of it.
func layerIn(path, layer string, dir home.Dir) string {
	if !filepath.IsAbs(layer) || path == dir.ConfigFile() {
		return layer
	}
	folder, err := filepath.Abs(filepath.Dir(path))
	if err != nil {
		return layer
	}
	relative, err := filepath.Rel(folder, layer)
	if err != nil {
		return layer
	}
	if strings.HasPrefix(relative, ".") {
		return relative
	}
	return "./" + relative
}
