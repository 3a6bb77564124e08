package baremetal

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
)

// authentication is what proves who we are: the key of the config, and the
// agent's. done is called once the login is over.
func authentication(r reach) (methods []ssh.AuthMethod, done func(), err error) {
	var signers []ssh.Signer
	done = func() {}
	if r.Key != "" {
		signer, err := readKey(r.Key)
		if err != nil {
			return nil, nil, fmt.Errorf("preparing to log in to %s: %w", r.Address, err)
		}
		signers = append(signers, signer)
	}
	if r.Agent {
		conn, err := dialAgent()
		if err != nil {
			return nil, nil, fmt.Errorf("preparing to log in to %s: %w", r.Address, err)
		}
		done = func() { _ = conn.Close() }
		held, err := agent.NewClient(conn).Signers()
		if err == nil && len(held)+len(signers) == 0 {
			err = errors.New("it holds no key; add one: 'ssh-add'")
		}
		if err != nil {
			done()
			return nil, nil, fmt.Errorf("preparing to log in to %s: asking the SSH agent for its keys: %w", r.Address, err)
		}
		signers = append(signers, held...)
	}
	return []ssh.AuthMethod{ssh.PublicKeys(signers...)}, done, nil
}

func readKey(path string) (ssh.Signer, error) {
	path, err := expand(path)
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the private key: %w; make one: 'ssh-keygen -t ed25519 -f %s'", err, path)
	}
	signer, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		return nil, fmt.Errorf("reading the private key %q: it is locked by a passphrase; give it to the agent, 'ssh-add %s', and write \"agent\": true instead of \"key\"", path, path)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the private key %q: %w; name the file of a private key of OpenSSH", path, err)
	}
	return signer, nil
}

func dialAgent() (net.Conn, error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, errors.New(`there is no SSH agent: SSH_AUTH_SOCK is not set; start one, 'eval "$(ssh-agent)" && ssh-add', or write "key" instead of "agent"`)
	}
	conn, err := net.Dial("unix", socket)
	if err != nil {
		return nil, fmt.Errorf("reaching the SSH agent at SSH_AUTH_SOCK: %w", err)
	}
	return conn, nil
}

// offered says in an error which keys were tried.
func (r reach) offered() string {
	var all []string
	if r.Key != "" {
		all = append(all, r.Key)
	}
	if r.Agent {
		all = append(all, "those of the agent")
	}
	return strings.Join(all, " and ")
}

// copyOptions are those of ssh-copy-id for this host.
func (r reach) copyOptions() string {
	options := ""
	if r.Key != "" {
		options += "-i " + r.Key + " "
	}
	if r.Port != defaultPort {
		options += fmt.Sprintf("-p %d ", r.Port)
	}
	return options
}
