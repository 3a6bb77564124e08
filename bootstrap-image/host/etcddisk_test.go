package host

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// exitStatus is what a command ended with.
type exitStatus int

func (e exitStatus) Error() string { return fmt.Sprintf("exit status %d", int(e)) }
func (e exitStatus) ExitCode() int { return int(e) }

const device = "/dev/disk/by-id/etcd"

// newDiskRun is a control plane with a disk of the given content.
func newDiskRun(t *testing.T, content []byte) (*run, *fakeRunner) {
	t.Helper()
	r, runner := newRun(t, map[string]string{"dev/sdb": string(content), "dev/disk/by-id/x": ""})
	if err := os.Symlink("../../sdb", filepath.Join(r.HostRoot, device)); err != nil {
		t.Fatal(err)
	}
	r.self.EtcdDevice, r.self.Name, r.Patience = device, "demo-control-plane-1", 50*time.Millisecond
	r.bundle.Credentials.EtcdCA.Certificate = "CERT"
	runner.fails = map[string]error{"blkid": fmt.Errorf("running blkid: %w", exitStatus(2))}
	return r, runner
}

func ran(runner *fakeRunner, name string) bool {
	return slices.ContainsFunc(runner.ran, func(command string) bool { return strings.HasPrefix(command, name+" ") })
}

func TestMountEtcdDisk_FormatsABlankDiskAndMountsIt(t *testing.T) {
	r, runner := newDiskRun(t, make([]byte, blankLength))
	if err := r.mountEtcdDisk(t.Context()); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"blkid --probe --output export " + device,
		"mkfs.ext4 -q -m 0 -L etcd -U " + node.EtcdDiskID(r.bundle, r.self.Name) + " " + device,
		"systemctl daemon-reload", "systemctl start var-lib-etcd.mount",
	}
	if !slices.Equal(runner.ran, want) {
		t.Errorf("it ran %q", runner.ran)
	}
	if r.root.exists(formatStamp) {
		t.Error("the stamp of formatting stays")
	}
}

func TestMountEtcdDisk_UsesItsOwnDiskAsItIs(t *testing.T) {
	r, runner := newDiskRun(t, []byte("etcd's data"))
	delete(runner.fails, "blkid")
	runner.answers["blkid"] = "DEVNAME=/dev/sdb\nLABEL=etcd\nUUID=" + node.EtcdDiskID(r.bundle, r.self.Name) + "\nTYPE=ext4\nUSAGE=filesystem\n"
	if err := r.mountEtcdDisk(t.Context()); err != nil {
		t.Fatal(err)
	}
	if ran(runner, "mkfs.ext4") || !ran(runner, "systemctl start") {
		t.Errorf("it ran %q", runner.ran)
	}
}

func TestMountEtcdDisk_RefusesEveryDoubt(t *testing.T) {
	blank := make([]byte, blankLength)
	for name, test := range map[string]struct {
		content []byte
		change  func(*run, *fakeRunner)
		want    string
	}{
		"a file system of someone else": {blank, func(_ *run, f *fakeRunner) {
			f.fails, f.answers["blkid"] = nil, "DEVNAME=/dev/sdb\nUUID=1-2\nTYPE=ext4\n"
		}, "it holds something else (ext4, 1-2)"},
		"another member's": {blank, func(r *run, f *fakeRunner) {
			f.fails, f.answers["blkid"] = nil, "TYPE=ext4\nUUID="+node.EtcdDiskID(r.bundle, "demo-control-plane-2")+"\n"
		}, "something else"},
		"a partition table":                    {blank, func(_ *run, f *fakeRunner) { f.fails, f.answers["blkid"] = nil, "PTTYPE=gpt\n" }, "(gpt, )"},
		"two signatures":                       {blank, func(_ *run, f *fakeRunner) { f.fails["blkid"] = exitStatus(8) }, "exit status 8"},
		"blkid cannot run":                     {blank, func(_ *run, f *fakeRunner) { f.fails["blkid"] = exec.ErrNotFound }, "not found"},
		"blkid says nothing":                   {blank, func(_ *run, f *fakeRunner) { f.fails = nil }, "does not say what"},
		"data with no signature":               {append([]byte("someone's data"), blank...), nil, "not blank"},
		"data at the end of what is looked at": {append(make([]byte, blankLength-1), 'x'), nil, "not blank"},
		"too small to be a disk":               {blank[:512], nil, "unexpected EOF"},
		"etcd's data on the boot disk": {blank, func(r *run, _ *fakeRunner) {
			_ = os.MkdirAll(filepath.Join(r.HostRoot, "var/lib/etcd/member"), 0o700)
		}, "/var/lib/etcd.old"},
		"no disk": {blank, func(r *run, _ *fakeRunner) { r.self.EtcdDevice = "/dev/none" }, "etcd's disk /dev/none to be attached"},
	} {
		t.Run(name, func(t *testing.T) {
			r, runner := newDiskRun(t, test.content)
			if test.change != nil {
				test.change(r, runner)
			}
			err := r.mountEtcdDisk(t.Context())
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %q", err, test.want)
			}
			if ran(runner, "mkfs.ext4") || ran(runner, "systemctl start") {
				t.Errorf("it ran %q", runner.ran)
			}
		})
	}
}

func TestMountEtcdDisk_GoesOnWithWhatItWasFormattingWhenStopped(t *testing.T) {
	r, runner := newDiskRun(t, append([]byte("half a file system"), make([]byte, blankLength)...))
	if err := r.root.write(formatStamp, 0o644, []byte(device+" "+node.EtcdDiskID(r.bundle, r.self.Name)+"\n")); err != nil {
		t.Fatal(err)
	}
	if err := r.mountEtcdDisk(t.Context()); err != nil || !ran(runner, "mkfs.ext4") {
		t.Errorf("got %v, ran %q", err, runner.ran)
	}
}

func TestMountEtcdDisk_IsNothingWithoutADisk(t *testing.T) {
	r, runner := newRun(t, nil)
	if err := r.mountEtcdDisk(t.Context()); err != nil || len(runner.ran) > 0 {
		t.Errorf("got %v, ran %q", err, runner.ran)
	}
}

// realTools run on a file in place of a disk; of systemd there is none.
type realTools struct {
	fakeRunner
	disk string
}

func (r *realTools) Run(ctx context.Context, c Command) ([]byte, error) {
	if c.Name == "systemctl" {
		return r.fakeRunner.Run(ctx, c)
	}
	r.ran = append(r.ran, c.Name)
	args := slices.Clone(c.Args)
	args[len(args)-1] = r.disk
	return (Exec{}).Run(ctx, Command{Name: c.Name, Args: args})
}

func TestMountEtcdDisk_WithTheRealToolsOnADiskOfAFile(t *testing.T) {
	for _, tool := range []string{"blkid", "mkfs.ext4"} {
		if _, err := exec.LookPath(tool); err != nil {
			if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
				t.Fatal(err)
			}
			t.Skipf("no %s here", tool)
		}
	}
	r, _ := newDiskRun(t, nil)
	disk := filepath.Join(r.HostRoot, "dev/sdb")
	if err := os.Truncate(disk, 64<<20); err != nil {
		t.Fatal(err)
	}
	tools := &realTools{disk: disk}
	r.Runner = tools
	for range 2 {
		if err := r.mountEtcdDisk(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if formatted := slices.Index(tools.ran, "mkfs.ext4"); formatted < 0 || slices.Contains(tools.ran[formatted+1:], "mkfs.ext4") {
		t.Errorf("it ran %q: it must format once", tools.ran)
	}
	r.self.Name = "demo-control-plane-2"
	if err := r.mountEtcdDisk(t.Context()); err == nil || !strings.Contains(err.Error(), "something else (ext4, ") {
		t.Errorf("another member took the disk: %v", err)
	}
}
