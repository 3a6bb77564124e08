package membership

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// fakeEtcd is the other members' view; without any nobody answers.
type fakeEtcd struct{ members []etcd.Member }

var _ host.Etcd = (*fakeEtcd)(nil)

func member(name, address string) etcd.Member {
	return etcd.Member{ID: 1, Name: name, PeerURLs: []string{node.EtcdPeerURL(address)}, ClientURLs: []string{node.EtcdClientURL(address)}}
}

func (f *fakeEtcd) Ask(context.Context, etcd.Identity, string) ([]etcd.Member, error) {
	if len(f.members) == 0 {
		return nil, errors.New("no route to host")
	}
	return slices.Clone(f.members), nil
}

func (f *fakeEtcd) Dial(etcd.Identity, ...string) (host.EtcdCluster, error) { return f, nil }
func (f *fakeEtcd) Close()                                                  {}
func (f *fakeEtcd) Members(context.Context) ([]etcd.Member, error) {
	return slices.Clone(f.members), nil
}

// start is what a member does when its host runs it.
func (f *fakeEtcd) start(name, address string) {
	for i, m := range f.members {
		if m.Address() == address {
			f.members[i] = member(name, address)
			f.members[i].ID, f.members[i].Learner = m.ID, m.Learner
		}
	}
}

func (f *fakeEtcd) Promote(_ context.Context, id uint64) error {
	f.members[id-1].Learner = false
	return nil
}

func (f *fakeEtcd) AddLearner(_ context.Context, url string) error {
	f.members = append(f.members, etcd.Member{ID: uint64(len(f.members) + 1), PeerURLs: []string{url}, Learner: true})
	return nil
}

func (f *fakeEtcd) Remove(_ context.Context, id uint64) error {
	return fmt.Errorf("nobody is to be removed: %d", id)
}
