package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// fakeEtcd is a cluster of etcd that some addresses answer for.
type fakeEtcd struct {
	// answers are the addresses of live members, and what each knows.
	answers map[string][]etcd.Member
	members []etcd.Member
	err     error
	// killAfter ends the run after so many changes of the members.
	killAfter int
	cancel    context.CancelFunc
	changes   []string
	dialled   []string
	lagging   int // how often a learner is not in sync
}

func (f *fakeEtcd) Ask(_ context.Context, _ etcd.Identity, address string) ([]etcd.Member, error) {
	known, ok := f.answers[address]
	if !ok {
		return nil, errors.New("no route to host")
	}
	return known, nil
}

func (f *fakeEtcd) Dial(_ etcd.Identity, addresses ...string) (EtcdCluster, error) {
	f.dialled = addresses
	return f, nil
}

func (f *fakeEtcd) Close() {}

func (f *fakeEtcd) Members(context.Context) ([]etcd.Member, error) {
	return slices.Clone(f.members), f.err
}

func (f *fakeEtcd) change(text string) {
	f.changes = append(f.changes, text)
	if f.killAfter--; f.killAfter == 0 {
		f.cancel()
	}
}

func (f *fakeEtcd) AddLearner(ctx context.Context, url string) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	for _, m := range f.members {
		if m.Learner {
			return etcd.ErrLearnerBefore
		}
	}
	f.members = append(f.members, etcd.Member{ID: 99, PeerURLs: []string{url}, Learner: true})
	f.change("add " + url)
	return nil
}

func (f *fakeEtcd) Remove(ctx context.Context, id uint64) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f.members = slices.DeleteFunc(f.members, func(m etcd.Member) bool { return m.ID == id })
	f.change(fmt.Sprint("remove ", id))
	return nil
}

func (f *fakeEtcd) Promote(_ context.Context, id uint64) error {
	if f.lagging--; f.lagging >= 0 {
		return etcd.ErrNotInSync
	}
	for i := range f.members {
		if f.members[i].ID == id {
			f.members[i].Learner = false
		}
	}
	f.change(fmt.Sprint("promote ", id))
	return nil
}

// voter is the nth of three, 10.1.0.n, as a cluster that has seen it knows it.
func voter(n int) etcd.Member {
	m := founder(n)
	m.ClientURLs = []string{fmt.Sprintf("https://10.1.0.%d:2379", n)}
	return m
}

// founder is one that the cluster waits for.
func founder(n int) etcd.Member {
	return etcd.Member{ID: uint64(n), Name: fmt.Sprint("cp-", n), PeerURLs: []string{fmt.Sprintf("https://10.1.0.%d:2380", n)}}
}

func bundleMembers(ns ...int) []node.Member {
	var out []node.Member
	for _, n := range ns {
		out = append(out, node.Member{Name: fmt.Sprint("cp-", n), Address: fmt.Sprint("10.1.0.", n)})
	}
	return out
}

// unready is a host of which nothing is well.
type unready struct{ ready bool }

func (u unready) Healthy(context.Context, string, []byte) error {
	if u.ready {
		return nil
	}
	return errors.New("not ready")
}

// newMember is a run on the third of three control planes.
func newMember(t *testing.T, files map[string]string, fake *fakeEtcd) *run {
	t.Helper()
	r, _ := newRun(t, files)
	r.bundle.Role, r.bundle.ControlPlanes = node.ControlPlane, bundleMembers(1, 2, 3)
	r.self = node.Self{Name: "cp-3", Address: "10.1.0.3"}
	r.leafs = node.Leafs{"apiserver-etcd-client": pki.Pair{}}
	r.Etcd, r.Prober = fake, unready{}
	r.Patience, r.Pause = 100*time.Millisecond, time.Millisecond
	return r
}
