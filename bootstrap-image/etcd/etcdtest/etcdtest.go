// Package etcdtest runs the real etcd for tests: members with addresses of
// their own on the loopback, and mutual TLS.
package etcdtest

import (
	"bytes"
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// deadline is generous: the machine may be compiling meanwhile.
const deadline = time.Minute

// World is an authority and the addresses of its members.
type World struct {
	program   string
	folder    string
	authority pki.Authority
	// Identity is that of a client and, where a test acts for a member, of it.
	Identity etcd.Identity
	// Authority is what signs, with its key.
	Authority pki.Pair
	network   [2]int
}

// New makes a world, or skips the test where $ANYWHERE_BIN has no etcd.
func New(t *testing.T) *World {
	t.Helper()
	program := filepath.Join(os.Getenv("ANYWHERE_BIN"), "etcd")
	if _, err := os.Stat(program); os.Getenv("ANYWHERE_BIN") == "" || err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_APISERVER") != "" {
			t.Fatalf("ANYWHERE_BIN=%q has no etcd, and ANYWHERE_REQUIRE_APISERVER is set", os.Getenv("ANYWHERE_BIN"))
		}
		t.Skip("needs a real etcd: set ANYWHERE_BIN to a folder with the binary etcd")
	}
	w := &World{program: program, folder: t.TempDir(), network: reserve(t)}
	issuer := pki.Issuer{Now: time.Now(), Rand: rand.Reader}
	var err error
	if w.Authority, err = issuer.NewAuthority("etcd-ca"); err == nil {
		w.authority, err = pki.ParseAuthority(w.Authority.Certificate, w.Authority.Key)
	}
	if err != nil {
		t.Fatal(err)
	}
	pair := w.issue(t, "client", nil)
	w.Identity = etcd.Identity{Certificate: pair.Certificate, Key: pair.Key, Authority: w.Authority.Certificate}
	return w
}

// reserve chooses a part of the loopback that no other test has.
func reserve(t *testing.T) [2]int {
	t.Helper()
	for {
		network := [2]int{100 + mathrand.IntN(100), mathrand.IntN(250)}
		sign, err := net.Listen("tcp", fmt.Sprintf("127.%d.%d.254:2380", network[0], network[1]))
		if err == nil {
			t.Cleanup(func() { _ = sign.Close() })
			return network
		}
		if t.Context().Err() != nil {
			t.Fatal(err)
		}
	}
}

func (w *World) issue(t *testing.T, name string, addresses []net.IP) pki.Pair {
	t.Helper()
	pair, err := pki.Issuer{Now: time.Now(), Rand: rand.Reader}.Issue(w.authority, pki.Leaf{
		CommonName: name, Client: true, Server: true, Addresses: addresses,
	})
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

// Address is that of the nth member, from 1.
func (w *World) Address(n int) string {
	return fmt.Sprintf("127.%d.%d.%d", w.network[0], w.network[1], n)
}

// PeerURL is that of the member at an address.
func PeerURL(address string) string { return "https://" + net.JoinHostPort(address, "2380") }

// ClientURL is that of the member at an address.
func ClientURL(address string) string { return "https://" + net.JoinHostPort(address, "2379") }

// Process is etcd running.
type Process struct {
	cmd    *exec.Cmd
	output bytes.Buffer
	ended  chan struct{}
	// Health is the URL where it says that it is ready.
	Health string
}

// Start starts a member with its data in a folder. The initial cluster is in
// etcd's own form, name=url,…; the state is new or existing.
func (w *World) Start(t *testing.T, name, address, dataDir, state, initialCluster, token string) *Process {
	t.Helper()
	// Members compare where a peer comes from with its certificate, and on the
	// loopback all of them come from its first address.
	pair := w.issue(t, name, []net.IP{net.ParseIP(address), net.IPv4(127, 0, 0, 1)})
	files := map[string][]byte{"crt": pair.Certificate, "key": pair.Key, "ca": w.Authority.Certificate}
	dir, err := os.MkdirTemp(w.folder, name)
	if err != nil {
		t.Fatal(err)
	}
	for file, content := range files {
		if err := os.WriteFile(filepath.Join(dir, file), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	crt, key, ca := filepath.Join(dir, "crt"), filepath.Join(dir, "key"), filepath.Join(dir, "ca")
	p := &Process{ended: make(chan struct{}), Health: "http://" + net.JoinHostPort(address, "2381")}
	p.cmd = exec.Command(w.program, "--name="+name, "--data-dir="+dataDir, "--unsafe-no-fsync",
		"--initial-cluster="+initialCluster, "--initial-cluster-token="+token, "--initial-cluster-state="+state,
		"--listen-client-urls="+ClientURL(address), "--advertise-client-urls="+ClientURL(address),
		"--listen-peer-urls="+PeerURL(address), "--initial-advertise-peer-urls="+PeerURL(address),
		"--listen-metrics-urls="+p.Health,
		"--client-cert-auth=true", "--cert-file="+crt, "--key-file="+key, "--trusted-ca-file="+ca,
		"--peer-client-cert-auth=true", "--peer-cert-file="+crt, "--peer-key-file="+key, "--peer-trusted-ca-file="+ca)
	p.cmd.Stdout, p.cmd.Stderr = &p.output, &p.output
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { _ = p.cmd.Wait(); close(p.ended) }()
	t.Cleanup(func() {
		p.Kill()
		if t.Failed() {
			text := p.output.String()
			t.Logf("the end of what %s said:\n%s", name, text[max(0, len(text)-1500):])
		}
	})
	return p
}

// Kill ends the program at once, as a power cut does.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// InitialCluster is some members in etcd's form: name, address, name, …
func InitialCluster(namesAndAddresses ...string) string {
	var out []string
	for i := 0; i+1 < len(namesAndAddresses); i += 2 {
		out = append(out, namesAndAddresses[i]+"="+PeerURL(namesAndAddresses[i+1]))
	}
	return strings.Join(out, ",")
}

// Dial is a client of the members at some addresses.
func (w *World) Dial(t *testing.T, addresses ...string) *etcd.Client {
	t.Helper()
	var urls []string
	for _, address := range addresses {
		urls = append(urls, ClientURL(address))
	}
	client, err := etcd.Dial(w.Identity, urls...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	return client
}

// Eventually waits until check has nothing to say; what it says last is the
// test's failure.
func Eventually(t *testing.T, what string, check func() error) {
	t.Helper()
	var err error
	for end := time.Now().Add(deadline); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	t.Fatalf("waiting for %s: %v", what, err)
}
