package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// onCloud is a bundle and facts of a host of a cloud.
func onCloud(t *testing.T, role, cloud string) (Bundle, Facts) {
	t.Helper()
	b, f := newBundle(t, role), newFacts(role)
	b.Cloud = cloud
	f.Instance = map[string]Instance{
		GCP: {Name: "demo-fast-x1z9", ProviderID: "gce://acme/europe-west4-a/demo-fast-x1z9", Zone: "europe-west4-a", Region: "europe-west4", Type: "e2-standard-2"},
		AWS: {Name: "i-0abc", ProviderID: "aws:///eu-central-1b/i-0abc", Zone: "eu-central-1b", Region: "eu-central-1", Type: "m6i.large"},
		Azure: {
			Name: "demo-f000003", Region: "westeurope", Type: "Standard_D2s_v5",
			ProviderID: "azure:///subscriptions/1/resourceGroups/demo/providers/Microsoft.Compute/virtualMachineScaleSets/demo-fast/virtualMachines/3",
		},
	}[cloud]
	if role == ControlPlane {
		for i := range b.ControlPlanes {
			b.ControlPlanes[i].EtcdDevice = "/dev/disk/by-id/etcd"
		}
	}
	return b, f
}

// files of a config by path, units by name.
func files(t *testing.T, b Bundle, f Facts) map[string]string {
	t.Helper()
	out := map[string]string{}
	config := render(t, b, f)
	for _, file := range config.Storage.Files {
		content, err := Content(file)
		if err != nil {
			t.Fatal(err)
		}
		out[file.Path] = string(content)
	}
	for _, unit := range config.Systemd.Units {
		out[unit.Name] = *unit.Contents
	}
	return out
}

func TestIgnition_TellsTheNodeWhichMachineItIs(t *testing.T) {
	for _, cloud := range []string{GCP, AWS, Azure} {
		b, f := onCloud(t, Worker, cloud)
		got := files(t, b, f)
		unit, config := got[KubeletUnit], got[kubeletConfig]
		if !strings.Contains(config, "\nproviderID: "+f.Instance.ProviderID+"\n") || !strings.Contains(unit, "--hostname-override="+f.Instance.Name+" ") {
			t.Errorf("%s: it does not say who it is:\n%s\n%s", cloud, config, unit)
		}
		if strings.Contains(unit, "topology.kubernetes.io/zone=") != (f.Instance.Zone != "") || !strings.Contains(unit, "topology.kubernetes.io/region="+f.Instance.Region) ||
			!strings.Contains(unit, "node.kubernetes.io/instance-type="+f.Instance.Type) || strings.Contains(unit, "--cloud-provider") {
			t.Errorf("%s: its labels are not those of its machine:\n%s", cloud, unit)
		}
		b.CloudController = true
		if unit := files(t, b, f)[KubeletUnit]; !strings.Contains(unit, "--cloud-provider=external ") || strings.Contains(unit, "topology.kubernetes.io") {
			t.Errorf("%s: it does not leave the labels to the controller:\n%s", cloud, unit)
		}
	}
}

func TestIgnition_ShutsTheMetadataServiceToPods(t *testing.T) {
	for cloud, want := range map[string][]string{
		GCP: {"ip daddr 169.254.169.254 tcp dport 80 "}, AWS: {"ip daddr 169.254.169.254 tcp dport 80 "},
		Azure: {"ip daddr 169.254.169.254 tcp dport 80 ", "ip daddr 168.63.129.16 tcp dport { 80, 32526 } "},
	} {
		got := files(t, first(onCloud(t, Worker, cloud)), second(onCloud(t, Worker, cloud)))
		rules := got[metadataRules]
		for _, rule := range want {
			if !strings.Contains(rules, rule) {
				t.Errorf("%s: %q is not in\n%s", cloud, rule, rules)
			}
		}
		if strings.Count(rules, "daddr") != len(want) {
			t.Errorf("%s: it shuts more than that:\n%s", cloud, rules)
		}
		before, _, found := strings.Cut(got[KubeletUnit], "\nExecStart=")
		if !found || !strings.Contains(before, "--file "+metadataRules) {
			t.Errorf("%s: the kubelet starts without them:\n%s", cloud, got[KubeletUnit])
		}
	}
	if rules, found := files(t, newBundle(t, Worker), newFacts(Worker))[metadataRules]; found {
		t.Errorf("a host of no cloud has\n%s", rules)
	}
}

func first(b Bundle, _ Facts) Bundle { return b }
func second(_ Bundle, f Facts) Facts { return f }

func TestIgnition_MountsEtcdsDiskBeforeTheKubelet(t *testing.T) {
	b, f := onCloud(t, ControlPlane, AWS)
	got := files(t, b, f)
	if mount := got[EtcdMount]; !strings.Contains(mount, "\nWhat=/dev/disk/by-id/etcd\nWhere=/var/lib/etcd\n") {
		t.Errorf("the mount is\n%s", mount)
	}
	if unit := got[KubeletUnit]; !strings.Contains(unit, "\nAfter=var-lib-etcd.mount\n") ||
		!strings.Contains(unit, "\nExecStartPre=/bin/systemctl start var-lib-etcd.mount\nExecStartPre=/bin/chmod 0700 /var/lib/etcd\n") {
		t.Errorf("the kubelet does not need it:\n%s", unit)
	}
	b.ControlPlanes[1].EtcdDevice = ""
	if got := files(t, b, f); got[EtcdMount] != "" || strings.Contains(got[KubeletUnit], "/var/lib/etcd") {
		t.Error("a member without a disk mounts one")
	}
}

func TestEtcdDiskID_IsOfOneMemberOfOneCluster(t *testing.T) {
	b, _ := onCloud(t, ControlPlane, AWS)
	id := EtcdDiskID(b, "demo-control-plane-1")
	if again := EtcdDiskID(b, "demo-control-plane-1"); again != id || len(id) != 36 || id[14] != '8' {
		t.Errorf("got %s, then %s", id, again)
	}
	other := b
	other.Credentials.EtcdCA.Certificate = "of another cluster"
	if EtcdDiskID(b, "demo-control-plane-2") == id || EtcdDiskID(other, "demo-control-plane-1") == id {
		t.Error("two disks have one id")
	}
}

func TestIgnition_HasFlatcarsContainerdReadOurConfig(t *testing.T) {
	b, f := onCloud(t, Worker, AWS)
	if dropIn, found := files(t, b, f)[containerdDropIn]; found {
		t.Errorf("a Debian has\n%s", dropIn)
	}
	f.OS = flatcar
	if dropIn := files(t, b, f)[containerdDropIn]; !strings.Contains(dropIn, "ExecStart=\nExecStart=/usr/bin/containerd --config "+ContainerdConfigPath+"\n") {
		t.Errorf("the drop-in is\n%s", dropIn)
	}
}

func TestReadBundle_RefusesACloudThatItCannotAsk(t *testing.T) {
	b, _ := onCloud(t, Worker, "moon")
	if err := b.check(); err == nil || !strings.Contains(err.Error(), `"moon"`) {
		t.Errorf("got %v", err)
	}
	b.Cloud = Azure
	if err := b.check(); err != nil {
		t.Error(err)
	}
}

func TestIgnition_HasControlPlanesAnswerToTheirBalancer(t *testing.T) {
	unit := func(role, cloud, endpoint string) string {
		b, f := onCloud(t, role, cloud)
		b.Endpoint = endpoint
		return files(t, b, f)[KubeletUnit]
	}
	if got := unit(ControlPlane, Azure, "172.30.0.100:6443"); !strings.Contains(got, "\nExecStartPre=/bin/ip address replace 172.30.0.100/32 dev lo scope host\n") {
		t.Errorf("it does not:\n%s", got)
	}
	for _, other := range []string{
		unit(Worker, Azure, "172.30.0.100:6443"), unit(ControlPlane, AWS, "demo.elb.eu-central-1.amazonaws.com:6443"),
		unit(ControlPlane, GCP, "172.30.0.2:6443"), unit(ControlPlane, "", "172.30.0.100:6443"),
	} {
		if strings.Contains(other, "ip address") {
			t.Errorf("a host takes an address that is not its balancer's:\n%s", other)
		}
	}
}

// lacks skips, or fails where 'make test' has installed what is needed.
func lacks(t *testing.T, format string, args ...any) {
	t.Helper()
	if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
		t.Fatalf(format, args...)
	}
	t.Skipf(format, args...)
}

// netns runs a script in a network of its own, where it may have one.
func netns(t *testing.T, script string) (string, error) {
	t.Helper()
	for _, tool := range []string{"unshare", "nft", "ip", "python3"} {
		if _, err := exec.LookPath(tool); err != nil {
			lacks(t, "no %s here", tool)
		}
	}
	if os.Getuid() != 0 {
		lacks(t, "this needs root")
	}
	if out, err := exec.Command("unshare", "--net", "nft", "list", "tables").CombinedOutput(); err != nil {
		lacks(t, "no nftables here: %v: %s", err, out)
	}
	out, err := exec.Command("unshare", "--net", "--mount", "sh", "-euc", script).CombinedOutput()
	return string(out), err
}

// pod is a network beside the host's, routed by it; the addresses of the
// metadata service are a third one's, with a server on each port that matters.
const pod = `
mount -t tmpfs tmpfs /run
for side in pod meta; do
	ip netns add $side
	ip link add $side type veth peer name eth0 netns $side
	ip link set $side up
	ip -n $side link set eth0 up
	ip -n $side link set lo up
done
ip addr add 10.0.0.1/24 dev pod
ip -n pod addr add 10.0.0.2/24 dev eth0
ip -n pod route add default via 10.0.0.1
ip addr add 10.0.1.1/24 dev meta
ip -n meta addr add 10.0.1.2/24 dev eth0
ip -n meta route add default via 10.0.1.1
for address in 169.254.169.254 168.63.129.16; do
	ip route add $address/32 via 10.0.1.2
	ip -n meta addr add $address/32 dev lo
done
sysctl -qw net.ipv4.ip_forward=1
serve='
import socket, threading
def serve(port):
    s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1); s.bind(("", port)); s.listen()
    while True: s.accept()[0].close()
for port in 53, 80, 32526: threading.Thread(target=serve, args=(port,)).start()
'
ip netns exec meta python3 -c "$serve" &
server=$!
trap 'kill $server' EXIT
ask='
import socket, sys, time
for where in sys.argv[1:]:
    address, port, name = where.split(":")
    for i in range(100 if name == "unshut" else 1):
        try:
            socket.create_connection((address, int(port)), 2).close()
            said = "open"
            break
        except OSError as e:
            said = "refused" if isinstance(e, ConnectionRefusedError) else repr(e)
            if name == "unshut": time.sleep(0.1)
    print(name, said)
'
ip netns exec pod python3 -c "$ask" 169.254.169.254:80:unshut
nft --file RULES
nft --file RULES
nft add table ip nat
nft add chain ip nat pre '{ type nat hook prerouting priority dstnat; }'
nft add rule ip nat pre ip daddr 10.96.0.9 dnat to 168.63.129.16
ip netns exec pod python3 -c "$ask" 169.254.169.254:80:metadata 168.63.129.16:80:agent 168.63.129.16:32526:port \
	10.96.0.9:80:service 169.254.169.254:53:DNS 168.63.129.16:53:agentDNS
python3 -c "$ask" 169.254.169.254:80:host-metadata 168.63.129.16:32526:host-agent
`

func TestMetadataRules_HoldPodsOffInARealNetwork(t *testing.T) {
	b, f := onCloud(t, Worker, Azure)
	rules := filepath.Join(t.TempDir(), "rules")
	if err := os.WriteFile(rules, []byte(files(t, b, f)[metadataRules]), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := netns(t, strings.ReplaceAll(pod, "RULES", rules))
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	// The service leads to Azure's agent by an address of its own.
	const want = `unshut open
metadata refused
agent refused
port refused
service refused
DNS open
agentDNS open
host-metadata open
host-agent open
`
	if out != want {
		t.Errorf("got\n%s", out)
	}
}
