package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func TestRestore_SaysWhatItWouldDoAndDoesNothing(t *testing.T) {
	t.Parallel()
	world, hosts := restoredWorld(t, 1)
	var log bytes.Buffer
	err := Restore(t.Context(), hosts[0].options(&log), RestoreOptions{Snapshot: "/root/s.db", Listening: hosts[0].listening})
	if !errors.Is(err, ErrRestoreNotConfirmed) {
		t.Fatal(err)
	}
	for _, part := range []string{"revision 2, 1 keys", "cp-1 (" + world.Address(1) + ")", "are stopped", "member.before-restore-", "is gone"} {
		if !strings.Contains(log.String(), part) {
			t.Errorf("%q is not in the plan:\n%s", part, log.String())
		}
	}
	if value, _ := etcdtest.Get(t, world.Keys(t, world.Address(1)), "a"); value != "changed" {
		t.Errorf("the key is %q", value)
	}
}

func TestRestore_OfOneIsResumedAfterAKillAtEachStep(t *testing.T) {
	t.Parallel()
	world, hosts := restoredWorld(t, 1)
	k := hosts[0]
	var log bytes.Buffer
	options := RestoreOptions{Snapshot: "/root/s.db", Yes: true, Listening: k.listening}
	now := time.Now()
	steps := len((&restoration{}).steps())
	for kill := 0; kill <= steps; kill++ {
		now = now.Add(time.Minute)
		o := k.options(&log)
		o.Now = func() time.Time { return now }
		// The first steps of a run that is killed after them.
		r, done, err := openHost(o)
		if err != nil {
			t.Fatal(err)
		}
		options.Token = fmt.Sprint("restore-", kill)
		s := &restoration{run: r, RestoreOptions: options, time: now.UTC().Format(fileTime)}
		for _, step := range s.steps()[:kill] {
			if err := step(t.Context()); err != nil {
				t.Fatalf("killed after %d: %v", kill, err)
			}
		}
		done()
		now = now.Add(time.Minute)
		if err := Restore(t.Context(), o, options); err != nil {
			t.Fatalf("killed after %d: %v\n%s", kill, err, log.String())
		}
		keys := world.Keys(t, world.Address(1))
		if value, _ := etcdtest.Get(t, keys, "a"); value != "kept" {
			t.Errorf("killed after %d: the key is %q", kill, value)
		}
		etcdtest.Put(t, keys, "a", "changed")
		if k.root.exists(restoredPart) || !k.root.exists(node.ManifestsPath+"/kube-apiserver.yaml") {
			t.Errorf("killed after %d: something is left, or the API server is not", kill)
		}
	}
	aside, _ := k.root.glob(etcdMember + ".before-restore-*")
	if len(aside) < steps {
		t.Errorf("what was there before is not kept: %q", aside)
	}
	if record := k.keptEtcd(); !record.Began || record.State != newCluster {
		t.Errorf("the record is %+v", record)
	}
}

func TestRestore_OfThreeFromAStreamAfterTheDataOfAllIsDestroyed(t *testing.T) {
	t.Parallel()
	world, hosts := restoredWorld(t, 3)
	snapshot, err := os.ReadFile(filepath.Join(hosts[0].HostRoot, "root/s.db"))
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	for _, k := range hosts {
		if err := StopEtcd(t.Context(), k.options(&log), k.listening); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(k.HostRoot, etcdMember)); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range hosts {
		o := k.options(&log)
		o.Stdin = bytes.NewReader(snapshot)
		if err := Restore(t.Context(), o, RestoreOptions{Snapshot: "-", Token: "again", Yes: true, StayStopped: true, Listening: k.listening}); err != nil {
			t.Fatal(err)
		}
		if k.root.exists(node.ManifestsPath+"/etcd.yaml") || k.root.exists(fetchedName) {
			t.Error("it started, or the snapshot is left")
		}
	}
	var started sync.WaitGroup
	failures := make([]error, len(hosts))
	for i, k := range hosts {
		started.Go(func() { failures[i] = StartEtcd(t.Context(), k.options(&bytes.Buffer{})) })
	}
	started.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	for n := 1; n <= 3; n++ {
		if value, _ := etcdtest.Get(t, world.Keys(t, world.Address(n)), "a"); value != "kept" {
			t.Errorf("on %d the key is %q", n, value)
		}
	}
	found, err := EtcdStatus(t.Context(), hosts[1].options(&log))
	if err != nil || len(found) != 3 || found[0].Name != "cp-1" || !found[2].Healthy {
		t.Errorf("status is %+v, %v", found, err)
	}
}

func TestRestore_RefusesBeforeAnythingStops(t *testing.T) {
	t.Parallel()
	_, hosts := restoredWorld(t, 1)
	k := hosts[0]
	damaged, _ := k.root.read("/root/s.db")
	damaged = bytes.Clone(damaged)
	damaged[len(damaged)/2] ^= 1
	for name, test := range map[string]struct {
		options RestoreOptions
		want    string
	}{
		"a flipped byte":  {RestoreOptions{Snapshot: "-"}, "does not match the SHA-256"},
		"no such file":    {RestoreOptions{Snapshot: "/root/none.db"}, "no file of this host"},
		"a folder":        {RestoreOptions{Snapshot: "/root"}, "no file of this host"},
		"another cluster": {RestoreOptions{Snapshot: "/root/s.db", Members: bundleMembers(1)}, "not among the members"},
	} {
		var log bytes.Buffer
		o := k.options(&log)
		o.Stdin = bytes.NewReader(damaged)
		test.options.Yes, test.options.Listening = true, k.listening
		if err := Restore(t.Context(), o, test.options); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v, want %q", name, err, test.want)
		}
	}
	if !k.root.exists(node.ManifestsPath + "/etcd.yaml") {
		t.Error("etcd was stopped")
	}
}

func TestSnapshot_KeepsTheNewestAndNothingHalf(t *testing.T) {
	t.Parallel()
	world, hosts := restoredWorld(t, 1)
	k := hosts[0]
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var log bytes.Buffer
	take := func(s SnapshotOptions) error {
		o := k.options(&log)
		o.Now = func() time.Time { return now }
		s.URL = node.EtcdClientURL(world.Address(1))
		return Snapshot(t.Context(), o, s)
	}
	if err := k.root.write(node.SnapshotFolder+"/"+partName, 0o600, []byte("of a run that was killed")); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		now = now.Add(time.Hour)
		if err := take(SnapshotOptions{Folder: node.SnapshotFolder, Keep: 3, Scheduled: true}); err != nil {
			t.Fatal(err)
		}
	}
	found, _ := k.root.glob(node.SnapshotFolder + "/*")
	all, _ := os.ReadDir(k.real(node.SnapshotFolder))
	if len(found) != 3 || len(all) != 3 || found[0] != node.SnapshotFolder+"/snapshot-20260101T020000Z.db" {
		t.Errorf("there are %q, %v", found, all)
	}
	for _, file := range found {
		if _, err := etcd.Verify(k.real(file)); err != nil {
			t.Error(err)
		}
	}
	if err := take(SnapshotOptions{To: "/root/s.db"}); err == nil || !strings.Contains(err.Error(), "it is there already") {
		t.Errorf("an existing file: %v", err)
	}
	var stream bytes.Buffer
	if err := take(SnapshotOptions{To: "-", Stdout: &stream}); err != nil || stream.Len() == 0 {
		t.Errorf("to a stream: %v, %d bytes", err, stream.Len())
	}
	k.bundle.Cluster.Spec.ControlPlane.Snapshots.Every = "0"
	bundle, _ := json.Marshal(k.bundle)
	if err := k.root.write(KeptBundle, 0o600, bundle); err != nil {
		t.Fatal(err)
	}
	if err := take(SnapshotOptions{Folder: "/var/none", Keep: 1, Scheduled: true}); err != nil || k.root.exists("/var/none") {
		t.Errorf("where the config takes none: %v", err)
	}
}

func TestRoom_RefusesWhatWouldFillTheDisk(t *testing.T) {
	r, _ := newRun(t, nil)
	if err := r.room("/", 1<<60); err == nil || !strings.Contains(err.Error(), "make room") {
		t.Errorf("got %v", err)
	}
	if err := r.room("/", 0); err != nil && !strings.Contains(err.Error(), "make room") {
		t.Error(err)
	}
}
