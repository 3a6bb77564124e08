// Package membership makes a cluster where no phase 1 does: the first host
// makes it and keeps in its API what the next ones are told; these join with a
// token, and know the cluster by a pin of its authority.
package membership

import (
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"k8s.io/apimachinery/pkg/util/validation"
)

// ErrInput is a command line or a config that cannot be meant: nothing was
// touched, and trying again does not help.
var ErrInput = errors.New("nothing was touched")

// DefaultArchive is where a host keeps an archive of images. What is there is
// loaded without being asked for.
const DefaultArchive = "/var/lib/kubernetes-anywhere/images.tar"

// authorityPath is the certificate of the cluster's authority on a node.
const authorityPath = "/etc/kubernetes/pki/ca.crt"

// input is an error of what the user gave.
func input(format string, args ...any) error {
	return fmt.Errorf("%w (%w)", fmt.Errorf(format, args...), ErrInput)
}

// files reads the host's files; nothing on the host leads out of its root.
type files struct{ dir string }

func (f files) open() (*os.Root, error) {
	root, err := os.OpenRoot(f.dir)
	if err != nil {
		return nil, fmt.Errorf("opening the root of the host %q: %w; run the image with -v /:/host", f.dir, err)
	}
	return root, nil
}

func (f files) read(name string) ([]byte, error) {
	root, err := f.open()
	if err != nil {
		return nil, err
	}
	defer func() { _ = root.Close() }()
	return root.ReadFile(strings.TrimPrefix(path.Clean(name), "/"))
}

func (f files) exists(name string) bool {
	root, err := f.open()
	if err != nil {
		return false
	}
	defer func() { _ = root.Close() }()
	_, err = root.Stat(strings.TrimPrefix(path.Clean(name), "/"))
	return err == nil
}

// engine is the program that runs containers on the host.
func (f files) engine() string {
	for _, dir := range []string{"/usr/bin/", "/usr/local/bin/", "/bin/"} {
		if f.exists(dir + "docker") {
			return "docker"
		}
	}
	return "podman"
}

// archive is the path of the archive to load: the one that the user names, or
// the one that lies where archives do.
func (f files) archive(given string) (string, error) {
	switch {
	case given != "" && !path.IsAbs(given):
		return "", input("finding the archive of images %q: it is no absolute path of the host; write one as --image-archive", given)
	case given != "" && !f.exists(given):
		return "", fmt.Errorf("finding the archive of images %q: it is not on this host; copy it there first", given)
	case given == "" && f.exists(DefaultArchive):
		return DefaultArchive, nil
	}
	return given, nil
}

// kept is the bundle that a control plane keeps; nil where there is none.
func (f files) kept() (*node.Bundle, error) {
	document, err := f.read(host.KeptBundle)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading what this host is: %w", err)
	}
	bundle, err := node.ReadBundle(document)
	if err != nil {
		return nil, fmt.Errorf("reading what this host is, %s: %w", host.KeptBundle, err)
	}
	return &bundle, nil
}

// admin is the API server of this control plane, to its administrator.
func (f files) admin(url string) (kubeapi.Client, error) {
	document, err := f.read(node.AdminPath)
	if err != nil {
		return kubeapi.Client{}, fmt.Errorf("reading %s: %w; run this on a control plane", node.AdminPath, err)
	}
	pair, err := pki.PairOf(document)
	if err != nil {
		return kubeapi.Client{}, err
	}
	authority, err := f.read(authorityPath)
	if err != nil {
		return kubeapi.Client{}, fmt.Errorf("reading the cluster's authority: %w", err)
	}
	return kubeapi.WithCertificate(url, pair.Certificate, pair.Key, authority)
}

// nodeName is what the host is called in the cluster.
func nodeName(given, hostname string) (string, error) {
	name := strings.ToLower(hostname)
	if given != "" {
		name = given
	}
	if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
		return "", input("naming this node %q: it is no DNS name; write another one as --name", name)
	}
	return name, nil
}

// addressIn is the host's address in the network of the nodes, or the given
// one, which must be the host's and in that network.
func addressIn(given string, addresses []string, network string) (string, error) {
	prefix, err := netip.ParsePrefix(config.First(network))
	if err != nil {
		return "", fmt.Errorf("reading spec.network.nodeCIDR %q: %w", network, err)
	}
	if given != "" && !slices.Contains(addresses, given) {
		return "", input("taking the address %q: this host has %s; write one of these as --address", given, strings.Join(addresses, ", "))
	}
	for _, text := range addresses {
		address, err := netip.ParseAddr(text)
		if err == nil && prefix.Contains(address) && (given == "" || given == text) {
			return text, nil
		}
	}
	if given != "" {
		return "", fmt.Errorf("taking the address %q: it is not in %s, the network of the cluster's hosts (spec.network.nodeCIDR)", given, network)
	}
	return "", fmt.Errorf("finding this host's address: none of %s is in %s, the network of the cluster's hosts (spec.network.nodeCIDR); "+
		"connect the host to that network", strings.Join(addresses, ", "), network)
}

// say writes a line as the bootstrap does.
func say(log io.Writer, format string, args ...any) {
	_, _ = io.WriteString(log, node.ConsolePrefix+fmt.Sprintf(format, args...)+"\n")
}
