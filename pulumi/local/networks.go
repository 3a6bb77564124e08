package local

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Inputs and outputs of local:index:Network.
const (
	clusterKey = "cluster"
	nameKey    = "name"
	cidrKey    = "cidr"
)

// networks is the resource type of the bridge network that the hosts of a
// cluster are on. Its id is its name.
type networks struct {
	connect func() (Docker, error)
}

var _ provider.Resource = (*networks)(nil)

// Diff replaces a network for any change: Docker cannot change one.
func (*networks) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	return provider.Diff{
		Replace:     provider.Changed(request.State, request.Inputs, clusterKey, nameKey, cidrKey),
		DeleteFirst: true,
	}, nil
}

// Create makes the network, or takes the one that a run before has left.
func (n *networks) Create(ctx context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	if request.Preview {
		return "", request.Inputs, nil
	}
	docker, err := n.connect()
	if err != nil {
		return "", nil, err
	}
	wanted := networkName(request.Inputs)
	cluster, cidr := provider.Text(request.Inputs, clusterKey), provider.Text(request.Inputs, cidrKey)
	found, err := docker.NetworkInspect(ctx, wanted, network.InspectOptions{})
	switch {
	case err == nil && found.Labels[target.ClusterLabel] != cluster:
		return "", nil, fmt.Errorf("making the network %q: there is one of that name which is not this cluster's; choose another metadata.name, or 'docker network rm %s'", wanted, wanted)
	case err == nil && subnet(found) == cidr:
		return wanted, request.Inputs, nil
	case err == nil:
		if err := removeNetwork(ctx, docker, wanted); err != nil {
			return "", nil, err
		}
	case !errdefs.IsNotFound(err):
		return "", nil, fmt.Errorf("looking for the network %q: %w", wanted, err)
	}
	options, err := networkOptions(cluster, cidr)
	if err != nil {
		return "", nil, err
	}
	_, err = docker.NetworkCreate(ctx, wanted, options)
	if err != nil {
		return "", nil, fmt.Errorf("making the network %q: %w; if its range overlaps another's, change spec.network.nodeCIDR", wanted, err)
	}
	return wanted, request.Inputs, nil
}

// networkOptions are a bridge with the machine at the gateway's address, of
// each family.
func networkOptions(cluster, cidr string) (network.CreateOptions, error) {
	first, err := addressAt(cidr, gateway)
	if err != nil {
		return network.CreateOptions{}, err
	}
	second, err := besides(cidr, first)
	if err != nil {
		return network.CreateOptions{}, err
	}
	options := network.CreateOptions{
		Driver: "bridge",
		IPAM:   &network.IPAM{Config: []network.IPAMConfig{{Subnet: config.First(cidr), Gateway: first}}},
		Labels: target.Labels(cluster),
	}
	if second != "" {
		both := true
		options.EnableIPv6 = &both
		options.IPAM.Config = append(options.IPAM.Config, network.IPAMConfig{Subnet: config.Second(cidr), Gateway: second})
	}
	return options, nil
}

// Read says what is there; a network that someone made anew with another range
// shows as a difference.
func (n *networks) Read(ctx context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	docker, err := n.connect()
	if err != nil {
		return provider.ReadResult{}, err
	}
	found, err := docker.NetworkInspect(ctx, request.ID, network.InspectOptions{})
	if errdefs.IsNotFound(err) {
		return provider.ReadResult{}, nil
	}
	if err != nil {
		return provider.ReadResult{}, fmt.Errorf("looking at the network %q: %w", request.ID, err)
	}
	state := request.State.Copy()
	state[cidrKey] = resource.NewProperty(subnet(found))
	return provider.ReadResult{ID: request.ID, State: state, Inputs: request.Inputs}, nil
}

// Update is never asked for: see Diff.
func (*networks) Update(_ context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	return request.Inputs, nil
}

func (n *networks) Delete(ctx context.Context, request provider.DeleteRequest) error {
	docker, err := n.connect()
	if err != nil {
		return err
	}
	if err := removeNetwork(ctx, docker, request.ID); err != nil {
		return err
	}
	return removeVolumes(ctx, docker, provider.Text(request.State, clusterKey))
}

// removeVolumes takes away the disks of hosts that no state knows any more: a
// run that was killed between a host's container and its disk leaves one, and
// the next looks for the container. The network is the last to go, so there
// is nothing left to need them.
func removeVolumes(ctx context.Context, docker Docker, cluster string) error {
	if cluster == "" {
		return nil // else the filter would match every cluster's
	}
	found, err := docker.VolumeList(ctx, volume.ListOptions{Filters: ofCluster(cluster)})
	if err != nil {
		return fmt.Errorf("listing the volumes of cluster %q: %w", cluster, err)
	}
	var problems []error
	for _, one := range found.Volumes {
		if err := docker.VolumeRemove(ctx, one.Name, false); err != nil && !errdefs.IsNotFound(err) {
			problems = append(problems, fmt.Errorf("removing the volume %q: %w; try 'docker volume rm %s'", one.Name, err, one.Name))
		}
	}
	return errors.Join(problems...)
}

// removeNetwork retries for a while: Docker tells that a container is gone a
// moment before it has left its network.
func removeNetwork(ctx context.Context, docker Docker, name string) error {
	err := until(ctx, 20*time.Second, func() (bool, error) {
		err := docker.NetworkRemove(ctx, name)
		return err == nil || errdefs.IsNotFound(err), err
	})
	if err != nil {
		return fmt.Errorf("removing the network %q: %w; 'docker network inspect %s' shows what is still on it", name, err, name)
	}
	return nil
}

func networkName(inputs provider.Properties) string { return provider.Text(inputs, nameKey) }

// subnet is a network's range, or its ranges as a node CIDR has them: IPv4
// first, in whatever order Docker tells them.
func subnet(found network.Inspect) string {
	var ranges []string
	for _, pool := range found.IPAM.Config {
		ranges = append(ranges, pool.Subnet)
	}
	slices.SortStableFunc(ranges, func(a, b string) int {
		return strings.Count(a, ":") - strings.Count(b, ":")
	})
	return strings.Join(ranges, ",")
}

// until tries until it is done, for as long as the limit; then the last error
// tells why not.
func until(ctx context.Context, limit time.Duration, try func() (bool, error)) error {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	for {
		done, err := try()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			if err == nil {
				err = fmt.Errorf("it did not happen within %s", limit)
			}
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}
