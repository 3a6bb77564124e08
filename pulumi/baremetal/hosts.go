package baremetal

import (
	"context"
	"errors"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// hosts is the resource type of a host. Its id is its address: the machine is
// there before and after.
type hosts struct {
	connect connector
	heard   *narrator
	gate    *gate
	lost    *lost
	sums    sums
}

var _ provider.Resource = (*hosts)(nil)

// Diff makes another node of a host for what a node is registered with, and
// runs the bootstrap again for the rest.
func (*hosts) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	diff := provider.Diff{
		Replace:     provider.Changed(request.State, request.Inputs, fixedKeys()...),
		Update:      provider.Changed(request.State, request.Inputs, changeableKeys()...),
		DeleteFirst: true,
	}
	if !provider.Bool(request.State, answeringKey) {
		diff.Update = append(diff.Update, answeringKey)
	}
	return diff, nil
}

// Create makes the host a node, or goes on with what a run before has begun.
func (h *hosts) Create(ctx context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return "", nil, err
	}
	if !request.Preview {
		if err := h.make(ctx, wanted); err != nil {
			return "", nil, err
		}
	}
	return wanted.reach.hostPort(), outputs(request.Inputs, true), nil
}

// Update runs the bootstrap again where what it is told has changed. Another
// way to the host is only noted: that it leads there was just seen.
func (h *hosts) Update(ctx context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return nil, err
	}
	if request.Preview {
		return outputs(request.Inputs, true), nil
	}
	if len(provider.Changed(request.State, request.Inputs, bootKeys()...)) > 0 {
		return outputs(request.Inputs, true), h.make(ctx, wanted)
	}
	on, err := h.connect(ctx, wanted.reach)
	if err != nil {
		return nil, fmt.Errorf("looking for host %q: %w", wanted.Name, err)
	}
	defer func() { _ = on.Close() }()
	found, err := look(ctx, on, wanted.reach)
	if err == nil && found.mark != wanted.mark() {
		err = h.make(ctx, wanted)
	}
	return outputs(request.Inputs, true), err
}

// Read looks at the host: one that no more has what was put there is gone, one
// that does not answer is a difference.
func (h *hosts) Read(ctx context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	was, err := readSpec(request.State)
	if err != nil {
		return provider.ReadResult{}, err
	}
	state := request.State.Copy()
	result := provider.ReadResult{ID: request.ID, State: state, Inputs: request.Inputs}
	found, err := h.peek(ctx, was)
	var dead *unreachable
	switch {
	case errors.As(err, &dead):
		// It is for the update to say so, of this host alone.
		h.heard.say(was.Name, dead.Error())
		state[answeringKey] = resource.NewProperty(false)
		return result, nil
	case err != nil:
		return provider.ReadResult{}, err
	case found.mark != was.mark():
		return provider.ReadResult{}, nil
	}
	state[answeringKey] = resource.NewProperty(true)
	return result, nil
}

// Delete takes away from the host all that was put there.
func (h *hosts) Delete(ctx context.Context, request provider.DeleteRequest) error {
	was, err := readSpec(request.State)
	if err != nil {
		return err
	}
	if h.lost.has(was.reach.Address) {
		h.heard.say(was.Name, "is forgotten: spec.baremetal.lost says that it is gone")
		return nil
	}
	leave, err := h.gate.enter(ctx, was.Parallel)
	if err != nil {
		return err
	}
	defer leave()
	on, err := h.connect(ctx, was.reach)
	if err != nil {
		return fmt.Errorf("taking the cluster off host %q: %w; if it is gone for good, write %q into spec.baremetal.lost and run 'kubectl anywhere create'", was.Name, err, was.reach.Address)
	}
	defer func() { _ = on.Close() }()
	return h.unmake(ctx, on, was)
}

// peek is a look at a host, at as many at a time as may be worked on.
func (h *hosts) peek(ctx context.Context, at spec) (facts, error) {
	leave, err := h.gate.enter(ctx, mostParallel)
	if err != nil {
		return facts{}, err
	}
	defer leave()
	on, err := h.connect(ctx, at.reach)
	if err != nil {
		return facts{}, fmt.Errorf("looking at host %q: %w", at.Name, err)
	}
	defer func() { _ = on.Close() }()
	return look(ctx, on, at.reach)
}

// make makes a host a node. Control planes hold nobody up and are held up by
// nobody: they wait for each other, and workers for them.
func (h *hosts) make(ctx context.Context, wanted spec) error {
	if wanted.Role != node.ControlPlane {
		leave, err := h.gate.enter(ctx, wanted.Parallel)
		if err != nil {
			return err
		}
		defer leave()
	}
	on, err := h.connect(ctx, wanted.reach)
	if err != nil {
		return fmt.Errorf("making host %q a node: %w", wanted.Name, err)
	}
	defer func() { _ = on.Close() }()
	m := &making{hosts: h, on: on, spec: wanted}
	if err := m.run(ctx); err != nil {
		return fmt.Errorf("making host %q at %s a node: %w", wanted.Name, wanted.reach.Address, err)
	}
	return nil
}

// outputs are the inputs and what became of them.
func outputs(inputs provider.Properties, answering bool) provider.Properties {
	state := inputs.Copy()
	state[answeringKey] = resource.NewProperty(answering)
	return state
}
