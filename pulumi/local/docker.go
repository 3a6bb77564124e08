package local

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// Docker is as much of Docker's API as this target needs. The client of
// Docker's own module fulfils it.
type Docker interface {
	DaemonHost() string
	Info(ctx context.Context) (system.Info, error)
	ImageInspect(ctx context.Context, image string, options ...client.ImageInspectOption) (image.InspectResponse, error)
	ImageLoad(ctx context.Context, archive io.Reader, options ...client.ImageLoadOption) (image.LoadResponse, error)
	ImageSave(ctx context.Context, images []string, options ...client.ImageSaveOption) (io.ReadCloser, error)
	ImagePull(ctx context.Context, reference string, options image.PullOptions) (io.ReadCloser, error)

	ContainerList(ctx context.Context, options container.ListOptions) ([]container.Summary, error)
	ContainerInspect(ctx context.Context, container string) (container.InspectResponse, error)
	ContainerCreate(ctx context.Context, config *container.Config, host *container.HostConfig, networking *network.NetworkingConfig, platform *ocispec.Platform, name string) (container.CreateResponse, error)
	ContainerStart(ctx context.Context, container string, options container.StartOptions) error
	ContainerRestart(ctx context.Context, container string, options container.StopOptions) error
	ContainerRemove(ctx context.Context, container string, options container.RemoveOptions) error
	CopyToContainer(ctx context.Context, container, path string, content io.Reader, options container.CopyToContainerOptions) error
	ContainerExecCreate(ctx context.Context, container string, options container.ExecOptions) (container.ExecCreateResponse, error)
	ContainerExecAttach(ctx context.Context, id string, options container.ExecAttachOptions) (types.HijackedResponse, error)
	ContainerExecInspect(ctx context.Context, id string) (container.ExecInspect, error)

	NetworkList(ctx context.Context, options network.ListOptions) ([]network.Summary, error)
	NetworkInspect(ctx context.Context, network string, options network.InspectOptions) (network.Inspect, error)
	NetworkCreate(ctx context.Context, name string, options network.CreateOptions) (network.CreateResponse, error)
	NetworkRemove(ctx context.Context, network string) error

	VolumeList(ctx context.Context, options volume.ListOptions) (volume.ListResponse, error)
	VolumeInspect(ctx context.Context, volume string) (volume.Volume, error)
	VolumeCreate(ctx context.Context, options volume.CreateOptions) (volume.Volume, error)
	VolumeRemove(ctx context.Context, volume string, force bool) error
}

var _ Docker = (*client.Client)(nil)

// dial reaches Docker as its own command does: by DOCKER_HOST and its
// companions, or the usual socket. Connecting is lazy: it fails at first use.
func dial() (Docker, error) {
	docker, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		return nil, fmt.Errorf("reading Docker's settings: %w; look at DOCKER_HOST", err)
	}
	return docker, nil
}

// ofCluster selects what carries the cluster's label.
func ofCluster(cluster string) filters.Args {
	return filters.NewArgs(filters.Arg("label", target.ClusterLabel+"="+cluster))
}

// onThisMachine tells whether the daemon shares our file system and network.
func onThisMachine(docker Docker) bool {
	return strings.HasPrefix(docker.DaemonHost(), "unix://")
}
