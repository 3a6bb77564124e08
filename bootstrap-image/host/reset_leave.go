package host

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Leaver takes a control plane out of a cluster that goes on without it.
type Leaver interface {
	// Leave tells what it did. Where nobody answers there is nothing to leave,
	// which is no error; a cluster that cannot do without this host is one.
	Leave(ctx context.Context, hostRoot string) (said []string, err error)
}

// ClusterLeaver leaves by the certificates on the host: its kubelet is stopped
// by then, its API server and its etcd still run.
type ClusterLeaver struct{}

var _ Leaver = ClusterLeaver{}

// leaveLimit is how long each question to etcd and the API may take.
const leaveLimit = 10 * time.Second

// leaving is one host on its way out.
type leaving struct {
	root   root
	bundle node.Bundle
	self   node.Member
	said   []string
}

// Leave implements Leaver: first the node, as the API server of this host
// needs its etcd, then the member of etcd.
func (ClusterLeaver) Leave(ctx context.Context, hostRoot string) ([]string, error) {
	root, err := openRoot(hostRoot)
	if err != nil {
		return nil, err
	}
	defer root.close()
	l := &leaving{root: root}
	if !l.find() || len(l.bundle.ControlPlanes) < 2 {
		return nil, nil // it is the whole cluster, or left before
	}
	client, err := l.etcd()
	if err != nil {
		return nil, nil // its certificates are gone: the last run came further
	}
	defer client.Close()
	asking, cancel := context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	members, err := client.Members(asking)
	if err != nil {
		return []string{fmt.Sprintf("etcd does not answer (%v): what is left of the cluster must remove this member itself", err)}, nil
	}
	var own *etcd.Member
	for i := range members {
		if members[i].Address() == l.self.Address {
			own = &members[i]
		}
	}
	if len(members) < 2 || own == nil {
		return nil, nil
	}
	l.deleteNode(ctx)
	asking, cancel = context.WithTimeout(ctx, leaveLimit)
	defer cancel()
	if err := client.Remove(asking, own.ID); err != nil {
		return l.said, fmt.Errorf("taking the member %s out of etcd: %w; the others cannot do without it now: see 'bootstrap etcd status'", l.self.Name, err)
	}
	return append(l.said, fmt.Sprintf("etcd has %d members left", len(members)-1)), nil
}

// find tells who this host is, by what it keeps.
func (l *leaving) find() bool {
	rec, found, err := readRecord(l.root)
	document, missing := l.root.read(KeptBundle)
	if err != nil || !found || missing != nil || json.Unmarshal(document, &l.bundle) != nil {
		return false
	}
	for _, member := range l.bundle.ControlPlanes {
		if member.Name == rec.Node {
			l.self = member
			return true
		}
	}
	return false
}

// etcd is a client of all members, the own one last.
func (l *leaving) etcd() (*etcd.Client, error) {
	pair := "/etc/kubernetes/pki/apiserver-etcd-client"
	certificate, err := l.root.read(pair + ".crt")
	if err != nil {
		return nil, err
	}
	key, err := l.root.read(pair + ".key")
	if err != nil {
		return nil, err
	}
	urls := []string{}
	for _, member := range l.bundle.ControlPlanes {
		if member != l.self {
			urls = append(urls, "https://"+member.Address+":2379")
		}
	}
	return etcd.Dial(etcd.Identity{
		Certificate: certificate, Key: key, Authority: []byte(l.bundle.Credentials.EtcdCA.Certificate),
	}, append(urls, "https://"+l.self.Address+":2379")...)
}

// deleteNode asks each API server until one does it. Where none does, people
// are told what to type.
func (l *leaving) deleteNode(ctx context.Context) {
	kubeconfig, err := l.root.read(node.AdminPath)
	if err != nil {
		return
	}
	pair, err := pki.PairOf(kubeconfig)
	if err != nil {
		return
	}
	servers := []string{l.self.Address}
	for _, member := range l.bundle.ControlPlanes {
		if member != l.self {
			servers = append(servers, member.Address)
		}
	}
	for _, server := range servers {
		client, err := kubeapi.WithCertificate("https://"+apiAt(server), pair.Certificate, pair.Key, []byte(l.bundle.Credentials.CA.Certificate))
		if err != nil {
			return
		}
		asking, cancel := context.WithTimeout(ctx, leaveLimit)
		err = client.Call(asking, http.MethodDelete, "/api/v1/nodes/"+l.self.Name, nil, nil)
		cancel()
		client.HTTP.CloseIdleConnections()
		if err == nil || kubeapi.Code(err) == http.StatusNotFound {
			l.said = append(l.said, "the API has no node "+l.self.Name+" any more")
			return
		}
	}
	l.said = append(l.said, "no API server answers: afterwards type 'kubectl delete node "+l.self.Name+"'")
}
