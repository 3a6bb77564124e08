package node

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// balanced is a host of a cloud whose nodes reach the API by a balancer.
func balanced(t *testing.T, role, cloud string) map[string]string {
	b, f := onCloud(t, role, cloud)
	b.Endpoint = "10.240.0.4:6443"
	return files(t, b, f)
}

func TestIgnition_LeadsAnAzureControlPlaneToItsOwnAPI(t *testing.T) {
	b, f := onCloud(t, ControlPlane, Azure)
	self, err := Identify(b, f)
	if err != nil {
		t.Fatal(err)
	}
	want := "ip daddr 10.240.0.4 tcp dport 6443 counter dnat ip to " + self.Address + ":6443"
	if rules := balanced(t, ControlPlane, Azure)[metadataRules]; !strings.Contains(rules, want) {
		t.Errorf("%q is not in\n%s", want, rules)
	}
	for cloud, role := range map[string]string{Azure: Worker, AWS: ControlPlane, GCP: ControlPlane} {
		if rules := balanced(t, role, cloud)[metadataRules]; rules == "" || strings.Contains(rules, "dnat") {
			t.Errorf("a %s of %s has\n%s", role, cloud, rules)
		}
	}
}

// The kernel is asked: nobody answers at the balancer's address, as on Azure
// when it picks the host that asks.
func TestHairpin_WorksInTheKernel(t *testing.T) {
	rules := balanced(t, ControlPlane, Azure)[metadataRules]
	b, f := onCloud(t, ControlPlane, Azure)
	if self, err := Identify(b, f); err == nil {
		rules = strings.ReplaceAll(rules, self.Address+":6443", "10.240.0.5:6443")
	}
	path := filepath.Join(t.TempDir(), "rules.nft")
	if err := os.WriteFile(path, []byte(rules), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := netns(t, strings.ReplaceAll(`
ip link set lo up
ip link add card type veth peer name switch
ip link set card up
ip link set switch up
ip addr add 10.240.0.5/24 dev card
python3 -c '
import socket
s = socket.socket(); s.bind(("", 6443)); s.listen()
while True: s.accept()[0].close()
' &
server=$!
trap 'kill $server' EXIT
ask() {
	python3 -c "
import socket, time
for i in range(50):
    try: socket.create_connection(('$1', 6443), 1).close(); print('$2 open'); break
    except ConnectionRefusedError: time.sleep(0.1)
    except OSError: print('$2 lost'); break
"
}
ask 10.240.0.5 itself
ask 10.240.0.4 before
nft --file RULES
ask 10.240.0.4 after
ask 10.240.0.6 another
`, "RULES", path))
	if err != nil || out != "itself open\nbefore lost\nafter open\nanother lost\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
