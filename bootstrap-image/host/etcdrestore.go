package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"syscall"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/restore"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// RestoreOptions say what etcd's data is made from. Every control plane of a
// cluster is restored with the same ones.
type RestoreOptions struct {
	// Snapshot is the path of a file on the host, or - for Stdin.
	Snapshot string
	// Members are those of the restored cluster; empty for those that this host
	// knows.
	Members []node.Member
	// Token tells the restored cluster from the one before: no two restores may
	// have the same. Empty makes one of the snapshot, which will do once.
	Token string
	// Yes carries out what is otherwise only said.
	Yes bool
	// StayStopped leaves it to StartEtcd to start etcd: where there are several
	// members, all are restored before the first one starts.
	StayStopped bool
	// Listening tells whether something listens at a local address.
	Listening func(ctx context.Context, address string) bool
}

// ErrRestoreNotConfirmed is a plan that was shown and not carried out.
var ErrRestoreNotConfirmed = errors.New("nothing was done: add --yes to do this")

const (
	restoreFolder = stateFolder + "/restore"
	// fetchedName is the snapshot that came by Stdin.
	fetchedName  = restoreFolder + "/snapshot.db"
	etcdMember   = node.EtcdData + "/member"
	restoredPart = node.EtcdData + "/restored.part"
)

// restoration is a restore under way.
type restoration struct {
	*run
	RestoreOptions
	file string // the snapshot on the host
	info etcd.Info
	time string
}

// Restore replaces this host's member of etcd by one made from a snapshot.
// What is there is moved aside, never deleted. Killed anywhere and run again,
// it begins anew and ends the same.
func Restore(ctx context.Context, o Options, options RestoreOptions) error {
	r, done, err := lockHost(o)
	if err != nil {
		return err
	}
	defer done()
	s := &restoration{run: r, RestoreOptions: options, time: r.Now().UTC().Format(fileTime)}
	for _, step := range s.steps() {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("restoring etcd: %w; run the same command again to go on", err)
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// steps are the whole of it. Nothing is changed before the plan is confirmed.
func (s *restoration) steps() []func(context.Context) error {
	steps := []func(context.Context) error{
		func(context.Context) error { return s.knownHost() },
		s.fetch, s.check, s.confirm, s.stop, s.prepare, s.moveAside, s.take, s.tidy,
	}
	if !s.StayStopped {
		steps = append(steps, s.startEtcd)
	}
	return steps
}

func (s *restoration) stop(ctx context.Context) error { return s.stopEtcd(ctx, s.Listening) }

// fetch brings the snapshot to the host, and finds out whether it is one.
func (s *restoration) fetch(context.Context) (err error) {
	s.file = s.Snapshot
	if s.Snapshot == "-" {
		s.file = fetchedName
		if err := s.privateFolder(restoreFolder); err != nil {
			return err
		}
		if err := s.fill(fetchedName, func(file io.Writer) error { _, err := io.Copy(file, s.Stdin); return err }); err != nil {
			return fmt.Errorf("reading the snapshot from standard input: %w", err)
		}
	} else if info, err := s.root.stat(s.file); err != nil || !info.Mode().IsRegular() {
		return fmt.Errorf("finding the snapshot %q: it is no file of this host (%v)", s.file, err)
	}
	s.info, err = etcd.Verify(s.real(s.file))
	return err
}

// check refuses what could not be carried out.
func (s *restoration) check(context.Context) error {
	if len(s.Members) == 0 {
		s.Members = s.keptEtcd().Known
	}
	if len(s.Members) == 0 {
		s.Members = plainMembers(s.bundle.ControlPlanes)
	}
	if !slices.ContainsFunc(s.Members, func(m node.Member) bool { return m.Name == s.self.Name && m.Address == s.self.Address }) {
		return fmt.Errorf("restoring etcd on %s (%s): it is not among the members %s; name all control planes with --members",
			s.self.Name, s.self.Address, names(s.Members))
	}
	if s.Token == "" {
		s.Token = s.bundle.Cluster.Metadata.Name + "-" + s.info.SHA256[:16]
	}
	if s.self.EtcdDevice != "" && !s.isMounted(node.EtcdData) {
		return fmt.Errorf("restoring etcd: its disk %s is not mounted on %s; run 'systemctl start %s' on this host", s.self.EtcdDevice, node.EtcdData, node.EtcdMount)
	}
	// The copy grows while it is made into data, at most to twice its size.
	if err := s.room(node.EtcdData, 2*s.info.Size); err != nil {
		return fmt.Errorf("restoring etcd: %w", err)
	}
	return nil
}

// confirm says what will be done, and goes on only if it may.
func (s *restoration) confirm(context.Context) error {
	s.report.say("restore etcd on %s from %s", s.self.Name, s.file)
	s.report.say("  the snapshot holds %s; its file is of %s", s.info, s.info.Taken.UTC().Format("2006-01-02 15:04:05 MST"))
	s.report.say("  members of the restored cluster: %s", names(s.Members))
	s.report.say("  the API server and etcd of this host are stopped")
	if s.root.exists(etcdMember) {
		s.report.say("  %s is moved to %s.before-restore-%s", etcdMember, etcdMember, s.time)
	} else {
		s.report.say("  %s is not there: there is nothing to move aside", etcdMember)
	}
	s.report.say("  what was changed in the cluster since the snapshot was taken is gone from it")
	if s.Yes {
		return nil
	}
	if s.Snapshot == "-" {
		if err := s.root.remove(fetchedName); err != nil {
			return err
		}
	}
	return ErrRestoreNotConfirmed
}

// prepare makes the new data beside the old.
func (s *restoration) prepare(context.Context) error {
	if err := s.root.root.RemoveAll(rel(restoredPart)); err != nil {
		return fmt.Errorf("removing what a restore before left: %w", err)
	}
	var peers []restore.Peer
	for _, m := range s.Members {
		peers = append(peers, restore.Peer{Name: m.Name, URL: node.EtcdPeerURL(m.Address)})
	}
	s.report.say("  making the data of %s", s.self.Name)
	return restore.Member(restore.Options{
		Snapshot: s.real(s.file), DataDir: s.real(restoredPart), Name: s.self.Name, Members: peers, Token: s.Token,
	})
}

// moveAside keeps the old data, on the disk where it is.
func (s *restoration) moveAside(context.Context) error {
	if !s.root.exists(etcdMember) {
		return nil
	}
	if err := s.root.root.Rename(rel(etcdMember), rel(etcdMember)+".before-restore-"+s.time); err != nil {
		return fmt.Errorf("moving %q aside: %w", etcdMember, err)
	}
	return nil
}

// take puts the new data in its place.
func (s *restoration) take(context.Context) error {
	if err := s.root.root.Rename(rel(path.Join(restoredPart, "member")), rel(etcdMember)); err != nil {
		return fmt.Errorf("moving the restored data to %q: %w", etcdMember, err)
	}
	syscall.Sync()
	// What etcd began with stays: it is part of its manifest. It has begun.
	record := s.keptEtcd()
	if record.State == "" {
		record.EtcdStart = s.newEtcd()
	}
	record.Began, record.Known = true, s.Members
	return s.keepEtcd(record)
}

func (s *restoration) tidy(context.Context) error {
	if err := s.root.root.RemoveAll(rel(restoredPart)); err != nil {
		return fmt.Errorf("removing %q: %w", restoredPart, err)
	}
	if s.Snapshot == "-" {
		return s.root.remove(fetchedName)
	}
	return nil
}
