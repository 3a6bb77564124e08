package local

import (
	"context"
	"fmt"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/container"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// hosts is the resource type of a host. Its id is its container's name.
type hosts struct {
	connect func() (Docker, error)
	machine machine
	// choosing is held from looking for a free address until a container has
	// it: hosts are made at the same time.
	choosing sync.Mutex
}

var _ provider.Resource = (*hosts)(nil)

// Diff replaces a host for what is fixed when a container is made, and updates
// it for what it is told at boot or when it was found stopped.
func (*hosts) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	diff := provider.Diff{
		Replace:     provider.Changed(request.State, request.Inputs, fixedKeys()...),
		Update:      provider.Changed(request.State, request.Inputs, changeableKeys()...),
		DeleteFirst: true,
	}
	if !provider.Bool(request.State, runningKey) {
		diff.Update = append(diff.Update, runningKey)
	}
	return diff, nil
}

// Create makes the host and boots it, or takes over the one that a run before
// has left behind.
func (h *hosts) Create(ctx context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	if request.Preview {
		return "", foreseen(request.Inputs), nil
	}
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return "", nil, err
	}
	docker, err := h.connect()
	if err != nil {
		return "", nil, err
	}
	address, err := h.adopt(ctx, docker, wanted)
	if err == nil && address == "" {
		address, err = h.place(ctx, docker, wanted)
	}
	if err != nil {
		return "", nil, err
	}
	if err := boot(ctx, docker, wanted, false); err != nil {
		return "", nil, err
	}
	return wanted.Name, outputs(request.Inputs, address), nil
}

// Read looks at the container: one that is gone is gone, one that was stopped
// is a difference.
func (h *hosts) Read(ctx context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	docker, err := h.connect()
	if err != nil {
		return provider.ReadResult{}, err
	}
	return readContainer(ctx, docker, request)
}

// readContainer looks at the container that a resource is.
func readContainer(ctx context.Context, docker Docker, request provider.ReadRequest) (provider.ReadResult, error) {
	found, err := docker.ContainerInspect(ctx, request.ID)
	if errdefs.IsNotFound(err) {
		return provider.ReadResult{}, nil
	}
	if err != nil {
		return provider.ReadResult{}, fmt.Errorf("looking at the container %q: %w", request.ID, err)
	}
	if cluster := provider.Text(request.State, clusterKey); cluster != "" && found.Config.Labels[target.ClusterLabel] != cluster {
		// Someone gave the name to something else; ours is gone.
		return provider.ReadResult{}, nil
	}
	state := request.State.Copy()
	state[runningKey] = resource.NewProperty(found.State != nil && found.State.Running)
	return provider.ReadResult{ID: request.ID, State: state, Inputs: request.Inputs}, nil
}

// Update tells a host its new user-data and bundle, and starts it if it was
// stopped.
func (h *hosts) Update(ctx context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	address := provider.Text(request.State, hostAddressKey)
	if request.Preview {
		return outputs(request.Inputs, address), nil
	}
	wanted, err := readSpec(request.Inputs)
	if err != nil {
		return nil, err
	}
	docker, err := h.connect()
	if err != nil {
		return nil, err
	}
	images := len(provider.Changed(request.State, request.Inputs, digestKey)) > 0
	if err := boot(ctx, docker, wanted, images); err != nil {
		return nil, err
	}
	return outputs(request.Inputs, address), nil
}

func (h *hosts) Delete(ctx context.Context, request provider.DeleteRequest) error {
	docker, err := h.connect()
	if err != nil {
		return err
	}
	return remove(ctx, docker, provider.Text(request.State, clusterKey), request.ID)
}

// adopt finds a host of this name. It returns its address if it is as wanted,
// nothing if there is none any more.
func (h *hosts) adopt(ctx context.Context, docker Docker, wanted spec) (string, error) {
	found, err := docker.ContainerInspect(ctx, wanted.Name)
	if errdefs.IsNotFound(err) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("looking for a host %q: %w", wanted.Name, err)
	}
	labels := found.Config.Labels
	if labels[target.ClusterLabel] != wanted.Cluster {
		return "", fmt.Errorf("making host %q: there is a container of that name which is not this cluster's; choose another metadata.name, or 'docker rm -f %s'", wanted.Name, wanted.Name)
	}
	if labels[hashLabel] == wanted.hash(len(h.machine.missing()) == 0) {
		return labels[addressLabel], nil
	}
	return "", remove(ctx, docker, wanted.Cluster, wanted.Name)
}

// place makes the container at an address: the given one, or a free one.
func (h *hosts) place(ctx context.Context, docker Docker, wanted spec) (string, error) {
	h.choosing.Lock()
	defer h.choosing.Unlock()
	address := wanted.Address
	if address == "" {
		taken, err := takenAddresses(ctx, docker, wanted.Cluster)
		if err == nil {
			address, err = freeAddress(wanted.CIDR, taken)
		}
		if err != nil {
			return "", err
		}
	}
	config, host, networking, err := wanted.config(address, h.machine)
	if err != nil {
		return "", err
	}
	if err := makeVolume(ctx, docker, wanted); err != nil {
		return "", err
	}
	if _, err := docker.ContainerCreate(ctx, config, host, networking, nil, wanted.Name); err != nil {
		return "", fmt.Errorf("making the container of host %q: %w", wanted.Name, err)
	}
	return address, nil
}

// takenAddresses are those of the cluster's containers, stopped ones included:
// their label tells, where Docker's network would not.
func takenAddresses(ctx context.Context, docker Docker, cluster string) (map[string]bool, error) {
	containers, err := docker.ContainerList(ctx, container.ListOptions{All: true, Filters: ofCluster(cluster)})
	if err != nil {
		return nil, fmt.Errorf("listing the hosts of cluster %q: %w", cluster, err)
	}
	taken := map[string]bool{}
	for _, one := range containers {
		taken[one.Labels[addressLabel]] = true
	}
	return taken, nil
}

// outputs are the inputs and what became of them.
func outputs(inputs provider.Properties, address string) provider.Properties {
	state := inputs.Copy()
	state[hostAddressKey] = resource.NewProperty(address)
	state[providerIDKey] = resource.NewProperty("local://" + provider.Text(inputs, nameKey))
	state[runningKey] = resource.NewProperty(true)
	return state
}

// foreseen is what a preview can tell: an address that is given.
func foreseen(inputs provider.Properties) provider.Properties {
	state := outputs(inputs, provider.Text(inputs, addressKey))
	if provider.Text(inputs, addressKey) == "" {
		state[hostAddressKey] = provider.Unknown()
	}
	return state
}
