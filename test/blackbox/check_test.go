package blackbox

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// archive is what a host loads images from, as far as its index.
func archive(t *testing.T, images ...string) string {
	t.Helper()
	var manifests []string
	for _, image := range images {
		manifests = append(manifests, fmt.Sprintf(`{"annotations":{"io.containerd.image.name":%q}}`, image))
	}
	index := `{"manifests":[` + strings.Join(manifests, ",") + `]}`
	var out bytes.Buffer
	files := tar.NewWriter(&out)
	if err := files.WriteHeader(&tar.Header{Name: "index.json", Size: int64(len(index)), Mode: 0o644}); err != nil {
		t.Fatal(err)
	}
	_, _ = files.Write([]byte(index))
	if err := files.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// elf is the beginning of a program for a machine of ELF's number.
func elf(machine uint16) string {
	head := make([]byte, 64)
	copy(head, "\x7fELF")
	binary.LittleEndian.PutUint16(head[18:], machine)
	return string(head)
}

func loopback(port int, process string) host.Listener {
	return host.Listener{Address: netip.MustParseAddr("127.0.0.1"), Port: port, Process: process, PID: 42}
}

// Everything that can be known before the first write is refused before it, by
// name and with what to do.
func TestApply_RefusesBeforeTheFirstWrite(t *testing.T) {
	bundles := map[string]node.Bundle{node.ControlPlane: newBundle(t, node.ControlPlane), node.Worker: newBundle(t, node.Worker)}
	for _, test := range []struct {
		name, role string
		change     func(*testing.T, *world)
		want       []string
	}{
		{"a full disk", node.ControlPlane, func(_ *testing.T, w *world) { w.machine.free = 300e6 },
			[]string{"/var/lib/containerd has 300 MB free and needs 2.0 GB"}},
		{"a worker's disk that is too small for the archive", node.Worker, func(t *testing.T, w *world) {
			w.machine.free = 1.03e9
			big := filepath.Join(w.root, "images.tar")
			write(t, big, "", 0o644)
			if err := os.Truncate(big, 90e6); err != nil {
				t.Fatal(err)
			}
		}, []string{"has 1.0 GB free and needs 1.1 GB"}},
		{"a clock before the authority", node.Worker, func(_ *testing.T, w *world) {
			w.options.Now = func() time.Time { return time.Unix(0, 0) }
		}, []string{"clock is off: it says 1970-01-01T00:00:00Z", "begins only at 2026-11-22", "timedatectl set-ntp true"}},
		{"a clock after the authority", node.Worker, func(_ *testing.T, w *world) {
			w.options.Now = func() time.Time { return now.AddDate(11, 0, 0) }
		}, []string{"authority ended at 2036-"}},
		{"a clock that is not the API's", node.Worker, func(_ *testing.T, w *world) { w.machine.elsewhere = now.Add(-6 * time.Minute) },
			[]string{"clock is off by 6m0s", "the API server at 172.30.0.2:6443 says 2026-11-22T11:54:00Z"}},
		{"a port in use", node.ControlPlane, func(_ *testing.T, w *world) {
			w.machine.listeners = []host.Listener{loopback(2381, "prometheus"), {Address: netip.IPv6Unspecified(), Port: 6443}}
		}, []string{"port 2381, which etcd's health needs, is in use by prometheus (process 42): stop it", "port 6443, which the API server needs, is in use by a program that cannot be seen"}},
		{"no container engine", node.Worker, func(_ *testing.T, w *world) { w.failing["docker"], w.failing["podman"] = true, true },
			[]string{"no container engine answers here: install it: 'apt-get update && apt-get install -y docker.io'"}},
		{"no containerd", node.Worker, func(_ *testing.T, w *world) { w.failing["containerd"] = true },
			[]string{"no containerd", "apt-get install -y containerd"}},
		{"an old containerd", node.Worker, func(_ *testing.T, w *world) { w.answers["containerd"] = "containerd x 1.5.9-0ubuntu3 y" },
			[]string{"containerd 1.5.9-0ubuntu3 is too old"}},
		{"another architecture", node.Worker, func(t *testing.T, w *world) { write(t, filepath.Join(w.root, "bin/sh"), elf(243), 0o755) },
			[]string{"this host is riscv64 and this image is for"}},
		{"a kernel that does not count memory", node.Worker, func(t *testing.T, w *world) {
			write(t, filepath.Join(w.root, "sys/fs/cgroup/cgroup.controllers"), "cpuset cpu io pids\n", 0o644)
		}, []string{"does not count memory for cgroups: add 'cgroup_enable=memory'"}},
		{"a host called localhost", node.Worker, func(_ *testing.T, w *world) { w.options.Name = "localhost" }, []string{`called "localhost"`}},
		{"a name that is no DNS name", node.Worker, func(_ *testing.T, w *world) { w.options.Name = "my_host" }, []string{`name "my_host" cannot be a node's`}},
		{"kubeadm's cluster", node.ControlPlane, func(t *testing.T, w *world) {
			write(t, filepath.Join(w.root, "etc/kubernetes/pki/ca.crt"), newAuthority(t, "kubernetes").Certificate, 0o644)
			write(t, filepath.Join(w.root, "etc/kubernetes/manifests/etcd.yaml"), "kind: Pod", 0o600)
			write(t, filepath.Join(w.root, "var/lib/etcd/member/wal/0.wal"), "data", 0o600)
		}, []string{"in a cluster that kubernetes-anywhere did not make", "kubeadm reset", "static pods of another program", ": etcd.yaml;", "/var/lib/etcd holds the data of an etcd that is not this cluster's"}},
		{"kubeadm's package", node.Worker, func(t *testing.T, w *world) {
			write(t, filepath.Join(w.root, "usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf"), "[Service]\nExecStart=\nExecStart=/usr/bin/kubelet", 0o644)
		}, []string{"10-kubeadm.conf would start another kubelet in place of ours"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			b := bundles[test.role]
			b.ImageArchive = "/images.tar"
			w := newWorld(t, b)
			test.change(t, w)
			before := tree(t, w.root)
			err := host.Apply(context.Background(), w.options)
			if err == nil {
				t.Fatal("it was not refused")
			}
			for _, want := range append(test.want, "stage 2 of 10, bundle: checking this host, of which nothing was changed") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q is not in:\n%v", want, err)
				}
			}
			delete(before, "run")
			after := tree(t, w.root)
			delete(after, "run")
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("the host was touched:\n%s", diff)
			}
			if status := w.status(t); status.State != node.Failed || status.Stage != node.StageBundle {
				t.Errorf("status is %+v", status)
			}
		})
	}
}

func TestApply_NamesAllProblemsAtOnce(t *testing.T) {
	w := newWorld(t, newBundle(t, node.Worker))
	w.machine = machine{free: 1, listeners: []host.Listener{loopback(10250, "k3s")}}
	w.failing["containerd"], w.options.Name = true, "localhost"
	err := host.Apply(context.Background(), w.options)
	if err == nil || !strings.Contains(err.Error(), "4 problems\n") || strings.Count(err.Error(), "\n") != 4 {
		t.Errorf("got %v", err)
	}
	if status := w.status(t); strings.Count(status.Error, "\n") != 4 {
		t.Errorf("the status file has %q", status.Error)
	}
}

func TestApply_KnowsItsOwnComponents(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.apply(t)
	w.machine.listeners = []host.Listener{loopback(2379, "etcd"), loopback(6443, "kube-apiserver"), loopback(10250, "kubelet"), loopback(10257, "kube-controller"), loopback(10259, "")}
	w.apply(t)
	w.machine.listeners = []host.Listener{loopback(2379, "minio")}
	if err := host.Apply(context.Background(), w.options); err == nil || !strings.Contains(err.Error(), "in use by minio") {
		t.Errorf("got %v", err)
	}
	// A renewal needs no port, and hardly any room.
	w.machine.free = 5e6
	w.options.Bundle, w.options.Renew = "file://"+host.KeptBundle, true
	w.apply(t)
}

// A disk that filled up while the node ran must not keep it from its updates.
func TestApply_NeedsTheRoomForImagesOnce(t *testing.T) {
	w := newWorld(t, newBundle(t, node.ControlPlane))
	w.apply(t)
	w.machine.free = 150e6
	w.apply(t)
}

func TestApply_RefusesAHostOfAnotherCluster(t *testing.T) {
	first := newBundle(t, node.ControlPlane)
	w := newWorld(t, first)
	w.apply(t)
	for _, test := range []struct {
		name   string
		change func(b *node.Bundle)
		want   []string
	}{
		{"another cluster", func(b *node.Bundle) { b.Cluster.Metadata.Name = "other" },
			[]string{`this host is a control-plane of the cluster "demo", not of "other"`, "bootstrap:v1.37.1 reset'"}},
		{"another of the same name", func(*node.Bundle) {}, []string{`of another cluster "demo", whose authority is not the one`}},
		{"the other role", func(b *node.Bundle) {
			*b = newBundle(t, node.Worker)
			b.Credentials.CA.Certificate = first.Credentials.CA.Certificate
		}, []string{`a control-plane of the cluster "demo" and cannot become a worker as it is`}},
	} {
		b := newBundle(t, node.ControlPlane)
		test.change(&b)
		write(t, filepath.Join(w.root, "bundle.json"), encode(t, b), 0o600)
		before := tree(t, w.root)
		err := host.Apply(context.Background(), w.options)
		if err == nil {
			t.Fatalf("%s: it was not refused", test.name)
		}
		for _, want := range test.want {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is not in:\n%v", test.name, want, err)
			}
		}
		if diff := cmp.Diff(before, tree(t, w.root)); diff != "" {
			t.Errorf("%s: the host was touched:\n%s", test.name, diff)
		}
	}
}

// While an authority takes over from another, a bundle shares one with the
// host; a host that slept through all of it is told so.
func TestApply_TakesABundleOfTheNextAuthority(t *testing.T) {
	b := newBundle(t, node.ControlPlane)
	old, next := b.Credentials.CA, newAuthority(t, "kubernetes")
	w := newWorld(t, b)
	w.apply(t)
	w.options.Patience = soon // its API is still of the first one
	for _, ca := range []node.Authority{
		{Certificate: old.Certificate + next.Certificate, Key: old.Key},
		{Certificate: next.Certificate + old.Certificate, Key: next.Key},
	} {
		b.Credentials.CA = ca
		write(t, filepath.Join(w.root, "bundle.json"), encode(t, b), 0o600)
		w.commands = nil
		if err := host.Apply(context.Background(), w.options); err != nil && strings.Contains(err.Error(), "checking this host") {
			t.Fatal(err)
		}
	}
}
