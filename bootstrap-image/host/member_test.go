package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

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

func TestPromoteEtcd_OfALearnerWhoseRecordIsLost(t *testing.T) {
	own := voter(3)
	own.Learner = true
	fake := &fakeEtcd{members: []etcd.Member{voter(1), voter(2), own}}
	r := newMember(t, nil, fake)
	r.facts.Etcd = founders()
	if err := r.promoteEtcd(t.Context()); err != nil || !slices.Equal(fake.changes, []string{"promote 3"}) {
		t.Errorf("got %v, %q", err, fake.changes)
	}
}
