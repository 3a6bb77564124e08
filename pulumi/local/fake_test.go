package local

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"

	"github.com/containerd/errdefs"
	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/filters"
	"github.com/docker/docker/api/types/image"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/system"
	"github.com/docker/docker/api/types/volume"
	"github.com/docker/docker/client"
	"github.com/docker/docker/pkg/stdcopy"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
)

// fakeDocker keeps containers, networks and volumes in memory and answers
// commands on hosts from a table.
type fakeDocker struct {
	mu     sync.Mutex
	calls  []string
	down   error
	images map[string]bool
	// ids are the images' own names, by reference; loaded is what loading or
	// pulling says, saved what saving gives.
	ids        map[string]string
	loaded     string
	saved      string
	containers map[string]*fakeContainer
	networks   map[string]network.Inspect
	volumes    map[string]*volume.Volume
	// answers to commands, by "host: command line".
	answers map[string]Output
	execs   []string
}

type fakeContainer struct {
	config     *container.Config
	host       *container.HostConfig
	networking *network.NetworkingConfig
	running    bool
}

var _ Docker = (*fakeDocker)(nil)

func newFake() *fakeDocker {
	return &fakeDocker{
		images:     map[string]bool{defaultHostImage: true},
		containers: map[string]*fakeContainer{},
		networks:   map[string]network.Inspect{},
		volumes:    map[string]*volume.Volume{},
		answers:    map[string]Output{},
	}
}

func (f *fakeDocker) connect() (Docker, error) { return f, nil }

func (f *fakeDocker) note(format string, args ...any) func() {
	f.mu.Lock()
	f.calls = append(f.calls, fmt.Sprintf(format, args...))
	return f.mu.Unlock
}

// did counts the calls that begin so.
func (f *fakeDocker) did(prefix string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, call := range f.calls {
		if strings.HasPrefix(call, prefix) {
			n++
		}
	}
	return n
}

func absent(kind, name string) error {
	return fmt.Errorf("no such %s: %s: %w", kind, name, errdefs.ErrNotFound)
}

func matches(labels map[string]string, args filters.Args) bool {
	return args.MatchKVList("label", labels)
}

func (f *fakeDocker) DaemonHost() string { return "unix:///var/run/docker.sock" }

func (f *fakeDocker) Info(context.Context) (system.Info, error) {
	return system.Info{OSType: "linux", DockerRootDir: "/var/lib/docker"}, f.down
}

func (f *fakeDocker) ImageInspect(_ context.Context, name string, _ ...client.ImageInspectOption) (image.InspectResponse, error) {
	if !f.images[name] {
		return image.InspectResponse{}, absent("image", name)
	}
	return image.InspectResponse{ID: f.ids[name]}, nil
}

func (f *fakeDocker) ImageLoad(_ context.Context, archive io.Reader, _ ...client.ImageLoadOption) (image.LoadResponse, error) {
	_, err := io.Copy(io.Discard, archive)
	defer f.note("load")()
	return image.LoadResponse{Body: io.NopCloser(strings.NewReader(f.loaded)), JSON: true}, err
}

func (f *fakeDocker) ImageSave(_ context.Context, names []string, _ ...client.ImageSaveOption) (io.ReadCloser, error) {
	defer f.note("save %s", strings.Join(names, " "))()
	for _, name := range names {
		if !f.images[name] {
			return nil, absent("image", name)
		}
	}
	return io.NopCloser(strings.NewReader(f.saved)), nil
}

func (f *fakeDocker) ImagePull(_ context.Context, reference string, _ image.PullOptions) (io.ReadCloser, error) {
	defer f.note("pull %s", reference)()
	return io.NopCloser(strings.NewReader(f.loaded)), nil
}

func (f *fakeDocker) ContainerList(_ context.Context, options container.ListOptions) ([]container.Summary, error) {
	defer f.note("list containers")()
	var found []container.Summary
	for name, one := range f.containers {
		if !matches(one.config.Labels, options.Filters) {
			continue
		}
		summary := container.Summary{Names: []string{"/" + name}, Labels: one.config.Labels}
		for _, bindings := range one.host.PortBindings {
			for range bindings {
				summary.Ports = append(summary.Ports, container.Port{PublicPort: 6443})
			}
		}
		found = append(found, summary)
	}
	return found, nil
}

func (f *fakeDocker) ContainerInspect(_ context.Context, name string) (container.InspectResponse, error) {
	defer f.note("inspect %s", name)()
	one, found := f.containers[name]
	if !found {
		return container.InspectResponse{}, absent("container", name)
	}
	return container.InspectResponse{
		ContainerJSONBase: &container.ContainerJSONBase{State: &container.State{Running: one.running}, HostConfig: one.host},
		Config:            one.config,
	}, nil
}

func (f *fakeDocker) ContainerCreate(_ context.Context, config *container.Config, host *container.HostConfig, networking *network.NetworkingConfig, _ *ocispec.Platform, name string) (container.CreateResponse, error) {
	defer f.note("create %s", name)()
	f.containers[name] = &fakeContainer{config: config, host: host, networking: networking}
	return container.CreateResponse{ID: name}, nil
}

func (f *fakeDocker) ContainerStart(_ context.Context, name string, _ container.StartOptions) error {
	defer f.note("start %s", name)()
	f.containers[name].running = true
	return nil
}

func (f *fakeDocker) ContainerRestart(_ context.Context, name string, _ container.StopOptions) error {
	defer f.note("restart %s", name)()
	f.containers[name].running = true
	return nil
}

func (f *fakeDocker) ContainerRemove(_ context.Context, name string, _ container.RemoveOptions) error {
	defer f.note("remove %s", name)()
	delete(f.containers, name)
	return nil
}

func (f *fakeDocker) CopyToContainer(_ context.Context, name, _ string, content io.Reader, _ container.CopyToContainerOptions) error {
	_, err := io.Copy(io.Discard, content)
	defer f.note("copy to %s", name)()
	return err
}

func (f *fakeDocker) ContainerExecCreate(_ context.Context, name string, options container.ExecOptions) (container.ExecCreateResponse, error) {
	line := name + ": " + strings.Join(options.Cmd, " ")
	defer f.note("exec %s", line)()
	f.execs = append(f.execs, line)
	return container.ExecCreateResponse{ID: line}, nil
}

func (f *fakeDocker) ContainerExecAttach(_ context.Context, id string, _ container.ExecAttachOptions) (types.HijackedResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var stream bytes.Buffer
	_, _ = stdcopy.NewStdWriter(&stream, stdcopy.Stdout).Write([]byte(f.answers[id].Stdout))
	_, _ = stdcopy.NewStdWriter(&stream, stdcopy.Stderr).Write([]byte(f.answers[id].Stderr))
	here, there := net.Pipe()
	_ = there.Close()
	return types.HijackedResponse{Conn: here, Reader: bufio.NewReader(&stream)}, nil
}

func (f *fakeDocker) ContainerExecInspect(_ context.Context, id string) (container.ExecInspect, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return container.ExecInspect{ExitCode: f.answers[id].Code}, nil
}

func (f *fakeDocker) NetworkList(_ context.Context, options network.ListOptions) ([]network.Summary, error) {
	defer f.note("list networks")()
	var found []network.Summary
	for _, one := range f.networks {
		if matches(one.Labels, options.Filters) {
			found = append(found, one)
		}
	}
	return found, nil
}

func (f *fakeDocker) NetworkInspect(_ context.Context, name string, _ network.InspectOptions) (network.Inspect, error) {
	defer f.note("inspect network %s", name)()
	one, found := f.networks[name]
	if !found {
		return one, absent("network", name)
	}
	return one, nil
}

func (f *fakeDocker) NetworkCreate(_ context.Context, name string, options network.CreateOptions) (network.CreateResponse, error) {
	defer f.note("create network %s", name)()
	f.networks[name] = network.Inspect{Name: name, IPAM: *options.IPAM, Labels: options.Labels, EnableIPv6: options.EnableIPv6 != nil && *options.EnableIPv6}
	return network.CreateResponse{}, nil
}

func (f *fakeDocker) NetworkRemove(_ context.Context, name string) error {
	defer f.note("remove network %s", name)()
	delete(f.networks, name)
	return nil
}

func (f *fakeDocker) VolumeList(_ context.Context, options volume.ListOptions) (volume.ListResponse, error) {
	defer f.note("list volumes")()
	var found volume.ListResponse
	for _, one := range f.volumes {
		if matches(one.Labels, options.Filters) {
			found.Volumes = append(found.Volumes, one)
		}
	}
	return found, nil
}

func (f *fakeDocker) VolumeInspect(_ context.Context, name string) (volume.Volume, error) {
	defer f.note("inspect volume %s", name)()
	if one, found := f.volumes[name]; found {
		return *one, nil
	}
	return volume.Volume{}, absent("volume", name)
}

func (f *fakeDocker) VolumeCreate(_ context.Context, options volume.CreateOptions) (volume.Volume, error) {
	defer f.note("create volume %s", options.Name)()
	f.volumes[options.Name] = &volume.Volume{Name: options.Name, Labels: options.Labels}
	return *f.volumes[options.Name], nil
}

func (f *fakeDocker) VolumeRemove(_ context.Context, name string, _ bool) error {
	defer f.note("remove volume %s", name)()
	delete(f.volumes, name)
	return nil
}

// quietMachine is one on which nothing is in the way.
func quietMachine() machine {
	return machine{
		missing:     func() []string { return nil },
		nameservers: func() []string { return []string{"192.0.2.53"} },
		modules:     func() bool { return false },
		freeBytes:   func(string) (uint64, bool) { return 1 << 40, true },
		portFree:    func(int) bool { return true },
		routes:      func() []netip.Prefix { return nil },
		ipv6:        func() bool { return true },
	}
}
