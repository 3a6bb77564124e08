package host

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// startUnits lets the host's systemd take over what was written.
func (r *run) startUnits(ctx context.Context) error {
	if err := r.tuneKernel(ctx); err != nil {
		return err
	}
	if _, err := r.onHost(ctx, "systemctl", "daemon-reload"); err != nil {
		return err
	}
	restarts, err := node.Restarts(r.config)
	if err != nil {
		return err
	}
	for _, unit := range r.config.Systemd.Units {
		if strings.Contains(*unit.Contents, "[Install]") {
			if _, err := r.onHost(ctx, "systemctl", "preset", unit.Name); err != nil {
				return err
			}
		}
	}
	for _, unit := range restarts {
		if unit.Unit == node.KubeletUnit {
			if err := r.awaitWelcome(ctx); err != nil {
				return err
			}
		}
		if err := r.start(ctx, unit); err != nil {
			return err
		}
	}
	return nil
}

// quietKubelet stops a kubelet that will be restarted anyway before it sees
// other static pods. One that had begun to end the old ones leaves the next one
// without an API, and that one ends no pod of the past, for want of knowing what
// the API wants, until it gives up waiting: two minutes without a control plane.
func (r *run) quietKubelet(ctx context.Context, changes types.Config) error {
	touches := slices.ContainsFunc(changes.Storage.Files, func(f types.File) bool { return path.Dir(f.Path) == node.ManifestsPath })
	if !touches || !r.root.exists(unitsFolder+node.KubeletUnit) {
		return nil // nothing new for it, or there is no kubelet of ours yet
	}
	// Without a stamp it restarts, too: that is how other steps ask for it.
	stamp, _ := r.root.read(unitStamp(node.KubeletUnit))
	restarts, err := node.Restarts(r.config)
	if err != nil {
		return err
	}
	stays := slices.ContainsFunc(restarts, func(u node.Restart) bool {
		return u.Unit == node.KubeletUnit && u.Digest+"\n" == string(stamp)
	})
	if stays {
		return nil
	}
	r.report.say("  stopping %s until its static pods are written", node.KubeletUnit)
	_, err = r.onHost(ctx, "systemctl", "stop", node.KubeletUnit)
	return err
}

// unitStamp is the file that holds the digest of what a unit was started with.
func unitStamp(unit string) string { return stateFolder + "/units/" + unit }

// start starts a unit, or restarts it where what it reads has changed.
func (r *run) start(ctx context.Context, unit node.Restart) error {
	stampPath := unitStamp(unit.Unit)
	stamp := []byte(unit.Digest + "\n")
	verb := "restart"
	if done, err := r.root.read(stampPath); err == nil && bytes.Equal(done, stamp) {
		verb = "start" // does nothing to a unit that runs
	}
	// The stamp comes first: where Docker is bound to containerd, restarting
	// that ends this program too, and the next run must not do it again.
	if err := r.root.write(stampPath, 0o644, stamp); err != nil {
		return err
	}
	r.report.say("  %sing %s", verb, unit.Unit)
	if _, err := r.onHost(ctx, "systemctl", verb, unit.Unit); err != nil {
		_ = r.root.remove(stampPath)
		return &failure{err: err, tail: r.journal(ctx, unit.Unit)}
	}
	return nil
}

// logLines is how much of a log goes into an error.
const logLines = 20

// journal is the end of a unit's log.
func (r *run) journal(ctx context.Context, unit string) []string {
	return r.journalAbout(ctx, unit, "")
}

// journalAbout is the end of what a unit's log says about a subject, or of all
// it says where the subject is not mentioned.
func (r *run) journalAbout(ctx context.Context, unit, subject string) []string {
	// The wait may have ended because its time was up.
	ctx = context.WithoutCancel(ctx)
	output, err := r.onHost(ctx, "journalctl", "--unit", unit, "--lines", "500", "--no-pager", "--output", "cat")
	if err != nil {
		return []string{fmt.Sprintf("(no log of %s: %v)", unit, err)}
	}
	// A kubelet repeats this ten times a second until its API server runs, and
	// buries the reason why it does not.
	lines := slices.DeleteFunc(tail(output, 500), func(line string) bool {
		return strings.Contains(line, "Unable to register mirror pod")
	})
	about := slices.DeleteFunc(slices.Clone(lines), func(line string) bool { return !strings.Contains(line, subject) })
	if len(about) == 0 {
		about = lines
	}
	return about[max(0, len(about)-logLines):]
}

// tuneKernel loads modules and sets what our sysctl file says, now. At the
// next start the host does so by itself.
func (r *run) tuneKernel(ctx context.Context) error {
	layer, err := r.bundle.NetworkLayer()
	if err != nil {
		return err
	}
	for _, module := range node.Modules(layer) {
		if _, err := r.onHost(ctx, "modprobe", module); err != nil {
			r.note("module %s could not be loaded; it may be part of the kernel", module)
		}
	}
	settings, err := r.root.read(node.SysctlPath)
	if err != nil {
		return fmt.Errorf("reading the kernel settings: %w", err)
	}
	for line := range strings.Lines(string(settings)) {
		name, value, ok := strings.Cut(line, "=")
		// What an asterisk stands for is set by udev when it comes to be.
		if !ok || strings.HasPrefix(line, "#") || strings.Contains(name, "*") {
			continue
		}
		if err := r.sysctl(strings.TrimSpace(name), strings.TrimSpace(value)); err != nil {
			r.note("kernel setting %s could not be made: %v", strings.TrimSpace(name), err)
		}
	}
	if forward, err := r.root.read("/proc/sys/net/ipv4/ip_forward"); err != nil || strings.TrimSpace(string(forward)) != "1" {
		return fmt.Errorf("switching on IP forwarding: net.ipv4.ip_forward is not 1 on this host; without it no pod reaches another host")
	}
	return nil
}

// note says what a machine should have. A container has the kernel of another
// machine, and nothing can be done about that here.
func (r *run) note(format string, args ...any) {
	if !r.facts.IsContainer {
		r.report.say("  "+format, args...)
	}
}

// sysctl sets one value where it differs. Only our own: 'sysctl --system'
// would set everybody's again.
func (r *run) sysctl(name, value string) error {
	path := "/proc/sys/" + strings.ReplaceAll(name, ".", "/")
	if got, err := r.root.read(path); err == nil && strings.TrimSpace(string(got)) == value {
		return nil
	}
	file, err := r.root.open(path, os.O_WRONLY)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	_, err = file.WriteString(value + "\n")
	return err
}
