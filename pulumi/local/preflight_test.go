package local

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/docker/api/types/volume"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func demo() *config.Cluster {
	cluster := &config.Cluster{APIVersion: config.APIVersion, Kind: config.Kind}
	cluster.Metadata.Name = "demo"
	cluster.Spec.Target = "local"
	cluster.Spec.KubernetesVersion = "v1.37.1"
	cluster.Spec.ControlPlane.Count = 1
	cluster.Spec.Pools = []config.Pool{{Name: "workers", Count: 2}}
	cluster.Spec.Network.NodeCIDR = "10.240.0.0/24"
	cluster.Spec.Block = &Block{}
	return cluster
}

// testTarget is a target on a fake Docker.
func testTarget(docker *fakeDocker) *Target {
	t := New(WithDocker(docker.connect))
	t.machine = quietMachine()
	return t
}

func TestPreflight_FindsNothingOnAMachineThatIsReady(t *testing.T) {
	archive := filepath.Join(t.TempDir(), "images.tar")
	if err := os.WriteFile(archive, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	in := target.Inputs{Cluster: demo(), ImageArchive: archive}
	if got := testTarget(newFake()).Preflight(t.Context(), in); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_NamesEveryClashWithItsFix(t *testing.T) {
	strange := &fakeContainer{config: &container.Config{}, host: &container.HostConfig{}}
	for name, test := range map[string]struct {
		change   func(*fakeDocker, *Target, *target.Inputs)
		path     string
		what     string
		fixHolds string
	}{
		"Docker is down": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) { f.down = errors.New("connection refused") },
			what:   "Docker does not answer at unix:///var/run/docker.sock: connection refused", fixHolds: "docker.io",
		},
		"a container has our name": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) { f.containers["demo-workers-2"] = strange },
			path:   "metadata.name", what: `container "demo-workers-2"`, fixHolds: "docker rm -f demo-workers-2",
		},
		"a volume has our name": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) {
				f.volumes["demo-workers-1-var"] = &volume.Volume{Name: "demo-workers-1-var"}
			},
			path: "metadata.name", what: `volume "demo-workers-1-var"`, fixHolds: "docker volume rm",
		},
		"a network has our name": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) { f.networks["demo"] = network.Inspect{Name: "demo"} },
			path:   "metadata.name", what: `network "demo"`, fixHolds: "docker network rm demo",
		},
		"a network has our range": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) {
				f.networks["x"] = network.Inspect{Name: "x", IPAM: network.IPAM{Config: []network.IPAMConfig{{Subnet: "10.240.0.128/25"}}}}
			},
			path: "spec.network.nodeCIDR", what: `overlaps Docker's network "x" (10.240.0.128/25)`, fixHolds: "range",
		},
		"a route has our range": {
			change: func(_ *fakeDocker, l *Target, _ *target.Inputs) {
				l.machine.routes = func() []netip.Prefix { return []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} }
			},
			path: "spec.network.nodeCIDR", what: "the route of this machine to 10.0.0.0/8", fixHolds: "range",
		},
		"the port is taken": {
			change: func(_ *fakeDocker, l *Target, _ *target.Inputs) { l.machine.portFree = func(int) bool { return false } },
			path:   "spec.local.apiPort", what: "port 6443 of 127.0.0.1 is in use", fixHolds: "6444",
		},
		"there is no host image": {
			change: func(f *fakeDocker, _ *Target, _ *target.Inputs) { f.images = nil },
			path:   "spec.local.hostImage", what: `no image "kubernetes-anywhere/host:13"`, fixHolds: "make host-image",
		},
		"there is no archive": {
			change: func(_ *fakeDocker, _ *Target, in *target.Inputs) { in.ImageArchive = "/nonexistent/images.tar" },
			path:   "spec.images.bundle", what: "/nonexistent/images.tar", fixHolds: "images bundle",
		},
		"the archive is a folder": {
			change: func(_ *fakeDocker, _ *Target, in *target.Inputs) { in.ImageArchive = os.TempDir() },
			path:   "spec.images.bundle", what: "is no file", fixHolds: "images bundle",
		},
		"the disk is full": {
			change: func(_ *fakeDocker, l *Target, _ *target.Inputs) {
				l.machine.freeBytes = func(string) (uint64, bool) { return 3 * gigabyte, true }
			},
			what: "/var/lib/docker has 3.0 GB of room; 3 hosts need 9.0 GB", fixHolds: "docker system prune",
		},
	} {
		docker := newFake()
		l, in := testTarget(docker), target.Inputs{Cluster: demo()}
		test.change(docker, l, &in)
		got := l.Preflight(t.Context(), in)
		if len(got) != 1 || got[0].Path != test.path || !strings.Contains(got[0].Message, test.what) || !strings.Contains(got[0].Fix, test.fixHolds) {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func TestPreflight_ListsAllProblemsAtOnce(t *testing.T) {
	docker := newFake()
	docker.images = nil
	l := testTarget(docker)
	l.machine.portFree = func(int) bool { return false }
	if got := l.Preflight(t.Context(), target.Inputs{Cluster: demo()}); len(got) != 2 {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_AcceptsItsOwnCluster(t *testing.T) {
	docker := newFake()
	l := testTarget(docker)
	inputs := worker(target.ControlPlaneName("demo", 1))
	inputs[portKey] = properties(portKey, "6443")[portKey]
	create(t, &hosts{connect: docker.connect, machine: quietMachine()}, inputs)
	docker.networks["demo"] = network.Inspect{
		Name: "demo", Labels: target.Labels("demo"),
		IPAM: network.IPAM{Config: []network.IPAMConfig{{Subnet: "10.240.0.0/24"}}},
	}
	l.machine.portFree = func(int) bool { return false }
	if got := l.Preflight(t.Context(), target.Inputs{Cluster: demo()}); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_WaitsForNoPortOfItsOwnThatDockerIsTaking(t *testing.T) {
	docker := newFake()
	l := testTarget(docker)
	l.machine.portFree = func(int) bool { return false }
	for state, free := range map[container.ContainerState]bool{container.StateCreated: true, container.StateExited: false} {
		f := &flight{docker: docker, machine: l.machine, block: block(demo()), ours: map[string]container.Summary{"demo-control-plane-1": {
			State: state, Labels: target.HostLabels("demo", node.ControlPlane, ""),
		}}}
		if got := f.port(t.Context()); (len(got) == 0) != free {
			t.Errorf("%s: got %+v", state, got)
		}
	}
}

func TestBlock_FillsItsDefaultsAndRefusesWhatCannotBe(t *testing.T) {
	b := &Block{}
	b.Default(demo())
	if *b != (Block{APIPort: 6443, HostImage: "kubernetes-anywhere/host:13"}) || len(b.Validate(demo())) != 0 {
		t.Errorf("got %+v, %+v", b, b.Validate(demo()))
	}
	b.APIPort = 70000
	crowded := demo()
	crowded.Spec.Pools[0].Count = 192
	got := b.Validate(crowded)
	if len(got) != 2 || got[0].Path != "apiPort" || !strings.Contains(got[1].Message, "192 workers do not fit into 10.240.0.0/24, which has room for 191") {
		t.Errorf("got %+v", got)
	}
}

func TestAddress_EndsBeforeTheBroadcast(t *testing.T) {
	taken := map[string]bool{}
	for n := range 191 {
		address, err := freeAddress("10.240.0.0/24", taken)
		if err != nil {
			t.Fatalf("the %dth: %v", n+1, err)
		}
		taken[address] = true
	}
	if address, err := freeAddress("10.240.0.0/24", taken); err == nil {
		t.Errorf("there is still %s", address)
	}
}

func TestLeftovers_IsWhatCarriesTheLabel(t *testing.T) {
	docker := newFake()
	create(t, &hosts{connect: docker.connect, machine: quietMachine()}, worker("a"))
	docker.networks["demo"] = network.Inspect{Name: "demo", Labels: target.Labels("demo")}
	docker.networks["other"] = network.Inspect{Name: "other", Labels: target.Labels("other")}
	got, err := testTarget(docker).Leftovers(t.Context(), demo())
	if err != nil || strings.Join(got, "; ") != "container a; network demo; volume a-var" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestBlock_TakesSeveralControlPlanesWhereTheirBalancerFits(t *testing.T) {
	cluster := demo()
	cluster.Spec.ControlPlane.Count = 3
	b := &Block{}
	b.Default(cluster)
	if got := b.Validate(cluster); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
	cluster.Spec.Pools = nil
	cluster.Spec.Network.NodeCIDR = "10.240.0.0/28"
	if got := b.Validate(cluster); len(got) != 1 || !strings.Contains(got[0].Message, "the balancer before 3 control planes does not fit into 10.240.0.0/28") {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_KnowsTheBalancersName(t *testing.T) {
	docker := newFake()
	docker.containers["demo-balancer"] = &fakeContainer{config: &container.Config{}, host: &container.HostConfig{}}
	in := target.Inputs{Cluster: demo()}
	if got := testTarget(docker).Preflight(t.Context(), in); len(got) != 0 {
		t.Errorf("a cluster without a balancer minds: %+v", got)
	}
	in.Cluster.Spec.ControlPlane.Count = 3
	if got := testTarget(docker).Preflight(t.Context(), in); len(got) != 1 || !strings.Contains(got[0].Message, `container "demo-balancer"`) {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_RefusesTheWayBetweenOneControlPlaneAndSeveral(t *testing.T) {
	for _, test := range []struct {
		made, wanted int
		refusal, fix string
	}{
		{1, 1, "", ""}, {3, 3, "", ""}, {3, 5, "", ""},
		{1, 3, "was made with one control plane, which publishes the API itself, and 3 is wanted", "write 1; or"},
		{3, 1, "was made with several control planes", "write 3; or"},
		{5, 1, "was made with several control planes", "write 5; or"},
	} {
		docker := newFake()
		all := &hosts{connect: docker.connect, machine: quietMachine()}
		for n := range test.made {
			inputs := worker(target.ControlPlaneName("demo", n+1))
			inputs[roleKey] = properties(roleKey, node.ControlPlane)[roleKey]
			if test.made == 1 {
				inputs[portKey] = properties(portKey, "6443")[portKey]
			}
			create(t, all, inputs)
		}
		in := target.Inputs{Cluster: demo()}
		in.Cluster.Spec.ControlPlane.Count = test.wanted
		got := testTarget(docker).Preflight(t.Context(), in)
		if test.refusal == "" {
			if len(got) != 0 {
				t.Errorf("%d to %d: got %+v", test.made, test.wanted, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Path != "spec.controlPlane.count" || !strings.Contains(got[0].Message, test.refusal) || !strings.Contains(got[0].Fix, test.fix) {
			t.Errorf("%d to %d: got %+v", test.made, test.wanted, got)
		}
	}
}
