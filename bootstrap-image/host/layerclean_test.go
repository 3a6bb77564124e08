package host

import (
	"bytes"
	"context"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// inNamespace tells a test that it runs again, in a network of its own.
const inNamespace = "ANYWHERE_IN_NAMESPACE"

// ownNetwork runs the calling test once more in a network namespace of its own,
// and tells whether this is that run.
func ownNetwork(t *testing.T) bool {
	t.Helper()
	if os.Getenv(inNamespace) != "" {
		return true
	}
	if out, err := exec.Command("unshare", "-n", "true").CombinedOutput(); err != nil {
		t.Skipf("no network namespace can be made here: %v: %s", err, out)
	}
	cmd := exec.Command("unshare", "-n", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), inNamespace+"=1")
	out, err := cmd.CombinedOutput()
	if t.Logf("%s", out); err != nil {
		t.Error(err)
	}
	return false
}

// inImage runs commands on this machine, wherever they are meant for: a test
// has no host but this one.
type inImage struct{}

func (inImage) Run(ctx context.Context, c Command) ([]byte, error) {
	c.OnHost = false
	return Exec{}.Run(ctx, c)
}

func shell(t *testing.T, script string) string {
	t.Helper()
	out, err := exec.Command("sh", "-ec", script).CombinedOutput()
	if err != nil {
		t.Fatalf("%s: %v\n%s", script, err, out)
	}
	return string(out)
}

func TestCleanLayer_TakesWhatIsDeclaredAndNothingElse(t *testing.T) {
	if !ownNetwork(t) {
		return
	}
	shell(t, `
		ip link set lo up
		ip link add lay0 type bridge; ip link add laya type bridge; ip link add other0 type bridge
		ip link set lay0 up; ip link set other0 up
		ip address add 10.244.0.1/24 dev lay0; ip address add 192.0.2.1/24 dev other0
		ip route add 10.244.1.0/24 via 192.0.2.7 dev other0 proto 80
		ip route add blackhole 10.244.2.0/24 proto 80
		ip route add 198.51.100.0/24 via 192.0.2.7
		for t in iptables-nft ip6tables-nft iptables-legacy; do
			$t -N LAY-FWD; $t -A LAY-FWD -j ACCEPT; $t -A FORWARD -m comment --comment "a -j LAY-FWD b" -j LAY-FWD
			$t -N OTHER; $t -A FORWARD -j OTHER; $t -N LAYER-NO
		done
		iptables-nft -t nat -N LAY-POST; iptables-nft -t nat -A POSTROUTING -s 10.244.0.0/16 -j LAY-POST
		nft add table ip lay-x; nft add table ip other
		for net in lay podman; do
			iptables-nft -t nat -N CNI-DN-$net; iptables-nft -t nat -A CNI-DN-$net -p tcp --dport 80 -j DNAT --to-destination 10.244.0.9:80
		done
		iptables-nft -t nat -N CNI-HOSTPORT-DNAT
		for net in lay podman; do
			iptables-nft -t nat -A CNI-HOSTPORT-DNAT -p tcp -m comment --comment "dnat name: \"$net\" id: \"0123\"" -m multiport --dports 80 -j CNI-DN-$net
		done
		ipset create lay-pods hash:net; ipset create other-set hash:ip
		for t in iptables-nft iptables-legacy; do
			$t -t nat -A POSTROUTING -m set --match-set lay-pods src -m set ! --match-set lay-pods dst -j MASQUERADE
			$t -A INPUT -m set --match-set other-set src -j ACCEPT
		done`)
	root := t.TempDir()
	for _, file := range []string{"etc/cni/net.d/10-lay.conflist", "etc/cni/net.d/99-other.conf", "var/lib/lay/a/b", "run/lay-1", "run/lay-2"} {
		path := filepath.Join(root, file)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clean := LayerCleaning{
		HostRoot: root, Log: io.Discard, Runner: inImage{}, Pods: []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16")},
		Leftovers: catalog.Leftovers{
			Interfaces: []string{"lay*", "gone0"}, Chains: []string{"LAY-*"}, Tables: []string{"ip lay-x"}, IPSets: []string{"lay-*"}, CNINetworks: []string{"lay"}, Routes: true,
			Files: []string{"/etc/cni/net.d/10-lay.conflist", "/var/lib/lay", "/run/lay-*", "/var/lib/gone"},
		},
	}
	removed, err := CleanLayer(t.Context(), clean)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"file /etc/cni/net.d/10-lay.conflist", "file /var/lib/lay", "file /run/lay-1", "file /run/lay-2",
		"route 10.244.1.0/24 via 192.0.2.7 dev other0 proto 80", "route blackhole 10.244.2.0/24 proto 80",
		"interface lay0", "interface laya",
		"iptables chain LAY-FWD", "iptables chain LAY-POST", "iptables chain LAY-FWD", "ip6tables chain LAY-FWD", "table ip lay-x",
		"iptables rule POSTROUTING of lay-pods", "iptables rule POSTROUTING of lay-pods", "ipset lay-pods",
		"iptables chain CNI-DN-lay",
	}
	slices.Sort(want)
	slices.Sort(removed)
	if diff := cmp.Diff(want, removed); diff != "" {
		t.Errorf("removed (-want +got):\n%s", diff)
	}
	left := shell(t, `ip -o link; ip route; iptables-nft-save; ip6tables-nft-save; iptables-legacy-save; nft list tables; ipset list -name; find `+root+` -type f`)
	for _, gone := range []string{"lay0", "laya", "LAY-", "lay-", "CNI-DN-lay", "10.244.1."} {
		if strings.Contains(left, gone) {
			t.Errorf("%s is left:\n%s", gone, left)
		}
	}
	for text, times := range map[string]int{
		"other0: ": 1, "198.51.100.0/24": 1, "-A FORWARD -j OTHER": 3, ":LAYER-NO": 3, "table ip other": 1, "99-other.conf": 1,
		"-j CNI-DN-podman": 1, "--match-set other-set": 2, "other-set\n": 1,
	} {
		if n := strings.Count(left, text); n != times {
			t.Errorf("%s is there %d times, want %d:\n%s", text, n, times, left)
		}
	}
	if again, err := CleanLayer(t.Context(), clean); err != nil || len(again) > 0 {
		t.Errorf("a second run removes %v, %v", again, err)
	}
}

func TestPodRoute_LeavesTheKernelsOwnAndForeignOnes(t *testing.T) {
	pods := []netip.Prefix{netip.MustParsePrefix("10.244.0.0/16"), netip.MustParsePrefix("fd00:1::/56")}
	for line, want := range map[string]string{
		"10.244.1.0/24 via 10.0.0.3 dev eth0 onlink":                          "10.244.1.0/24 via 10.0.0.3 dev eth0",
		"10.244.1.0/24 via 10.244.1.0 dev flannel.1 onlink":                   "10.244.1.0/24 via 10.244.1.0 dev flannel.1",
		"10.244.0.0/24 dev cni0 proto kernel scope link src 10.244.0.1":       "",
		"default via 10.0.0.1 dev eth0":                                       "",
		"10.0.0.0/8 via 10.0.0.1 dev eth0":                                    "",
		"blackhole 10.244.7.0/24 proto bird":                                  "blackhole 10.244.7.0/24 proto bird",
		"10.244.3.9 dev lxc1 scope link":                                      "10.244.3.9 dev lxc1",
		"fd00:1:0:1::/64 via fd00::3 dev eth0 metric 1024 onlink pref medium": "fd00:1:0:1::/64 via fd00::3 dev eth0 metric 1024",
		"fe80::/64 dev eth0 proto kernel metric 256 pref medium":              "",
		"": "",
	} {
		if got := strings.Join(podRoute(line, pods), " "); got != want {
			t.Errorf("%q: got %q, want %q", line, got, want)
		}
	}
}

func TestPrepareLayer_LoadsWhatIsNotThereAndSetsTheRest(t *testing.T) {
	root := t.TempDir()
	for _, dir := range []string{"sys/module/there", "proc/sys/net/ipv4/conf/lay0", "proc/sys/net/ipv4/conf/other0"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	runner := &recorded{}
	kernel := catalog.Kernel{Modules: []string{"there", "missing"}, Sysctls: map[string]string{
		"net.ipv4.ip_forward": "1", "net.ipv4.conf.lay*.rp_filter": "0", "net.ipv4.conf.gone*.rp_filter": "0",
	}}
	for _, name := range []string{"lay0", "other0"} {
		if err := os.WriteFile(filepath.Join(root, "proc/sys/net/ipv4/conf", name, "rp_filter"), []byte("2\n"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := PrepareLayer(t.Context(), root, kernel, runner, &bytes.Buffer{}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"modprobe missing"}, runner.lines); diff != "" {
		t.Error(diff)
	}
	if set, _ := os.ReadFile(filepath.Join(root, "proc/sys/net/ipv4/ip_forward")); string(set) != "1\n" {
		t.Errorf("the sysctl is %q", set)
	}
	for name, want := range map[string]string{"lay0": "0\n", "other0": "2\n"} {
		if set, _ := os.ReadFile(filepath.Join(root, "proc/sys/net/ipv4/conf", name, "rp_filter")); string(set) != want {
			t.Errorf("rp_filter of %s is %q", name, set)
		}
	}
	kernel.Sysctls = map[string]string{"net.no.such": "1"}
	if err := PrepareLayer(t.Context(), root, kernel, runner, io.Discard); err == nil || !strings.Contains(err.Error(), "net.no.such") {
		t.Errorf("got %v", err)
	}
}

// recorded writes down what would be run.
type recorded struct{ lines []string }

func (r *recorded) Run(_ context.Context, c Command) ([]byte, error) {
	r.lines = append(r.lines, strings.Join(append([]string{c.Name}, c.Args...), " "))
	return nil, nil
}
