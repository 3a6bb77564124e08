package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

const (
	// formatStamp names the disk that is being formatted: one that was stopped
	// halfway is neither blank nor of any use.
	formatStamp = stateFolder + "/etcd-disk"
	// nothingFound is the exit status of blkid on a disk with no signature.
	nothingFound = 2
	// blankLength is how much of a disk is looked at: what any file system,
	// partition table or volume manager writes first is within it.
	blankLength = 1 << 20
)

// mountEtcdDisk mounts the disk of etcd's data where the host has one, and
// makes a file system on it if it is new. It never formats a disk on which
// there is anything at all.
func (r *run) mountEtcdDisk(ctx context.Context) error {
	device := r.self.EtcdDevice
	if device == "" {
		return nil
	}
	if err := r.awaitEtcdDisk(ctx); err != nil {
		return err
	}
	if err := r.formatEtcdDisk(ctx, device); err != nil {
		return err
	}
	if _, err := r.onHost(ctx, "systemctl", "daemon-reload"); err != nil {
		return err
	}
	if _, err := r.onHost(ctx, "systemctl", "start", node.EtcdMount); err != nil {
		return &failure{err: fmt.Errorf("mounting etcd's disk: %w", err), tail: r.journal(ctx, node.EtcdMount)}
	}
	return nil
}

// awaitEtcdDisk waits until the disk is there.
func (r *run) awaitEtcdDisk(ctx context.Context) error {
	device := r.self.EtcdDevice
	return r.until(ctx, wait{
		what: "etcd's disk " + device + " to be attached",
		ready: func(context.Context) error {
			_, err := r.root.stat(device)
			return err
		},
		tail: func(context.Context) []string { return nil },
		next: "lsblk, and the machine's disks in the cloud",
	})
}

// formatEtcdDisk leaves a disk of this member as it is, formats a blank one,
// and refuses every other.
func (r *run) formatEtcdDisk(ctx context.Context, device string) error {
	id := node.EtcdDiskID(r.bundle, r.self.Name)
	found, err := r.signatures(ctx, device)
	if err != nil {
		return err
	}
	if found["TYPE"] == "ext4" && found["UUID"] == id {
		return r.root.remove(formatStamp)
	}
	if len(found) > 0 {
		return refuse(device, fmt.Sprintf("it holds something else (%s, %s)", found.kind(), found["UUID"]))
	}
	if err := r.mayFormat(device, id); err != nil {
		return err
	}
	if err := r.root.write(formatStamp, 0o644, []byte(device+" "+id+"\n")); err != nil {
		return err
	}
	r.report.say("  making a file system on %s", device)
	if _, err := r.onHost(ctx, "mkfs.ext4", "-q", "-m", "0", "-L", "etcd", "-U", id, device); err != nil {
		return fmt.Errorf("making a file system on etcd's disk: %w", err)
	}
	return r.root.remove(formatStamp)
}

// refuse says what a person, and nobody else, may do.
func refuse(device, why string) error {
	return fmt.Errorf("looking at etcd's disk %s: %s: it is not touched; attach the right disk or, if nothing on it is needed, run 'wipefs --all %s' and 'blkdiscard --zeroout %s' on this host", device, why, device, device)
}

// mayFormat refuses what would lose data although there is no signature.
func (r *run) mayFormat(device, id string) error {
	if r.root.exists(node.EtcdData + "/member") {
		return fmt.Errorf("looking at %s: it holds etcd's data on the boot disk, which the new disk %s would hide; move it to %s.old if it is not needed", node.EtcdData, device, node.EtcdData)
	}
	if begun, err := r.root.read(formatStamp); err == nil && string(begun) == device+" "+id+"\n" {
		return nil
	}
	disk, err := r.root.open(device, os.O_RDONLY)
	if err != nil {
		return fmt.Errorf("looking at etcd's disk %s: %w", device, err)
	}
	defer func() { _ = disk.Close() }()
	start := make([]byte, blankLength)
	if _, err := io.ReadFull(disk, start); err != nil {
		return fmt.Errorf("looking at etcd's disk %s: %w", device, err)
	}
	for _, b := range start {
		if b != 0 {
			return refuse(device, "it has no known file system but is not blank")
		}
	}
	return nil
}

// signatures is what blkid finds on a disk, by name; nothing on a blank one.
type signatures map[string]string

// kind is what was found in a word.
func (s signatures) kind() string {
	for _, key := range []string{"TYPE", "PTTYPE"} {
		if s[key] != "" {
			return s[key]
		}
	}
	return "unknown"
}

// signatures reads the disk itself, no cache. Where two signatures are found,
// or anything else is in doubt, that is an error.
func (r *run) signatures(ctx context.Context, device string) (signatures, error) {
	output, err := r.onHost(ctx, "blkid", "--probe", "--output", "export", device)
	var exit interface{ ExitCode() int }
	if errors.As(err, &exit) && exit.ExitCode() == nothingFound {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("looking at etcd's disk: %w", err)
	}
	found := signatures{}
	for line := range strings.Lines(string(output)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && key != "DEVNAME" {
			found[key] = value
		}
	}
	if len(found) == 0 {
		return nil, fmt.Errorf("looking at etcd's disk %s: blkid found something and does not say what", device)
	}
	return found, nil
}
