package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// errNoEtcd is a host that runs no etcd.
var errNoEtcd = errors.New("this host is no control plane of a cluster: run this on one of them")

// identityOnHost is the client of etcd whose certificate the host keeps.
func (r *run) identityOnHost() (etcd.Identity, error) {
	certificate, key, authority := node.EtcdClientFiles()
	var out etcd.Identity
	for path, to := range map[string]*[]byte{certificate: &out.Certificate, key: &out.Key, authority: &out.Authority} {
		content, err := r.root.read(path)
		if err != nil {
			return etcd.Identity{}, fmt.Errorf("reading %q: %w; %w", path, err, errNoEtcd)
		}
		*to = content
	}
	return out, nil
}

// knownHost finds out, from what the host keeps, which control plane it is.
func (r *run) knownHost() error {
	raw, err := r.root.read(KeptBundle)
	if err != nil {
		return fmt.Errorf("reading %q: %w; %w", KeptBundle, err, errNoEtcd)
	}
	if r.bundle, err = node.ReadBundle(raw); err != nil {
		return err
	}
	if r.facts.Addresses, err = r.Network.Addresses(); err != nil {
		return fmt.Errorf("reading the host's addresses: %w", err)
	}
	r.self, err = node.Identify(r.bundle, r.facts)
	return err
}

// openHost is a run for a command that is no application of a bundle. What it
// waits for is told beside the state of the bootstrap, which stays.
func openHost(o Options) (*run, func(), error) {
	root, err := openRoot(o.HostRoot)
	if err != nil {
		return nil, nil, err
	}
	r := &run{Options: o, root: root, report: newReporter(o, root)}
	r.report.status = node.Status{State: node.Done}
	if content, err := root.read(node.StatusPath); err == nil {
		_ = json.Unmarshal(content, &r.report.status)
	}
	return r, func() { r.report.close(); root.close() }, nil
}

// lockHost is openHost for a command that changes the host: no bootstrap runs
// meanwhile.
func lockHost(o Options) (*run, func(), error) {
	r, done, err := openHost(o)
	if err != nil {
		return nil, nil, err
	}
	unlock, err := r.root.lock(lockPath)
	if err != nil {
		done()
		return nil, nil, err
	}
	return r, func() { unlock(); done() }, nil
}

// EtcdStatus asks all members of the cluster how they are, through any that
// answers.
func EtcdStatus(ctx context.Context, o Options) ([]etcd.MemberStatus, error) {
	r, done, err := openHost(o)
	if err != nil {
		return nil, err
	}
	defer done()
	identity, err := r.identityOnHost()
	if err != nil {
		return nil, err
	}
	if err := r.knownHost(); err != nil {
		return nil, err
	}
	urls := []string{node.EtcdClientURL(r.self.Address)}
	for _, other := range r.otherMembers(r.keptEtcd().Known...) {
		urls = append(urls, node.EtcdClientURL(other.Address))
	}
	client, err := etcd.Dial(identity, urls...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	found, err := client.Status(ctx)
	if err != nil {
		return nil, fmt.Errorf("%w; no majority of the members answers: see 'docker ps' and %s on each control plane, or bring the data back with 'etcd restore'",
			err, r.podLogs("etcd"))
	}
	slices.SortFunc(found, func(a, b etcd.MemberStatus) int { return strings.Compare(a.Name, b.Name) })
	return found, nil
}
