package baremetal

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/crypto/ssh"
)

// program is what a fake host runs: a command line, its streams, an exit
// status. A status below zero drops the whole connection.
type program func(line string, stdin io.Reader, stdout, stderr io.Writer) int

// server is an SSH server in this process.
type server struct {
	t        *testing.T
	listener net.Listener
	keys     []ssh.Signer
	config   *ssh.ServerConfig
	run      program

	mu    sync.Mutex
	conns []net.Conn
	// mute takes connections and says nothing on them.
	mute bool
	// ignore answers no global request, as a host that has died.
	ignore bool

	// logins counts who was let in, before they learn of it.
	logins atomic.Int32
}

// newServer starts a server that lets in whoever has the client's key.
func newServer(t *testing.T, client ssh.PublicKey, run program) *server {
	t.Helper()
	s := &server{t: t, run: run, keys: []ssh.Signer{newSigner(t)}}
	s.config = &ssh.ServerConfig{PublicKeyCallback: func(_ ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
		if string(key.Marshal()) == string(client.Marshal()) {
			return nil, nil
		}
		return nil, fmt.Errorf("not that key")
	}}
	s.config.AuthLogCallback = func(_ ssh.ConnMetadata, _ string, err error) {
		if err == nil {
			s.logins.Add(1)
		}
	}
	s.config.AddHostKey(s.keys[0])
	var err error
	if s.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.stop)
	go s.accept()
	return s
}

// addECDSA gives the server a key of another kind as well.
func (s *server) addECDSA() ssh.Signer {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	s.config.AddHostKey(signer)
	return signer
}

func (s *server) accept() {
	for {
		conn, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns = append(s.conns, conn)
		mute := s.mute
		s.mu.Unlock()
		if !mute {
			go s.serve(conn)
		}
	}
}

func (s *server) stop() {
	_ = s.listener.Close()
	s.drop()
}

// drop ends all connections.
func (s *server) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, conn := range s.conns {
		_ = conn.Close()
	}
	s.conns = nil
}

func (s *server) serve(conn net.Conn) {
	_, channels, requests, err := ssh.NewServerConn(conn, s.config)
	if err != nil {
		return
	}
	go func() {
		for request := range requests {
			s.mu.Lock()
			ignore := s.ignore
			s.mu.Unlock()
			if request.WantReply && !ignore {
				_ = request.Reply(false, nil)
			}
		}
	}()
	for offered := range channels {
		switch offered.ChannelType() {
		case "session":
			go s.session(offered)
		case "direct-tcpip":
			go s.forward(offered)
		default:
			_ = offered.Reject(ssh.UnknownChannelType, "no")
		}
	}
}

func (s *server) session(offered ssh.NewChannel) {
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	for request := range requests {
		if request.Type != "exec" {
			_ = request.Reply(false, nil)
			continue
		}
		_ = request.Reply(true, nil)
		var exec struct{ Line string }
		_ = ssh.Unmarshal(request.Payload, &exec)
		go func() {
			code := s.run(exec.Line, channel, channel, channel.Stderr())
			if code < 0 {
				s.drop()
				return
			}
			_, _ = channel.SendRequest("exit-status", false, ssh.Marshal(struct{ Code uint32 }{uint32(code)}))
			_ = channel.Close()
		}()
	}
}

func (s *server) forward(offered ssh.NewChannel) {
	var to struct {
		Host  string
		Port  uint32
		From  string
		FPort uint32
	}
	_ = ssh.Unmarshal(offered.ExtraData(), &to)
	conn, err := net.Dial("tcp", net.JoinHostPort(to.Host, fmt.Sprint(to.Port)))
	if err != nil {
		_ = offered.Reject(ssh.ConnectionFailed, err.Error())
		return
	}
	channel, requests, err := offered.Accept()
	if err != nil {
		return
	}
	go ssh.DiscardRequests(requests)
	go func() { _, _ = io.Copy(channel, conn); _ = channel.Close() }()
	go func() { _, _ = io.Copy(conn, channel); _ = conn.Close() }()
}

func (s *server) port() int { return s.listener.Addr().(*net.TCPAddr).Port }

func (s *server) fingerprint() string { return ssh.FingerprintSHA256(s.keys[0].PublicKey()) }

// reach is the way to the server, trusting its fingerprint.
func (s *server) reach(key string) reach {
	return reach{
		Address: "127.0.0.1", Port: s.port(), User: "root", Key: key, Fingerprint: s.fingerprint(),
		KnownHosts: filepath.Join(s.t.TempDir(), "none"),
	}
}

func newSigner(t *testing.T) ssh.Signer {
	t.Helper()
	_, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return signer
}

// newKey makes a client's key and the file that holds it.
func newKey(t *testing.T) (path string, public ssh.PublicKey, private ed25519.PrivateKey) {
	t.Helper()
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	block, err := ssh.MarshalPrivateKey(private, "test")
	if err != nil {
		t.Fatal(err)
	}
	path = filepath.Join(t.TempDir(), "id")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		t.Fatal(err)
	}
	signer, err := ssh.NewSignerFromKey(private)
	if err != nil {
		t.Fatal(err)
	}
	return path, signer.PublicKey(), private
}

func pemOf(block *pem.Block) []byte { return pem.EncodeToMemory(block) }

// addSigned gives the server a certificate for its key, by an authority.
func (s *server) addSigned(authority ssh.Signer, principal string) {
	certificate := &ssh.Certificate{
		Key: s.keys[0].PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{principal}, ValidBefore: ssh.CertTimeInfinity,
	}
	if err := certificate.SignCert(rand.Reader, authority); err != nil {
		s.t.Fatal(err)
	}
	signer, err := ssh.NewCertSigner(certificate, s.keys[0])
	if err != nil {
		s.t.Fatal(err)
	}
	s.config.AddHostKey(signer)
}
