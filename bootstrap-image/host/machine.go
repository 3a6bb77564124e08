package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
)

// Machine is asked what the files of a host do not tell.
type Machine interface {
	// Free is how many bytes root may still write to the file system that holds
	// a path of the host or, where that is not there, the nearest folder above
	// it; disk tells one file system from another.
	Free(path string) (bytes uint64, disk uint64, err error)
	// Listeners are those that accept TCP connections at some of the ports.
	Listeners(ports []int) ([]Listener, error)
	// Time is what one of the servers, HTTPS at host:port, takes for the time.
	// The authority verifies it; its certificate's dates do not count, as they
	// are judged by the clock that is in doubt. An error where none answers.
	Time(ctx context.Context, servers []string, authority []byte) (now time.Time, server string, err error)
}

// Listener is a program that accepts TCP connections.
type Listener struct {
	Address netip.Addr
	Port    int
	// Process is the program's short name (15 letters), and PID its number;
	// empty where they cannot be found.
	Process string
	PID     int
}

// SystemMachine is the machine itself, whose root is mounted at HostRoot.
type SystemMachine struct{ HostRoot string }

var _ Machine = SystemMachine{}

// Free implements Machine.
func (m SystemMachine) Free(name string) (uint64, uint64, error) {
	root, err := openRoot(m.HostRoot)
	if err != nil {
		return 0, 0, err
	}
	defer root.close()
	for ; ; name = path.Dir(name) {
		file, err := root.root.Open(rel(name))
		if errors.Is(err, os.ErrNotExist) && rel(name) != "." {
			continue
		}
		if err != nil {
			return 0, 0, fmt.Errorf("looking at the disk of %q: %w", name, err)
		}
		defer func() { _ = file.Close() }()
		var room syscall.Statfs_t
		var what syscall.Stat_t
		if err := errors.Join(syscall.Fstatfs(int(file.Fd()), &room), syscall.Fstat(int(file.Fd()), &what)); err != nil {
			return 0, 0, fmt.Errorf("looking at the disk of %q: %w", name, err)
		}
		return room.Bavail * uint64(room.Bsize), uint64(what.Dev), nil
	}
}

// listening is the state of a socket that accepts connections, in hex.
const listening = "0A"

// Listeners implements Machine by the tables of the host's first process, in
// whose network the host's services are.
func (m SystemMachine) Listeners(ports []int) ([]Listener, error) {
	root, err := openRoot(m.HostRoot)
	if err != nil {
		return nil, err
	}
	defer root.close()
	found := map[string]*Listener{} // by the socket's number
	for _, table := range []string{"/proc/1/net/tcp", "/proc/1/net/tcp6"} {
		content, err := root.read(table)
		if err != nil && !errors.Is(err, os.ErrNotExist) { // no IPv6
			return nil, fmt.Errorf("reading which ports are in use: %w", err)
		}
		for line := range strings.Lines(string(content)) {
			fields := strings.Fields(line)
			if len(fields) < 10 || fields[3] != listening {
				continue
			}
			if at, ok := parseSocket(fields[1]); ok && slices.Contains(ports, int(at.Port())) {
				found[fields[9]] = &Listener{Address: at.Addr(), Port: int(at.Port())}
			}
		}
	}
	if len(found) > 0 {
		nameOwners(root, found)
	}
	var out []Listener
	for _, l := range found {
		out = append(out, *l)
	}
	slices.SortFunc(out, func(a, b Listener) int { return a.Port - b.Port })
	return out, nil
}

// parseSocket reads "0100007F:1A2B": the address in words of the machine's
// byte order, then the port.
func parseSocket(text string) (netip.AddrPort, bool) {
	address, port, _ := strings.Cut(text, ":")
	number, err := strconv.ParseUint(port, 16, 16)
	if err != nil || len(address)%8 != 0 {
		return netip.AddrPort{}, false
	}
	var bytes []byte
	for i := 0; i < len(address); i += 8 {
		word, err := strconv.ParseUint(address[i:i+8], 16, 32)
		if err != nil {
			return netip.AddrPort{}, false
		}
		// Little-endian, as all that Kubernetes runs on is, save s390x.
		bytes = append(bytes, byte(word), byte(word>>8), byte(word>>16), byte(word>>24))
	}
	parsed, ok := netip.AddrFromSlice(bytes)
	return netip.AddrPortFrom(parsed.Unmap(), uint16(number)), ok
}

// nameOwners finds the programs that hold the sockets.
func nameOwners(root root, sockets map[string]*Listener) {
	files, err := root.glob("/proc/[0-9]*/fd/*")
	if err != nil {
		return
	}
	for _, file := range files {
		target, err := root.readlink(file)
		if err != nil {
			continue // it is gone
		}
		number := strings.TrimSuffix(strings.TrimPrefix(target, "socket:["), "]")
		if l := sockets[number]; l != nil && l.Process == "" {
			folder := path.Dir(path.Dir(file))
			name, _ := root.read(folder + "/comm")
			l.Process = strings.TrimSpace(string(name))
			l.PID, _ = strconv.Atoi(path.Base(folder))
		}
	}
}

// clockLimit ends a question for the time.
const clockLimit = time.Second

// Time implements Machine by the Date that every answer over HTTP carries.
func (SystemMachine) Time(ctx context.Context, servers []string, authority []byte) (time.Time, string, error) {
	ctx, cancel := context.WithTimeout(ctx, clockLimit)
	defer cancel()
	type answer struct {
		now    time.Time
		server string
		err    error
	}
	answers := make(chan answer, len(servers))
	for _, server := range servers {
		go func() {
			now, err := askTime(ctx, server, authority)
			answers <- answer{now, server, err}
		}()
	}
	err := errors.New("there is no server to ask")
	for range servers {
		a := <-answers
		if a.err == nil {
			return a.now, a.server, nil
		}
		err = a.err
	}
	return time.Time{}, "", err
}

func askTime(ctx context.Context, server string, authority []byte) (time.Time, error) {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	client := kubeapi.NewHTTP(&tls.Config{
		MinVersion: tls.VersionTLS12,
		// Verified below, as of a time at which the certificate is valid.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			leaf := state.PeerCertificates[0]
			_, err := leaf.Verify(x509.VerifyOptions{Roots: roots, CurrentTime: leaf.NotBefore.Add(time.Minute)})
			return err
		},
	})
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+server+"/livez", nil)
	if err != nil {
		return time.Time{}, err
	}
	response, err := client.Do(request)
	if err != nil {
		return time.Time{}, err
	}
	_ = response.Body.Close()
	return http.ParseTime(response.Header.Get("Date"))
}

// apiAt is where a control plane's API server listens.
func apiAt(address string) string { return net.JoinHostPort(address, "6443") }
