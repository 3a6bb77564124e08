package host

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path"
	"strings"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// stoppedFolder takes the manifests of static pods that are to stop. It is on
// the disk of the folder that the kubelet watches, and is not watched.
const stoppedFolder = "/etc/kubernetes/stopped"

// stoppedPods are etcd, and what must not talk to it while its data changes
// under it, the last to start first.
func stoppedPods() []string { return []string{"kube-apiserver", "etcd"} }

// Listening tells whether something on this machine listens at an address.
func Listening(ctx context.Context, address string) bool {
	connection, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
	if err != nil {
		return false
	}
	_ = connection.Close()
	return true
}

// StopEtcd stops etcd and the API server of this host until StartEtcd, or the
// next application of its bundle.
func StopEtcd(ctx context.Context, o Options, listening func(context.Context, string) bool) error {
	r, done, err := lockHost(o)
	if err != nil {
		return err
	}
	defer done()
	if err := r.knownHost(); err != nil {
		return err
	}
	return r.stopEtcd(ctx, listening)
}

// StartEtcd starts what StopEtcd has stopped, and follows it to health.
func StartEtcd(ctx context.Context, o Options) error {
	r, done, err := lockHost(o)
	if err != nil {
		return err
	}
	defer done()
	if err := r.knownHost(); err != nil {
		return err
	}
	return r.startEtcd(ctx)
}

// stopEtcd takes the manifests away and waits until the kubelet has ended the
// pods.
func (r *run) stopEtcd(ctx context.Context, listening func(context.Context, string) bool) error {
	r.report.say("  stopping the API server and etcd")
	if err := r.privateFolder(stoppedFolder); err != nil {
		return err
	}
	for _, pod := range stoppedPods() {
		from, to := manifests(pod)
		if !r.root.exists(from) {
			continue
		}
		if err := r.root.root.Rename(rel(from), rel(to)); err != nil {
			return fmt.Errorf("stopping %s: %w", pod, err)
		}
	}
	return r.until(ctx, wait{
		what: "the kubelet to end the API server and etcd", reasons: true, pause: 2 * r.Pause,
		ready: func(ctx context.Context) error { return r.ended(ctx, listening) },
		tail:  func(ctx context.Context) []string { return r.journal(ctx, node.KubeletUnit) },
		next:  "journalctl -u " + node.KubeletUnit,
	})
}

// manifests are where the manifest of a pod is while it runs, and while not.
func manifests(pod string) (running, stopped string) {
	return path.Join(node.ManifestsPath, pod+".yaml"), path.Join(stoppedFolder, pod+".yaml")
}

// ended is nil when neither serves and nobody holds etcd's data.
func (r *run) ended(ctx context.Context, listening func(context.Context, string) bool) error {
	for name, url := range map[string]string{"the API server": node.LocalAPI, "etcd": node.EtcdClientURL("127.0.0.1")} {
		if listening(ctx, strings.TrimPrefix(url, "https://")) {
			return fmt.Errorf("%s still listens", name)
		}
	}
	file, err := r.root.open(etcdMember+"/snap/db", os.O_RDONLY)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	// etcd's database holds this very lock as long as it is open.
	if err := syscall.Flock(int(file.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		return errors.New("etcd still holds its data")
	}
	return nil
}

// startEtcd puts the manifests back, etcd's first. One that is there already
// is newer: a bundle was applied meanwhile.
func (r *run) startEtcd(ctx context.Context) error {
	r.report.say("  starting etcd and the API server")
	pods := stoppedPods()
	for i := len(pods) - 1; i >= 0; i-- {
		to, from := manifests(pods[i])
		switch {
		case r.root.exists(to):
			if err := r.root.remove(from); err != nil {
				return err
			}
		case !r.root.exists(from):
			return fmt.Errorf("starting %s: there is no manifest of it on this host; apply the host's bundle again", pods[i])
		default:
			if err := r.root.root.Rename(rel(from), rel(to)); err != nil {
				return fmt.Errorf("starting %s: %w", pods[i], err)
			}
		}
	}
	if err := r.waitForEtcd(ctx); err != nil {
		return err
	}
	if err := r.waitForAPI(ctx); err != nil {
		return err
	}
	r.report.say("  etcd and the API server of %s are well", r.self.Name)
	return nil
}
