package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
)

// SnapshotOptions say where a snapshot of etcd goes: to one of three places.
type SnapshotOptions struct {
	// To is the path of a file on the host that is not there yet, or - for
	// Stdout.
	To string
	// Folder takes a file with the time in its name, and holds the Keep newest.
	Folder string
	Keep   int
	// Scheduled tells that a timer asks: nothing is done where the config of
	// the cluster takes no snapshots any more.
	Scheduled bool
	Stdout    io.Writer
	// URL is where the host's own member serves clients.
	URL string
}

const (
	snapshotLock = "/run/kubernetes-anywhere/snapshot.lock"
	// partName is the file that becomes a snapshot when it is whole.
	partName = ".snapshot.part"
	// spareRoom is what stays free on the disk beside a snapshot: etcd and the
	// kubelet need some.
	spareRoom = 256 << 20
)

// Snapshot takes a snapshot of etcd through this host's member. A file gets
// its name only when it is whole and was opened for a test.
func Snapshot(ctx context.Context, o Options, s SnapshotOptions) error {
	r, done, err := openHost(o)
	if err != nil {
		return err
	}
	defer done()
	if s.Scheduled {
		if err := r.knownHost(); err != nil {
			return err
		}
		if r.bundle.Cluster.Spec.ControlPlane.Snapshots.Interval() == 0 {
			r.report.say("the cluster's config takes no snapshots")
			return nil
		}
	}
	identity, err := r.identityOnHost()
	if err != nil {
		return err
	}
	client, err := etcd.Dial(identity, s.URL)
	if err != nil {
		return err
	}
	defer client.Close()
	switch {
	case s.To == "-":
		_, err = client.Snapshot(ctx, s.Stdout)
		return err
	case s.To != "":
		if r.root.exists(s.To) {
			return fmt.Errorf("writing a snapshot to %q: it is there already; name another file", s.To)
		}
		return r.snapshotFile(ctx, client, s.To)
	}
	unlock, err := r.root.lock(snapshotLock)
	if err != nil {
		return err
	}
	defer unlock()
	if err := r.snapshotFile(ctx, client, path.Join(s.Folder, "snapshot-"+r.Now().UTC().Format(fileTime)+".db")); err != nil {
		return err
	}
	return r.forgetSnapshots(s.Folder, s.Keep)
}

// fileTime is a time as part of a file's name: it sorts.
const fileTime = "20060102T150405Z"

// snapshotFile makes one file.
func (r *run) snapshotFile(ctx context.Context, client *etcd.Client, to string) error {
	folder := path.Dir(path.Clean(to))
	if err := r.privateFolder(folder); err != nil {
		return err
	}
	size, err := client.Size(ctx)
	if err != nil {
		return err
	}
	if err := r.room(folder, size); err != nil {
		return fmt.Errorf("taking a snapshot of etcd: %w", err)
	}
	part := path.Join(folder, partName)
	defer func() { _ = r.root.remove(part) }()
	if err := r.fill(part, func(file io.Writer) error { _, err := client.Snapshot(ctx, file); return err }); err != nil {
		return err
	}
	info, err := etcd.Verify(r.real(part))
	if err != nil {
		return err
	}
	if err := r.root.root.Rename(rel(part), rel(to)); err != nil {
		return fmt.Errorf("naming the snapshot %q: %w", to, err)
	}
	r.report.say("snapshot %s: %s", to, info)
	return nil
}

// privateFolder makes a folder that only root may look into, where there is
// none.
func (r *run) privateFolder(folder string) error {
	if r.root.exists(folder) {
		return nil
	}
	if err := r.root.root.MkdirAll(rel(path.Dir(folder)), 0o755); err != nil {
		return fmt.Errorf("making the folder %q: %w", folder, err)
	}
	if err := r.root.root.Mkdir(rel(folder), 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("making the folder %q: %w", folder, err)
	}
	return nil
}

// fill writes a private file down to the disk; one that a killed run left is
// replaced.
func (r *run) fill(name string, write func(io.Writer) error) error {
	if err := r.root.remove(name); err != nil {
		return err
	}
	file, err := r.root.root.OpenFile(rel(name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	if err := errors.Join(write(file), file.Sync(), file.Close()); err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	return nil
}

// real is the path of a file of the host as this process sees it, for
// libraries that open files by path. No part of it may be a link that leads
// elsewhere.
func (r *run) real(p string) string { return filepath.Join(r.HostRoot, rel(p)) }

// room refuses what would fill the disk of a folder.
func (r *run) room(folder string, need int64) error {
	file, err := r.root.open(folder, os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("looking for room in %q: %w", folder, err)
	}
	defer func() { _ = file.Close() }()
	var disk syscall.Statfs_t
	if err := syscall.Fstatfs(int(file.Fd()), &disk); err != nil {
		return fmt.Errorf("looking for room in %q: %w", folder, err)
	}
	free := int64(disk.Bavail) * disk.Bsize
	if free < need+spareRoom {
		return fmt.Errorf("the disk of %q has %d MB left, and %d MB are needed: make room there", folder, free>>20, (need+spareRoom)>>20)
	}
	return nil
}

// forgetSnapshots removes all but the newest; their names tell.
func (r *run) forgetSnapshots(folder string, keep int) error {
	found, err := r.root.glob(path.Join(folder, "snapshot-*.db"))
	if err != nil {
		return fmt.Errorf("listing the snapshots in %q: %w", folder, err)
	}
	slices.Sort(found)
	for _, old := range found[:max(0, len(found)-keep)] {
		if err := r.root.remove(old); err != nil {
			return err
		}
		r.report.say("removed the snapshot %s: the newest %d stay", old, keep)
	}
	return nil
}
