package host

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

func TestCheckKernel_RefusesWhatTheLayerCannotRunOn(t *testing.T) {
	const at = "lib/modules/6.1.0-13-amd64/"
	release := map[string]string{"proc/sys/kernel/osrelease": "6.1.0-13-amd64\n"}
	with := func(more map[string]string) map[string]string {
		for name, content := range release {
			more[name] = content
		}
		return more
	}
	needs := catalog.Kernel{MinVersion: "5.11", Modules: []string{"vxlan", "br_netfilter"}}
	for _, test := range []struct {
		name   string
		kernel catalog.Kernel
		files  map[string]string
		want   []string
	}{
		{"all there", needs, with(map[string]string{
			at + "modules.dep":     "kernel/drivers/net/vxlan/vxlan.ko.xz: kernel/net/ipv4/udp_tunnel.ko.xz\n",
			at + "modules.builtin": "kernel/net/bridge/br-netfilter.ko\n",
		}), nil},
		{"loaded, and in no list", needs, with(map[string]string{
			at + "modules.dep": "", "sys/module/vxlan/refcnt": "0", "sys/module/br_netfilter/refcnt": "0",
		}), nil},
		{"a container without its machine's modules", needs, with(map[string]string{}), nil},
		{"a kernel that cannot be asked", needs, map[string]string{}, nil},
		{"a module that is missing", needs, with(map[string]string{at + "modules.dep": "kernel/net/bridge/br_netfilter.ko:\n"}),
			[]string{"network layer wires needs what Linux 6.1.0-13-amd64 here was built without, vxlan:", "linux-modules-extra-6.1.0-13-amd64", "spec.network.layer"}},
		{"an old kernel", catalog.Kernel{MinVersion: "6.2"}, release,
			[]string{"network layer wires needs Linux 6.2, and this host runs 6.1.0-13-amd64: boot a newer one"}},
		{"a kernel of another major version", catalog.Kernel{MinVersion: "5.20"}, release, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			r, _ := newRun(t, test.files)
			r.bundle.Cluster.Spec.Network.Layer = "/home/me/wires"
			r.bundle.Layer = &catalog.Layer{Name: "/home/me/wires", Kernel: test.kernel}
			var problems refusal
			r.checkKernel(&problems)
			if (len(problems) > 0) != (len(test.want) > 0) {
				t.Fatalf("problems are %q, want %q", problems, test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(problems.Error(), want) {
					t.Errorf("%q does not say %q", problems.Error(), want)
				}
			}
		})
	}
}

// What a host is checked for includes its kernel.
func TestCheckSystem_LooksAtTheKernel(t *testing.T) {
	r, _ := newRun(t, map[string]string{"proc/sys/kernel/osrelease": "4.19.0\n"})
	r.bundle.Cluster.Spec.Network.Layer = "cilium"
	var problems refusal
	r.checkSystem(&problems)
	if !strings.Contains(problems.Error(), "network layer cilium needs Linux 5.11, and this host runs 4.19.0") {
		t.Errorf("the problems are %q", problems)
	}
}

func TestTuneKernel_LoadsTheLayersModules(t *testing.T) {
	r, runner := newRun(t, map[string]string{
		"etc/sysctl.d/99-kubernetes.conf": "net.ipv4.ip_forward = 1\nnet.ipv4.conf.lxc*.rp_filter = 0\n",
		"proc/sys/net/ipv4/ip_forward":    "1\n",
	})
	r.bundle.Cluster.Spec.Network.Layer = "flannel"
	if err := r.tuneKernel(t.Context()); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(strings.Join(runner.ran, "\n"), "modprobe vxlan") {
		t.Errorf("vxlan is not loaded: %q", runner.ran)
	}
	if log := r.Log.(*strings.Builder).String(); strings.Contains(log, "lxc") {
		t.Errorf("a setting for devices to come was made now: %s", log)
	}
}
