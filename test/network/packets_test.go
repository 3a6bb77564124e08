package network_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"
)

const (
	// headers of IPv4 and UDP stand before a datagram's payload.
	headers = 20 + 8
	// command is what agnhost's server answers with the rest of the datagram.
	command = "echo "
	// datagrams are sent one way between every two hosts.
	datagrams = 40
	// upload is how much is sent by TCP, in bytes.
	upload = 4 << 20
)

// testPackets sends datagrams as large as go from a pod whole, which the kernel
// marks as not to be fragmented, and a stream of full segments. They are as much
// smaller than the host's as the layer declares.
func (c *suite) testPackets(t *testing.T) {
	overhead := c.declared(t).MTUOverhead
	c.pairs(func(from, to pod) {
		mtu := c.mtu(t, from)
		if out, err := c.onHost(t, from.host.name, "cat", "/sys/class/net/eth0/mtu"); err != nil || strings.TrimSpace(out) != strconv.Itoa(mtu+overhead) {
			t.Errorf("%s: a pod's packets are of %d bytes and the layer declares an overhead of %d, its host's of %q (%v)", from.host.name, mtu, overhead, strings.TrimSpace(out), err)
		}
		full := mtu - headers - len(command)
		before := c.fragments(t, from)
		if err := c.echo(t, from, to, full); err != nil {
			t.Errorf("datagrams of %d bytes from %s to %s: %v", mtu, from.host.name, to.host.name, err)
		}
		if now := c.fragments(t, from); now != before {
			t.Errorf("%s: %d packets were cut into pieces, in the pod or on its host", from.host.name, now-before)
		}
		// The check can fail: one byte more does not go in one piece.
		if err := c.echo(t, from, to, full+1); err != nil {
			t.Errorf("datagrams of a byte more, in pieces, from %s to %s: %v", from.host.name, to.host.name, err)
		}
		if c.fragments(t, from) == before {
			t.Errorf("%s: a packet larger than %d bytes was not cut into pieces: it is not what a pod can send at most", from.host.name, mtu)
		}
		c.upload(t, from, to)
	})
}

// mtu is the size of the largest packet of a pod, in bytes: what its route says,
// as cilium writes it there, or else its device.
func (c *suite) mtu(t *testing.T, from pod) int {
	t.Helper()
	route, err := c.inPod(t, from.name, "ip", "route", "show", "default")
	if err != nil {
		t.Fatalf("%v: %s", err, route)
	}
	device, err := c.inPod(t, from.name, "cat", "/sys/class/net/eth0/mtu")
	if err != nil {
		t.Fatalf("%v: %s", err, device)
	}
	mtu, err := routeMTU(route, device)
	if err != nil {
		t.Fatal(err)
	}
	return mtu
}

// routeMTU reads what 'ip route' says of the size, or that of the device.
func routeMTU(route, device string) (int, error) {
	text := device
	if _, after, found := strings.Cut(route, " mtu "); found {
		text, _, _ = strings.Cut(strings.TrimPrefix(after, "lock "), " ")
	}
	return strconv.Atoi(strings.TrimSpace(text))
}

// echo sends datagrams with so many bytes after the command, and wants them back.
func (c *suite) echo(t *testing.T, from, to pod, size int) error {
	t.Helper()
	text := strings.Repeat("x", size)
	a, err := c.dial(t, from.name, "udp", to.address, 8081, command+text, datagrams)
	if err != nil {
		return err
	}
	return a.only(text, datagrams)
}

// fragments counts the pieces that packets were cut into, in the pod's network
// and in its host's.
func (c *suite) fragments(t *testing.T, p pod) (sum int) {
	t.Helper()
	inside, err := c.inPod(t, p.name, "cat", "/proc/net/snmp")
	if err != nil {
		t.Fatalf("%v: %s", err, inside)
	}
	outside, err := c.onHost(t, p.host.name, "cat", "/proc/net/snmp")
	if err != nil {
		t.Fatalf("%v: %s", err, outside)
	}
	for _, text := range []string{inside, outside} {
		n, err := counter(text, "Ip:", "FragCreates")
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	return sum
}

// counter reads one of /proc/net/snmp, where each protocol has a line of names
// and a line of numbers.
func counter(text, protocol, name string) (int, error) {
	var names []string
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] != protocol {
			continue
		}
		if names == nil {
			names = fields
			continue
		}
		for i, field := range names {
			if field == name && i < len(fields) {
				return strconv.Atoi(fields[i])
			}
		}
	}
	return 0, fmt.Errorf("there is no %s %s in:\n%s", protocol, name, text)
}

// upload sends a stream and looks at what has arrived.
func (c *suite) upload(t *testing.T, from, to pod) {
	t.Helper()
	line := fmt.Sprintf("head -c %d /dev/zero | curl --silent --show-error --fail --max-time 30 -F 'file=@-;filename=zero' %s", upload, at(to.address, 8080, "/upload"))
	out, err := c.inPod(t, from.name, "bash", "-c", line)
	path, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimSpace(out), `{"output":"`), `"`)
	if err != nil || !strings.HasPrefix(path, "/uploads/") {
		t.Errorf("%d bytes by TCP from %s to %s: %v: %s", upload, from.host.name, to.host.name, err, out)
		return
	}
	size, err := c.inPod(t, to.name, "stat", "-c", "%s", path)
	if err != nil || strings.TrimSpace(size) != strconv.Itoa(upload) {
		t.Errorf("of %d bytes by TCP from %s there arrived %q on %s (%v)", upload, from.host.name, strings.TrimSpace(size), to.host.name, err)
	}
}

func TestRouteMTU_IsTheRoutesWhereItSaysOne(t *testing.T) {
	for route, want := range map[string]int{
		"default via 10.244.1.130 dev eth0 mtu 1450 \n":    1450,
		"default via 10.244.1.1 dev eth0 \n":               1500,
		"default via 10.244.1.1 dev eth0 mtu lock 1430 \n": 1430,
	} {
		if got, err := routeMTU(route, "1500\n"); got != want || err != nil {
			t.Errorf("%q: read %d, %v; want %d", route, got, err, want)
		}
	}
}

func TestCounter_ReadsTheKernelsOwnForm(t *testing.T) {
	text := "Ip: Forwarding FragOKs FragCreates\nIp: 1 7 14\nUdp: InDatagrams\nUdp: 3\n"
	if n, err := counter(text, "Ip:", "FragCreates"); n != 14 || err != nil {
		t.Errorf("read %d, %v; want 14", n, err)
	}
	if n, err := counter(text, "Tcp:", "RetransSegs"); err == nil {
		t.Errorf("read %d where there is none", n)
	}
}
