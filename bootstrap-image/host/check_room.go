package host

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

const megabyte = 1_000_000

// Room that a host must have. Measured on Debian 13 with Kubernetes v1.37: the
// images of a control plane take 1.1 GB unpacked and its first day of etcd,
// logs and audit 300 MB; those of a worker 500 MB.
const (
	controlPlaneRoom = 2000 * megabyte
	workerRoom       = 1000 * megabyte
	// systemRoom is for plugins (90 MB), keys and units.
	systemRoom = 200 * megabyte
	// laterRoom is for a host that has its images already, renewalRoom for
	// certificates alone.
	laterRoom   = 100 * megabyte
	renewalRoom = 4 * megabyte
)

// room is what the folders of one disk need together.
type room struct {
	folders []string
	free    uint64
	need    uint64
}

// checkRoom refuses a host whose disks are full.
func (r *run) checkRoom(problems *refusal, done bool) error {
	system, data := r.roomNeeded(done)
	disks := map[uint64]*room{}
	var order []uint64
	for _, want := range []struct {
		folder string
		need   uint64
	}{{"/", system}, {"/var", 0}, {"/var/lib/containerd", data}} {
		free, disk, err := r.machine().Free(want.folder)
		if err != nil {
			return err
		}
		if disks[disk] == nil {
			disks[disk] = &room{free: free}
			order = append(order, disk)
		}
		d := disks[disk]
		// What is put on one disk from two places needs the larger of both:
		// the figures are generous.
		d.folders, d.need = append(d.folders, want.folder), max(d.need, want.need)
	}
	for _, disk := range order {
		if d := disks[disk]; d.free < d.need {
			problems.add("the disk of %s has %s free and needs %s: make room, 'du -xhd2 %s' shows what takes it", strings.Join(d.folders, ", "), size(d.free), size(d.need), d.folders[0])
		}
	}
	return nil
}

// roomNeeded is what will be written to the system's folders and to
// containerd's.
func (r *run) roomNeeded(done bool) (system, data uint64) {
	switch {
	case r.Renew:
		return renewalRoom, renewalRoom
	case done && r.root.exists(unitStamp(node.KubeletUnit)):
		system, data = laterRoom, laterRoom
	case r.isControlPlane():
		system, data = systemRoom, controlPlaneRoom
	default:
		system, data = systemRoom, workerRoom
	}
	if archive := r.bundle.ImageArchive; archive != "" {
		if info, err := r.root.stat(archive); err == nil {
			if loaded, _ := r.root.read(imagesStamp); !bytes.Equal(loaded, archiveStamp(archive, info)) {
				data += uint64(info.Size())
			}
		}
	}
	return system, data
}

// size is a number of bytes as people say it.
func size(bytes uint64) string {
	if bytes < 1000*megabyte {
		return fmt.Sprintf("%d MB", bytes/megabyte)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/(1000*megabyte))
}

// portUse is a port that a component of this node will listen on.
type portUse struct {
	port int
	// what is the component, and process how its program is called.
	what, process string
}

// ports are those of the role.
func (r *run) ports() []portUse {
	out := []portUse{{10250, "the kubelet", "kubelet"}, {10248, "the kubelet's health", "kubelet"}}
	if r.bundle.Balanced {
		out = append(out, portUse{6444, "the balancer of this node", "bootstrap"})
	}
	if !r.isControlPlane() {
		return out
	}
	return append(out,
		portUse{6443, "the API server", "kube-apiserver"},
		portUse{2379, "etcd's clients", "etcd"}, portUse{2380, "etcd's other members", "etcd"}, portUse{2381, "etcd's health", "etcd"},
		portUse{10257, "the controller-manager", "kube-controller"}, portUse{10259, "the scheduler", "kube-scheduler"},
		portUse{10267, "the addon-manager", "bootstrap"},
	)
}

// checkPorts refuses a host on which another program listens where a component
// of the node must. Our own, of the same cluster, may.
func (r *run) checkPorts(ctx context.Context, problems *refusal, ours bool) error {
	uses := r.ports()
	var numbers []int
	for _, use := range uses {
		numbers = append(numbers, use.port)
	}
	listeners, err := r.machine().Listeners(numbers)
	if err != nil {
		return err
	}
	for _, use := range uses {
		for _, l := range listeners {
			if l.Port != use.port || !r.inTheWay(l) || ours && r.isOwn(ctx, l, use) {
				continue
			}
			problems.add("port %d, which %s needs, is in use by %s: stop it, 'ss -ltnp sport = :%d' shows it", use.port, use.what, l.owner(), use.port)
			break
		}
	}
	return nil
}

// inTheWay tells whether a listener is at an address that a component needs:
// all, the loopback, or the host's own in the cluster.
func (r *run) inTheWay(l Listener) bool {
	return l.Address.IsUnspecified() || l.Address.IsLoopback() || l.Address.String() == r.self.Address
}

// isOwn tells whether a program is the component itself, of an earlier run.
func (r *run) isOwn(ctx context.Context, l Listener, use portUse) bool {
	if l.Process != "" {
		// The kubelet in the image is one of several programs in one file.
		return slices.Contains([]string{use.process, "kube"}, l.Process)
	}
	_, err := r.onHost(ctx, "systemctl", "is-active", "--quiet", node.KubeletUnit)
	return err == nil
}

func (l Listener) owner() string {
	if l.Process == "" {
		return "a program that cannot be seen from here"
	}
	return fmt.Sprintf("%s (process %d)", l.Process, l.PID)
}
