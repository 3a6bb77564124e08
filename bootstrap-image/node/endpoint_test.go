package node

import (
	"strings"
	"testing"
)

// The kernel is asked: nobody answers at the balancer's address, as on Azure
// when it picks the host that asks.
func TestOwnEndpoint_IsReachedInTheKernel(t *testing.T) {
	b, f := onCloud(t, ControlPlane, Azure)
	b.Endpoint = "10.240.0.4:6443"
	_, line, found := strings.Cut(files(t, b, f)[KubeletUnit], "ExecStartPre=/bin/ip ")
	if !found {
		t.Fatal("the kubelet's unit takes no address")
	}
	line, _, _ = strings.Cut(line, "\n")
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
ip COMMAND
ip COMMAND
ask 10.240.0.4 after
ask 10.240.0.6 another
`, "COMMAND", line))
	if err != nil || out != "itself open\nbefore lost\nafter open\nanother lost\n" {
		t.Errorf("%v\n%s", err, out)
	}
}
