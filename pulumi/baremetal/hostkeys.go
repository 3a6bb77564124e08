package baremetal

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

// hostKeys is what is known of a host's key: a fingerprint in the config, or
// else what the file of known hosts has. A key of which nothing is known is
// refused, always: whoever answers there gets the keys of the cluster.
type hostKeys struct {
	reach reach
	known ssh.HostKeyCallback
	// algorithms are the kinds of keys to ask for, one attempt each.
	algorithms [][]string
	// no is why the last key that was shown is refused.
	no error
}

func newHostKeys(r reach) (*hostKeys, error) {
	k := &hostKeys{reach: r}
	if r.Fingerprint != "" {
		k.algorithms = plainKinds()
		return k, nil
	}
	path, err := expand(r.KnownHosts)
	if err != nil {
		return nil, err
	}
	k.known, err = knownhosts.New(path)
	if errors.Is(err, fs.ErrNotExist) {
		k.known, err = func(string, net.Addr, ssh.PublicKey) error { return &knownhosts.KeyError{} }, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the known hosts: %w; mend that line, or name another file in spec.baremetal.knownHosts", err)
	}
	k.algorithms = [][]string{k.kinds()}
	// A host whose key an authority has signed shows that to those only who
	// ask for it.
	if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte("@cert-authority")) {
		k.algorithms = [][]string{signedKinds(), k.kinds()}
	}
	return k, nil
}

// plainKinds are the kinds of keys by themselves, as ssh prefers them: what is
// shown of a host that is not known is the fingerprint that people compare.
func plainKinds() [][]string {
	return [][]string{
		{ssh.KeyAlgoED25519},
		{ssh.KeyAlgoECDSA256, ssh.KeyAlgoECDSA384, ssh.KeyAlgoECDSA521},
		{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256},
	}
}

// signedKinds are the kinds of keys that authorities sign.
func signedKinds() []string {
	return []string{
		ssh.CertAlgoED25519v01, ssh.CertAlgoECDSA256v01, ssh.CertAlgoECDSA384v01, ssh.CertAlgoECDSA521v01,
		ssh.CertAlgoRSASHA512v01, ssh.CertAlgoRSASHA256v01,
	}
}

// kinds are the kinds of the keys that are known of the host. A server has
// several, and shows one of a kind that is not asked for only.
func (k *hostKeys) kinds() []string {
	var kinds []string
	var unlike *knownhosts.KeyError
	if !errors.As(k.known(k.reach.hostPort(), &net.TCPAddr{IP: net.IPv4zero, Port: k.reach.Port}, nobody{}), &unlike) {
		unlike = &knownhosts.KeyError{}
	}
	for _, known := range unlike.Want {
		kind := []string{known.Key.Type()}
		if kind[0] == ssh.KeyAlgoRSA {
			kind = []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
		}
		if !slices.Contains(kinds, kind[0]) {
			kinds = append(kinds, kind...)
		}
	}
	if len(kinds) == 0 {
		return slices.Concat(plainKinds()...)
	}
	return kinds
}

// check is ssh.HostKeyCallback.
func (k *hostKeys) check(address string, remote net.Addr, key ssh.PublicKey) error {
	k.no = k.refuse(address, remote, key)
	return k.no
}

// refused is why the last host was turned away for its key.
func (k *hostKeys) refused() error { return k.no }

func (k *hostKeys) refuse(address string, remote net.Addr, key ssh.PublicKey) error {
	shown := ssh.FingerprintSHA256(key)
	if k.reach.Fingerprint != "" {
		if shown == k.reach.Fingerprint {
			return nil
		}
		return fmt.Errorf("checking who answers at %s: its key is %s %s, and the config says %s: another machine may be in between; if the host was installed anew, compare with what '%s' says on its own console and write that into \"fingerprint\"",
			k.reach.Address, key.Type(), shown, k.reach.Fingerprint, consoleCommand(key))
	}
	err := k.known(address, remote, key)
	var unlike *knownhosts.KeyError
	var revoked *knownhosts.RevokedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &revoked):
		return fmt.Errorf("checking who answers at %s: its key %s is revoked by line %d of %s", k.reach.Address, shown, revoked.Revoked.Line, revoked.Revoked.Filename)
	case errors.As(err, &unlike) && len(unlike.Want) > 0:
		was := unlike.Want[0]
		return fmt.Errorf("checking who answers at %s: its key is %s %s, and line %d of %s has another: another machine may be in between; if the host was installed anew, compare with what '%s' says on its own console, then 'ssh-keygen -f %s -R %s' and '%s'",
			k.reach.Address, key.Type(), shown, was.Line, was.Filename, consoleCommand(key), quote(was.Filename), quote(knownhosts.Normalize(k.reach.hostPort())), k.scan())
	case errors.As(err, &unlike):
		return fmt.Errorf("checking who answers at %s: its key %s %s is not known; compare it with what '%s' says on its own console, then write \"fingerprint\": %q beside its address, or '%s'",
			k.reach.Address, key.Type(), shown, consoleCommand(key), shown, k.scan())
	}
	return fmt.Errorf("checking who answers at %s: %w", k.reach.Address, err)
}

// consoleCommand prints the fingerprint of the host's own key of that kind.
func consoleCommand(key ssh.PublicKey) string {
	kind := "ed25519"
	switch {
	case strings.HasPrefix(key.Type(), "ecdsa"):
		kind = "ecdsa"
	case strings.Contains(key.Type(), "rsa"):
		kind = "rsa"
	}
	return "ssh-keygen -lf /etc/ssh/ssh_host_" + kind + "_key.pub"
}

// scan writes the host's keys into the file of known hosts. A scan does not
// go through a jump host: there it is one to type on that.
func (k *hostKeys) scan() string {
	words := "ssh-keyscan "
	if k.reach.Port != defaultPort {
		words += "-p " + strconv.Itoa(k.reach.Port) + " "
	}
	words += k.reach.Address + " >> " + k.reach.KnownHosts
	if j := k.reach.Jump; j != nil {
		words = strings.Replace(words, "ssh-keyscan", "ssh -p "+strconv.Itoa(j.Port)+" "+j.User+"@"+j.Address+" ssh-keyscan", 1)
	}
	return words
}

// nobody is a key that no host has: asked for it, the file of known hosts says
// which ones it has instead.
type nobody struct{}

var _ ssh.PublicKey = nobody{}

// Type is of no kind of key.
func (nobody) Type() string { return "nobody" }

// Marshal is unlike any key.
func (nobody) Marshal() []byte { return []byte("nobody") }

// Verify accepts nothing.
func (nobody) Verify([]byte, *ssh.Signature) error { return os.ErrInvalid }
