package local

import (
	"context"
	"fmt"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// balancers is the resource type of the container before several control
// planes, which the API is reached by. Its id is its container's name. It
// keeps nothing, so any change makes it anew in a second.
type balancers struct {
	connect func() (Docker, error)
}

var _ provider.Resource = (*balancers)(nil)

// Diff tells what moves the balancer to another place from what makes another
// container at the same one.
func (*balancers) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	diff := provider.Diff{
		Replace:     provider.Changed(request.State, request.Inputs, clusterKey, nameKey, networkKey, cidrKey, addressKey),
		Update:      provider.Changed(request.State, request.Inputs, imageKey, digestKey, backendsKey, portKey),
		DeleteFirst: true,
	}
	if !provider.Bool(request.State, runningKey) {
		diff.Update = append(diff.Update, runningKey)
	}
	return diff, nil
}

// Create makes the balancer, or takes over the one that a run before has left.
func (b *balancers) Create(ctx context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	name := provider.Text(request.Inputs, nameKey)
	if request.Preview {
		return "", balancing(request.Inputs), nil
	}
	return name, balancing(request.Inputs), b.make(ctx, request.Inputs)
}

func (b *balancers) Read(ctx context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	docker, err := b.connect()
	if err != nil {
		return provider.ReadResult{}, err
	}
	return readContainer(ctx, docker, request)
}

func (b *balancers) Update(ctx context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	if request.Preview {
		return balancing(request.Inputs), nil
	}
	return balancing(request.Inputs), b.make(ctx, request.Inputs)
}

func (b *balancers) Delete(ctx context.Context, request provider.DeleteRequest) error {
	docker, err := b.connect()
	if err != nil {
		return err
	}
	return remove(ctx, docker, provider.Text(request.State, clusterKey), request.ID)
}

// make sees to it that the container is there, as wanted and running. The image
// comes first: the API is away only while containers are exchanged.
func (b *balancers) make(ctx context.Context, inputs provider.Properties) error {
	wanted, err := readBalancerSpec(inputs)
	if err != nil {
		return err
	}
	docker, err := b.connect()
	if err != nil {
		return err
	}
	found, err := docker.ContainerInspect(ctx, wanted.name)
	absent := errdefs.IsNotFound(err)
	switch {
	case err != nil && !absent:
		return fmt.Errorf("looking for the balancer %q: %w", wanted.name, err)
	case !absent && found.Config.Labels[target.ClusterLabel] != wanted.cluster:
		return fmt.Errorf("making the balancer %q: there is a container of that name which is not this cluster's; choose another metadata.name, or 'docker rm -f %s'", wanted.name, wanted.name)
	}
	if err := haveImage(ctx, docker, wanted.image, wanted.archive); err != nil {
		return err
	}
	if !absent && found.Config.Labels[hashLabel] != wanted.hash() {
		if err := remove(ctx, docker, wanted.cluster, wanted.name); err != nil {
			return err
		}
		absent = true
	}
	if absent {
		config, host, networking := wanted.config()
		if _, err := docker.ContainerCreate(ctx, config, host, networking, nil, wanted.name); err != nil {
			return fmt.Errorf("making the container of the balancer %q: %w", wanted.name, err)
		}
	}
	// Starting what runs does nothing.
	if err := docker.ContainerStart(ctx, wanted.name, container.StartOptions{}); err != nil {
		return fmt.Errorf("starting the balancer %q: %w; 'docker logs %s' may tell more", wanted.name, err, wanted.name)
	}
	return nil
}

// balancing are the inputs of a balancer and that it runs.
func balancing(inputs provider.Properties) provider.Properties {
	state := inputs.Copy()
	state[runningKey] = resource.NewProperty(true)
	return state
}
