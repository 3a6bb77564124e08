package baremetal

import (
	"context"
	"errors"
	"fmt"
	"sync"

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
	meant   *intent
	sums    sums
	// leaving is held by the control plane that leaves the cluster: one that
	// goes must find the others at work.
	leaving sync.Mutex
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
	if provider.Text(request.State, conditionKey) != isNode {
		diff.Update = append(diff.Update, conditionKey)
	}
	return diff, nil
}

// Create makes the host a node, or goes on with what a run before has begun.
func (h *hosts) Create(ctx context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return "", nil, err
	}
	id := wanted.reach.hostPort()
	if request.Preview {
		return id, outputs(request.Inputs, isNode), nil
	}
	if touched, err := h.make(ctx, wanted); touched && err != nil {
		return "", nil, &provider.Partial{ID: id, State: outputs(request.Inputs, isBegun), Err: err}
	} else if err != nil {
		return "", nil, err
	}
	return id, outputs(request.Inputs, isNode), nil
}

// Update runs the bootstrap again where what it is told has changed, and where
// it has not ended well before. Of another way to the host it is only seen
// that it leads there.
func (h *hosts) Update(ctx context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return nil, err
	}
	now := outputs(request.Inputs, isNode)
	if request.Preview {
		return now, nil
	}
	changed := len(provider.Changed(request.State, request.Inputs, bootKeys()...)) > 0
	if changed || provider.Text(request.State, conditionKey) == isBegun {
		_, err := h.make(ctx, wanted)
		return now, err
	}
	found, err := h.peek(ctx, wanted)
	if err == nil && found.mark != wanted.mark() {
		_, err = h.make(ctx, wanted)
	}
	return now, err
}

// Read looks at the host: one that no more has what was put there is gone, one
// that does not answer is a difference.
func (h *hosts) Read(ctx context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	was, err := readSpec(request.State)
	if err != nil {
		return provider.ReadResult{}, err
	}
	found, err := h.peek(ctx, was)
	var dead *unreachable
	condition := provider.Text(request.State, conditionKey)
	switch {
	case errors.As(err, &dead):
		// It is for the update to say so, of this host alone.
		h.heard.say(was.Name, dead.Error())
		condition = silenced(condition)
	case err != nil:
		return provider.ReadResult{}, err
	case found.mark != was.mark():
		return provider.ReadResult{}, nil
	case condition == isSilent:
		condition = isNode
	case condition == "":
		// A creation that was cut off, of which no outputs were recorded.
		condition = isBegun
	}
	state := request.State.Copy()
	state[conditionKey] = resource.NewProperty(condition)
	return provider.ReadResult{ID: was.reach.hostPort(), State: state, Inputs: request.Inputs}, nil
}

// silenced is the condition of a host that does not answer: that it is no node
// yet is not to be forgotten over that.
func silenced(condition string) string {
	if condition == isNode || condition == isSilent {
		return isSilent
	}
	return isBegun
}

// Delete takes away from the host all that was put there.
func (h *hosts) Delete(ctx context.Context, request provider.DeleteRequest) error {
	was, err := readSpec(request.State)
	if err != nil {
		return err
	}
	if h.meant.isLost(was.reach.Address) {
		h.heard.say(was.Name, "is forgotten: spec.baremetal.lost says that it is gone")
		return nil
	}
	leave, err := h.gate.enter(ctx, was.Parallel)
	if err != nil {
		return err
	}
	defer leave()
	if was.Role == node.ControlPlane {
		h.leaving.Lock()
		defer h.leaving.Unlock()
	}
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

// make makes a host a node, and tells whether it has written anything there.
// Control planes hold nobody up and are held up by nobody: they wait for each
// other, and workers for them.
func (h *hosts) make(ctx context.Context, wanted spec) (touched bool, err error) {
	if wanted.Role != node.ControlPlane {
		leave, err := h.gate.enter(ctx, wanted.Parallel)
		if err != nil {
			return false, err
		}
		defer leave()
	}
	on, err := h.connect(ctx, wanted.reach)
	if err != nil {
		return false, fmt.Errorf("making host %q a node: %w", wanted.Name, err)
	}
	defer func() { _ = on.Close() }()
	m := &making{hosts: h, on: on, spec: wanted}
	if err := m.run(ctx); err != nil {
		return m.claimed, fmt.Errorf("making host %q at %s a node: %w", wanted.Name, wanted.reach.Address, err)
	}
	return true, nil
}

// outputs are the inputs and what became of them.
func outputs(inputs provider.Properties, condition string) provider.Properties {
	state := inputs.Copy()
	state[conditionKey] = resource.NewProperty(condition)
	return state
}
