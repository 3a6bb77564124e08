package host

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
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

const walFile = "var/lib/etcd/member/wal/0-0.wal"

func founders() node.EtcdStart {
	return node.EtcdStart{State: "new", Members: bundleMembers(1, 2, 3)}
}

func TestEnterEtcd_DecidesByWhatTheOthersKnow(t *testing.T) {
	known := func(members ...etcd.Member) map[string][]etcd.Member {
		return map[string][]etcd.Member{"10.1.0.1": members}
	}
	for name, test := range map[string]struct {
		files   map[string]string
		answers map[string][]etcd.Member
		members []etcd.Member
		want    node.EtcdStart
		changes []string
	}{
		"nobody answers: a founder": {want: founders()},
		"the others wait for it, or have begun without it": {
			answers: map[string][]etcd.Member{"10.1.0.1": {founder(1), founder(2), founder(3)}, "10.1.0.2": {voter(1), voter(2), founder(3)}},
			want:    founders(),
		},
		"it was a member and has lost everything": {
			answers: known(voter(1), voter(2), voter(3)), members: []etcd.Member{voter(1), voter(2), voter(3)},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)},
			changes: []string{"remove 3", "add https://10.1.0.3:2380"},
		},
		"one of two answers knows that it was there": {
			answers: map[string][]etcd.Member{"10.1.0.1": {founder(1), founder(2), founder(3)}, "10.1.0.2": {voter(1), voter(2), voter(3)}},
			members: []etcd.Member{voter(1), voter(2), voter(3)},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)},
			changes: []string{"remove 3", "add https://10.1.0.3:2380"},
		},
		"killed after it was removed": {
			answers: known(voter(1), voter(2)), members: []etcd.Member{voter(1), voter(2)},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)},
			changes: []string{"add https://10.1.0.3:2380"},
		},
		"killed after it was added": {
			answers: known(voter(1), voter(2), etcd.Member{ID: 7, PeerURLs: []string{"https://10.1.0.3:2380"}, Learner: true}),
			members: []etcd.Member{voter(1), voter(2), {ID: 7, PeerURLs: []string{"https://10.1.0.3:2380"}, Learner: true}},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)},
		},
		"a cluster of one that it joins": {
			answers: known(voter(1)), members: []etcd.Member{voter(1)},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 3)},
			changes: []string{"add https://10.1.0.3:2380"},
		},
		"its name was another address, where nobody is any more": {
			answers: known(voter(1), voter(2)),
			members: []etcd.Member{voter(1), voter(2), {ID: 9, Name: "cp-3", PeerURLs: []string{"https://10.1.0.9:2380"}, ClientURLs: []string{"x"}}},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)},
			changes: []string{"remove 9", "add https://10.1.0.3:2380"},
		},
		"it has data and the record": {
			files: map[string]string{walFile: "", "var/lib/kubernetes-anywhere/etcd.json": `{"state":"existing","members":[{"name":"cp-1","address":"10.1.0.1"}],"began":true}`},
			want:  node.EtcdStart{State: "existing", Members: bundleMembers(1)},
		},
		"it has data of before there was a record": {files: map[string]string{walFile: ""}, want: founders()},
		"a record that was cut off":                {files: map[string]string{walFile: "", "var/lib/kubernetes-anywhere/etcd.json": `{"sta`}, want: founders()},
		"a record, and killed before etcd started": {
			files: map[string]string{"var/lib/kubernetes-anywhere/etcd.json": `{"state":"new","members":[{"name":"x","address":"10.1.0.7"}]}`},
			want:  founders(),
		},
		"data lost, found again among members that the bundle does not name": {
			files:   map[string]string{"var/lib/kubernetes-anywhere/etcd.json": `{"state":"new","members":[{"name":"x","address":"10.1.0.3"}],"began":true,"known":[{"name":"cp-4","address":"10.1.0.4"}]}`},
			answers: map[string][]etcd.Member{"10.1.0.4": {voter(4), voter(3)}}, members: []etcd.Member{voter(3), voter(4)},
			want:    node.EtcdStart{State: "existing", Members: bundleMembers(4, 3)},
			changes: []string{"remove 3", "add https://10.1.0.3:2380"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			fake := &fakeEtcd{answers: test.answers, members: test.members}
			r := newMember(t, test.files, fake)
			if err := r.enterEtcd(t.Context()); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, r.facts.Etcd); diff != "" {
				t.Errorf("it starts (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.changes, fake.changes); diff != "" {
				t.Errorf("changes of the members (-want +got):\n%s", diff)
			}
			if kept := r.keptEtcd(); !cmp.Equal(kept.EtcdStart, test.want) {
				t.Errorf("it kept %+v", kept)
			}
		})
	}
}

func TestEnterEtcd_RefusesWhatWouldSplitOrForget(t *testing.T) {
	began := map[string]string{"var/lib/kubernetes-anywhere/etcd.json": `{"state":"new","members":[{"name":"cp-3","address":"10.1.0.3"}],"began":true}`}
	for name, test := range map[string]struct {
		files  map[string]string
		fake   *fakeEtcd
		change func(*run)
		want   string
	}{
		"its data is gone and nobody answers": {files: began, fake: &fakeEtcd{}, want: "etcd restore"},
		"the only member's data is gone": {
			files: began, fake: &fakeEtcd{}, want: "etcd restore",
			change: func(r *run) { r.bundle.ControlPlanes = bundleMembers(3) },
		},
		"a live member has its name": {
			fake: &fakeEtcd{
				answers: map[string][]etcd.Member{"10.1.0.1": {voter(1)}, "10.1.0.9": {voter(1)}},
				members: []etcd.Member{voter(1), {ID: 9, Name: "cp-3", PeerURLs: []string{"https://10.1.0.9:2380"}, ClientURLs: []string{"x"}}},
			},
			want: "no two may have one name",
		},
		"another joins": {
			fake: &fakeEtcd{
				answers: map[string][]etcd.Member{"10.1.0.1": {voter(1)}},
				members: []etcd.Member{voter(1), {ID: 9, PeerURLs: []string{"https://10.1.0.2:2380"}, Learner: true}},
			},
			want: "another member is joining at this moment (10.1.0.2)",
		},
		"no quorum": {
			fake: &fakeEtcd{answers: map[string][]etcd.Member{"10.1.0.1": {voter(1), voter(2), voter(3)}}, err: errors.New("etcdserver: no leader")},
			want: "no leader",
		},
	} {
		t.Run(name, func(t *testing.T) {
			r := newMember(t, test.files, test.fake)
			if test.change != nil {
				test.change(r)
			}
			err := r.enterEtcd(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if len(test.fake.changes) > 0 {
				t.Errorf("it changed %q", test.fake.changes)
			}
		})
	}
}

func TestEnterEtcd_KilledAfterEachChangeGoesOn(t *testing.T) {
	for kill := 1; kill <= 2; kill++ {
		ctx, cancel := context.WithCancel(t.Context())
		fake := &fakeEtcd{
			answers: map[string][]etcd.Member{"10.1.0.1": {voter(1), voter(2), voter(3)}},
			members: []etcd.Member{voter(1), voter(2), voter(3)}, killAfter: kill, cancel: cancel,
		}
		r := newMember(t, nil, fake)
		_ = r.enterEtcd(ctx)
		if ctx.Err() == nil {
			t.Fatalf("it was not killed after change %d", kill)
		}
		fake.answers["10.1.0.1"] = fake.members
		if err := r.enterEtcd(t.Context()); err != nil || len(fake.changes) != 2 || len(fake.members) != 3 {
			t.Errorf("killed after change %d: %v, %q, %+v", kill, err, fake.changes, fake.members)
		}
	}
}

func TestPromoteEtcd_WaitsUntilTheLearnerHasCaughtUp(t *testing.T) {
	own := voter(3)
	own.Learner = true
	fake := &fakeEtcd{members: []etcd.Member{voter(1), voter(2), own}, lagging: 2}
	r := newMember(t, nil, fake)
	r.facts.Etcd = node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3, 4)}
	if err := r.promoteEtcd(t.Context()); err != nil || !slices.Equal(fake.changes, []string{"promote 3"}) {
		t.Errorf("got %v, %q", err, fake.changes)
	}
	if !slices.Equal(fake.dialled, []string{"10.1.0.1", "10.1.0.2", "10.1.0.4"}) {
		t.Errorf("it asked %q", fake.dialled)
	}
}

func TestPromoteEtcd_LeavesBeWhoVotesAndSaysWhoWasRemoved(t *testing.T) {
	fake := &fakeEtcd{members: []etcd.Member{voter(1), voter(2), voter(3)}}
	r := newMember(t, nil, fake)
	r.facts.Etcd = node.EtcdStart{State: "existing", Members: bundleMembers(1, 2, 3)}
	if err := r.promoteEtcd(t.Context()); err != nil || len(fake.changes) > 0 {
		t.Errorf("one that votes: %v, %q", err, fake.changes)
	}
	fake.members = fake.members[:2]
	if err := r.promoteEtcd(t.Context()); err == nil || !strings.Contains(err.Error(), "the others have removed it") {
		t.Errorf("one that was removed: %v", err)
	}
	fake.err, r.Prober = errors.New("all others are down"), unready{ready: true}
	if err := r.promoteEtcd(t.Context()); err != nil {
		t.Errorf("one that is ready needs no other: %v", err)
	}
}

func TestKeepEtcdBegun_NotesDataAndMembers(t *testing.T) {
	fake := &fakeEtcd{}
	r := newMember(t, nil, fake)
	if err := errors.Join(r.enterEtcd(t.Context()), r.keepEtcdBegun(t.Context())); err != nil || r.keptEtcd().Began {
		t.Fatalf("without data: %v, %+v", err, r.keptEtcd())
	}
	wal := filepath.Join(r.HostRoot, walFile)
	if err := errors.Join(os.MkdirAll(filepath.Dir(wal), 0o700), os.WriteFile(wal, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	fake.answers = map[string][]etcd.Member{"10.1.0.3": {voter(3), voter(4)}}
	if err := r.keepEtcdBegun(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := r.keptEtcd(); !got.Began || len(got.Known) != 2 || got.Known[1].Address != "10.1.0.4" {
		t.Errorf("it kept %+v", got)
	}
}

func TestHasEtcdData_TakesItsOwnDiskForData(t *testing.T) {
	r, runner := newDiskRun(t, make([]byte, blankLength))
	if has, err := r.hasEtcdData(t.Context()); has || err != nil {
		t.Errorf("a blank disk: %v, %v", has, err)
	}
	runner.fails = nil
	runner.answers["blkid"] = "TYPE=ext4\nUUID=" + node.EtcdDiskID(r.bundle, r.self.Name) + "\n"
	if has, err := r.hasEtcdData(t.Context()); !has || err != nil {
		t.Errorf("its own disk: %v, %v", has, err)
	}
	if err := r.root.write("/proc/1/mounts", 0o644, []byte("/dev/sdb /var/lib/etcd ext4 rw 0 0\n")); err != nil {
		t.Fatal(err)
	}
	if has, err := r.hasEtcdData(t.Context()); has || err != nil {
		t.Errorf("its own disk, mounted and empty: %v, %v", has, err)
	}
}
