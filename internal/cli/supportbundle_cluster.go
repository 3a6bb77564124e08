package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/support"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// listed are the kinds of objects that go into the archive, and of which
// namespace: all where it is empty.
func listed() []struct{ group, version, kind, namespace string } {
	return []struct{ group, version, kind, namespace string }{
		{"", "v1", "Node", ""}, {"", "v1", "Namespace", ""}, {"", "v1", "Pod", ""}, {"", "v1", "Event", ""},
		{"", "v1", "Service", ""}, {"discovery.k8s.io", "v1", "EndpointSlice", "kube-system"},
		{"apps", "v1", "DaemonSet", "kube-system"}, {"apps", "v1", "Deployment", "kube-system"}, {"apps", "v1", "StatefulSet", "kube-system"},
		{"", "v1", "ConfigMap", "kube-system"}, {"", "v1", "Secret", "kube-system"}, {"", "v1", "ServiceAccount", "kube-system"},
		{"coordination.k8s.io", "v1", "Lease", ""}, {"certificates.k8s.io", "v1", "CertificateSigningRequest", ""},
		{"apiregistration.k8s.io", "v1", "APIService", ""}, {"admissionregistration.k8s.io", "v1", "ValidatingWebhookConfiguration", ""},
		{"admissionregistration.k8s.io", "v1", "MutatingWebhookConfiguration", ""}, {"networking.k8s.io", "v1", "NetworkPolicy", ""},
		{"storage.k8s.io", "v1", "StorageClass", ""}, {"", "v1", "PersistentVolume", ""},
	}
}

// objects are those of the cluster, of Secrets names only.
func (b *bundling) objects() []support.Item {
	return []support.Item{{Path: "objects", About: "objects of the cluster; of Secrets only their names and types", Deadline: time.Minute, Collect: func(ctx context.Context) (map[string][]byte, error) {
		files := map[string][]byte{}
		var failed []error
		for _, l := range listed() {
			data, err := b.api.ListYAML(ctx, schema.GroupVersionKind{Group: l.group, Version: l.version, Kind: l.kind}, l.namespace)
			if err != nil {
				failed = append(failed, err)
				continue
			}
			files[strings.ToLower(l.kind)+".yaml"] = data
		}
		return files, errors.Join(failed...)
	}}}
}

// How much of a log is taken, and how many logs.
const (
	logTail     = 1000
	mostLogs    = 400
	logsAtOnce  = 8
	journalTail = 3000
)

// logs are those of the containers of kube-system, and of those before them.
func (b *bundling) logs() []support.Item {
	return []support.Item{{Path: "logs", About: fmt.Sprintf("the last %d lines of each container of kube-system, and of the one before it", logTail), Deadline: 2 * time.Minute, Collect: func(ctx context.Context) (map[string][]byte, error) {
		containers, err := b.api.Containers(ctx, "kube-system")
		if err != nil {
			return nil, err
		}
		failed := []error{}
		if len(containers) > mostLogs {
			failed = append(failed, fmt.Errorf("of %d containers the first %d", len(containers), mostLogs))
			containers = containers[:mostLogs]
		}
		var mu sync.Mutex
		var all sync.WaitGroup
		files := map[string][]byte{}
		slots := make(chan struct{}, logsAtOnce)
		for _, c := range containers {
			all.Go(func() {
				slots <- struct{}{}
				defer func() { <-slots }()
				for _, previous := range []bool{false, true} {
					if previous && c.Restarts == 0 {
						continue
					}
					text, err := b.logOf(ctx, c, previous)
					name := c.Pod + "_" + c.Name + map[bool]string{true: ".previous"}[previous] + ".log"
					mu.Lock()
					if err != nil {
						failed = append(failed, err)
					} else {
						files[name] = []byte(text)
					}
					mu.Unlock()
				}
			})
		}
		all.Wait()
		return files, errors.Join(failed...)
	}}}
}

// logOf bounds one log: a kubelet that does not answer must not cost the
// others theirs.
func (b *bundling) logOf(ctx context.Context, c kube.Container, previous bool) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	return b.api.Logs(ctx, c.Namespace, c.Pod, c.Name, logTail, previous)
}

// hostScript prints what is to be known of a host, each part behind a line with
// its name. It changes nothing, and each part has its own time.
const hostScript = `part() { printf '\n@@part %%s\n' "$1"; }
some() { timeout 20 "$@" 2>&1 | tail -c 1500000; }
journal() { some journalctl --no-pager --output short-iso --lines %[1]d "$@"; }
part status.json; cat /run/kubernetes-anywhere/status.json 2>&1
part first-boot.log; journal _SYSTEMD_UNIT=kubernetes-anywhere-first-boot.service + _SYSTEMD_UNIT=user-data.service
part kubelet.log; journal --unit kubelet
part docker.log; journal --unit docker
part containerd.log; journal --unit containerd
part kernel.log; journal --dmesg --boot
part units.txt; some systemctl list-units --no-pager --all --type=service --type=timer --type=mount
part failed.txt; some systemctl --failed --no-pager
part containers.txt; if command -v docker >/dev/null; then some docker ps --all --no-trunc; else some podman ps --all; fi
part disk.txt; some df -h; some df -i
part memory.txt; cat /proc/meminfo /proc/loadavg /proc/pressure/cpu /proc/pressure/memory /proc/pressure/io 2>/dev/null
part network.txt; some ip address; some ip route; some ip -s link
part system.txt; uname -a; cat /etc/os-release; date -u; uptime
part files.txt; some ls -laR /etc/kubernetes /var/lib/kubelet/pki /etc/cni/net.d
for f in /etc/kubernetes/manifests/* /etc/systemd/system/kubelet.service /var/lib/kubelet/config.yaml /etc/containerd/config.toml; do
	[ -f "$f" ] && { part "files$f"; cat "$f"; }
done
:`

// hostItems ask one host, past the API where the target has a way.
func (b *bundling) hostItems(host target.Host) []support.Item {
	return []support.Item{{
		Path: "hosts/" + host.Name, About: "status, journals, static pods, disk and network of the host", Deadline: 2 * time.Minute,
		Collect: func(ctx context.Context) (map[string][]byte, error) { return b.fromHost(ctx, host) },
	}}
}

// pooled are the machines of scaling groups, which the state does not name.
func (b *bundling) pooled() support.Item {
	const most = 10
	return support.Item{
		Path: "hosts", About: "the same of machines of scaling groups", Deadline: 5 * time.Minute,
		Collect: func(ctx context.Context) (map[string][]byte, error) {
			seen, err := b.target.Observe(ctx, b.cluster, target.Outputs{Pools: b.out.Pools})
			files, failed := map[string][]byte{}, []error{err}
			for i, o := range seen {
				if i == most {
					failed = append(failed, fmt.Errorf("of %d machines of pools the first %d", len(seen), most))
					break
				}
				if len(o.Log) > 0 {
					files[o.Host.Name+"/console.log"] = []byte(strings.Join(o.Log, "\n"))
				}
				found, err := b.fromHost(ctx, o.Host)
				for name, data := range found {
					files[o.Host.Name+"/"+name] = data
				}
				failed = append(failed, err)
			}
			return files, errors.Join(failed...)
		},
	}
}

// fromHost runs the script and takes what it prints apart. A host that cannot
// be asked has what its target sees of it from outside.
func (b *bundling) fromHost(ctx context.Context, host target.Host) (map[string][]byte, error) {
	var said bytes.Buffer
	err := b.runOnHost(ctx, host, fmt.Sprintf(hostScript, journalTail), &said)
	files := parts(said.Bytes())
	if err == nil {
		return files, nil
	}
	seen, observeErr := b.target.Observe(ctx, b.cluster, target.Outputs{Hosts: []target.Host{host}})
	for _, o := range seen {
		text := o.Before
		if o.Status != nil {
			text = fmt.Sprintf("%s: stage %s: %s", o.Status.State, o.Status.Stage, o.Status.Error)
		}
		files["seen.txt"] = []byte(strings.Join(append([]string{text}, o.Log...), "\n") + "\n")
	}
	return files, errors.Join(err, observeErr)
}

// runOnHost runs a shell script as root of a host: the target's way, or else by
// a pod.
func (b *bundling) runOnHost(ctx context.Context, host target.Host, script string, out io.Writer) error {
	if reaching, reaches := b.target.(target.Reaching); reaches {
		return reaching.Run(ctx, b.cluster, host, target.Command{Args: []string{"sh", "-c", script}, Stdout: out})
	}
	switch {
	case b.flags.NoPods:
		return errors.New("hosts of this target are asked by pods, and --no-pods is given")
	case !b.answers:
		return errors.New("hosts of this target are asked by pods, and the API does not answer")
	}
	spec := b.cluster.Spec
	return b.api.RunOnNode(ctx, kube.HostCommand{
		Node: host.Name, Image: images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap,
		Args: []string{"chroot", "/host", "sh", "-c", script}, Stdout: out,
	})
}

// parts takes what hostScript prints apart, by the names of the parts.
func parts(said []byte) map[string][]byte {
	files := map[string][]byte{}
	for i, part := range bytes.Split(append([]byte("\n"), said...), []byte("\n@@part ")) {
		name, content, _ := bytes.Cut(part, []byte("\n"))
		if i == 0 || len(bytes.TrimSpace(content)) == 0 {
			continue
		}
		files[strings.TrimPrefix(string(name), "/")] = append(bytes.TrimRight(content, "\n"), '\n')
	}
	return files
}
