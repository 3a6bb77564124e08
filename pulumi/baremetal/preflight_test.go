package baremetal

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestPreflight_NamesEverythingAtOnce(t *testing.T) {
	cluster := demo(6)
	w := newWorld(addresses(cluster)...)
	w.hosts["10.240.0.10"].mark = `{"cluster":"other","node":"n"}`
	w.hosts["10.240.0.11"].machine = "riscv64"
	w.hosts["10.240.0.12"].has = nil
	w.hosts["10.240.0.13"].refusal = errors.New("its key is not known")
	w.hosts["10.240.0.14"].silent = true
	in := target.Inputs{Cluster: cluster, ImageArchive: "/nonexistent/images.tar", BootstrapImage: "example.org/bootstrap:v1"}
	cluster.Spec.Images.Bundle = "/nonexistent/images.tar"
	got := w.target().Preflight(t.Context(), in)
	want := []struct{ path, what string }{
		{"spec.baremetal.hosts[1]", `cluster "other"`},
		{"spec.baremetal.hosts[2]", "architecture riscv64"},
		{"spec.baremetal.hosts[3]", "no container engine"},
		{"spec.baremetal.hosts[4]", "its key is not known"},
		{"spec.images.bundle", "/nonexistent/images.tar"},
	}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, w := range want {
		if got[i].Path != w.path || !strings.Contains(got[i].Message, w.what) || got[i].Fix == "" {
			t.Errorf("got %+v, want %+v", got[i], w)
		}
	}
	if said := strings.Join(w.heard, "\n"); !strings.Contains(said, "demo-10-240-0-14: reaching 10.240.0.14: no answer") {
		t.Errorf("of the silent host it said %q", said)
	}
}

func TestPreflight_AcceptsHostsOfItsOwnCluster(t *testing.T) {
	cluster := demo(1)
	w := newWorld(addresses(cluster)...)
	w.hosts[hostAddress].mark = `{"cluster":"demo","node":"demo-10-240-0-10"}`
	if got := w.target().Preflight(t.Context(), target.Inputs{Cluster: cluster}); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestPreflight_RefusesSilenceOnlyWhereThereCanBeNoClusterWithout(t *testing.T) {
	for _, test := range []struct{ planes, silent, problems int }{{1, 1, 1}, {3, 1, 0}, {3, 2, 2}, {5, 2, 0}, {5, 3, 3}} {
		cluster := demo(1)
		cluster.Spec.ControlPlane.Count = test.planes
		b := cluster.Spec.Block.(*Block)
		b.Hosts = b.Hosts[1:]
		for n := range test.planes {
			b.Hosts = append(b.Hosts, Host{Address: fmt.Sprintf("10.240.0.%d", 100+n), Role: node.ControlPlane})
		}
		w := newWorld(addresses(cluster)...)
		for n := range test.silent {
			w.hosts[fmt.Sprintf("10.240.0.%d", 100+n)].silent = true
		}
		if got := w.target().Preflight(t.Context(), target.Inputs{Cluster: cluster}); len(got) != test.problems {
			t.Errorf("%+v: got %+v", test, got)
		}
	}
}

func TestRun_FindsTheHostByItsNode(t *testing.T) {
	cluster := demo(1)
	w := newWorld(addresses(cluster)...)
	l := w.target()
	err := l.Run(t.Context(), cluster, target.Host{Name: "demo-10-240-0-10"}, target.Command{Args: []string{"sh", "-c", "exit 3"}, Stderr: &strings.Builder{}})
	var exit *target.ExitError
	if !errors.As(err, &exit) || exit.Code != 127 {
		t.Errorf("got %v", err)
	}
	if err := l.Run(t.Context(), cluster, target.Host{Name: "nobody"}, target.Command{}); err == nil || !strings.Contains(err.Error(), `"nobody"`) {
		t.Errorf("got %v", err)
	}
}
