package bench_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

const (
	kubeadmCluster = "bench-kubeadm"
	// The token opens clusters that live for a minute on a bridge of this
	// machine.
	token = "abcdef.0123456789abcdef"
	// patience ends a run that will come to nothing.
	patience = 10 * time.Minute
	// pause between two looks is shorter than create's own: what kubeadm
	// needs is to be measured, not our looking.
	pause = 200 * time.Millisecond
)

// kubeadm makes clusters as an expert would with kubeadm, on the very hosts
// that the local target makes.
type kubeadm struct {
	*prepared
	local    *provider
	programs string
	addons   string
	objects  []*unstructured.Unstructured
}

var _ side = (*kubeadm)(nil)

// newKubeadm prepares what does not depend on a cluster.
func newKubeadm(b *testing.B, p *prepared) *kubeadm {
	b.Helper()
	program := os.Getenv("ANYWHERE_BENCH_KUBEADM")
	if program == "" {
		b.Fatal("ANYWHERE_BENCH_KUBEADM does not name a kubeadm; 'make bench' builds one and does")
	}
	k := &kubeadm{prepared: p, local: newProvider(b), programs: p.programs(b, program), addons: filepath.Join(p.home, "rendered", "3-addons")}
	if out, err := p.command(p.plugin, "render", "-f", p.config, "--to", filepath.Dir(k.addons)).CombinedOutput(); err != nil {
		b.Fatalf("rendering the addons: %v\n%s", err, out)
	}
	stream, err := p.command("kubectl", "kustomize", k.addons).Output()
	if err == nil {
		k.objects, err = kube.Parse(stream)
	}
	if err != nil {
		b.Fatalf("reading the addons: %v", err)
	}
	return k
}

func (k *kubeadm) create(b *testing.B) run {
	b.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	b.Cleanup(func() { _ = k.local.clear(context.Background()) })
	r := run{start: time.Now()}
	err := k.make(ctx, &r)
	r.total = time.Since(r.start)
	r.readHosts(b, k.prepared, hostNames())
	if err != nil {
		for _, e := range r.events {
			b.Log(e.host, e.text)
		}
		b.Fatal(err)
	}
	return r
}

func (k *kubeadm) remove(b *testing.B) {
	b.Helper()
	if err := k.local.clear(context.Background()); err != nil {
		b.Fatal(err)
	}
}

// make is all that is measured: hosts, which become nodes by themselves, and
// the addons as soon as 'kubeadm init' has ended.
func (k *kubeadm) make(ctx context.Context, r *run) error {
	if err := k.makeHosts(ctx); err != nil {
		return err
	}
	r.note("created host")
	api, err := k.awaitInit()
	if err != nil {
		return err
	}
	if out, err := k.kubectl("apply", "--server-side", "--kustomize", k.addons).CombinedOutput(); err != nil {
		return fmt.Errorf("applying the addons: %w: %s", err, out)
	}
	r.note("Waiting for every node")
	if err := await(ctx, "every node to be Ready", func() (bool, error) { return allReady(ctx, api) }); err != nil {
		return err
	}
	r.note("Waiting for the addons")
	err = await(ctx, "the addons to be ready", func() (bool, error) {
		pending, err := api.Ready(ctx, k.objects)
		return err == nil && len(pending) == 0, errors.Join(err, fmt.Errorf("%v", pending))
	})
	if err != nil {
		return err
	}
	r.note("Asking for a name from a pod")
	if err := k.resolve(ctx, api); err != nil {
		return err
	}
	r.note("a pod resolved a name")
	return nil
}

// makeHosts makes network and hosts, all hosts at once as the engine does.
func (k *kubeadm) makeHosts(ctx context.Context) error {
	if err := k.local.makeNetwork(ctx); err != nil {
		return err
	}
	var group sync.WaitGroup
	failed := make([]error, len(hostNames()))
	for n, name := range hostNames() {
		group.Go(func() { failed[n] = k.makeHost(ctx, n, name) })
	}
	group.Wait()
	return errors.Join(failed...)
}

// makeHost makes the nth host; the first is the control plane.
func (k *kubeadm) makeHost(ctx context.Context, n int, name string) error {
	role, address, file := "worker", "", "kubeadm-join.yaml"
	port := ""
	if n == 0 {
		role, address, file, port = "control-plane", planeIP, "kubeadm-init.yaml", fmt.Sprint(apiPort)
	}
	settings, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	script, err := os.ReadFile("kubeadm-host.sh")
	if err != nil {
		return err
	}
	// The configuration goes first: it has values to fill in of its own.
	text := strings.NewReplacer("@CONFIG@", strings.TrimSpace(string(settings))).Replace(string(script))
	text = strings.NewReplacer(
		"@ROLE@", role, "@NAME@", name, "@ADDRESS@", address, "@ENDPOINT@", planeIP+":6443", "@TOKEN@", token,
		"@VERSION@", config.DefaultKubernetesVersion, "@PAUSE@", k.set.Pause, "@ETCDTAG@", tag(k.set.Etcd),
	).Replace(text)
	return k.local.makeHost(ctx, name, map[string]string{
		"role": role, "address": address, "apiPort": port, "userData": text, "bundle": "{}",
		"imageArchive": k.bundle.Path, "bootstrapArchive": k.programs, "imageDigest": k.bundle.Digest,
	})
}

func tag(reference string) string { return reference[strings.LastIndex(reference, ":")+1:] }

// awaitInit waits until 'kubeadm init' has ended, and reads the
// administrator's kubeconfig. It waits inside the host: starting a program
// there again and again would cost more than what is measured.
func (k *kubeadm) awaitInit() (*kube.Client, error) {
	wait := k.command("docker", "exec", hostNames()[0], "timeout", "600", "sh", "-c",
		"until [ -e /run/kubeadm-init ]; do sleep 0.2; done; cat /etc/kubernetes/admin.conf")
	admin, err := wait.Output()
	if err != nil {
		return nil, fmt.Errorf("waiting for kubeadm init: %w", err)
	}
	if err := os.WriteFile(filepath.Join(k.home, "kubeconfig"), admin, 0o600); err != nil {
		return nil, err
	}
	return kube.New(admin)
}

func allReady(ctx context.Context, api *kube.Client) (bool, error) {
	nodes, err := api.Nodes(ctx)
	ready := 0
	for _, n := range nodes {
		if n.Ready {
			ready++
		}
	}
	return ready == len(hostNames()), errors.Join(err, fmt.Errorf("%+v", nodes))
}

// resolve runs the pod that 'create' runs.
func (k *kubeadm) resolve(ctx context.Context, api *kube.Client) error {
	manifest, err := os.ReadFile("probe.yaml")
	if err != nil {
		return err
	}
	text := strings.ReplaceAll(string(manifest), "@IMAGE@", k.set.Bootstrap)
	if _, err := api.ApplyYAML(ctx, []byte(text)); err != nil {
		return err
	}
	pods, err := kube.Parse([]byte(text))
	if err != nil {
		return err
	}
	return await(ctx, "a pod to resolve a name", func() (bool, error) {
		live, found, err := api.Get(ctx, kube.RefOf(pods[0]))
		if err != nil || !found {
			return false, errors.Join(err, errors.New("there is no such pod"))
		}
		phase, _, _ := unstructured.NestedString(live.Object, "status", "phase")
		return phase == "Succeeded", fmt.Errorf("it is %s", phase)
	})
}

// await looks again and again; the reason is why it has not come so far.
func await(ctx context.Context, what string, look func() (done bool, reason error)) error {
	for {
		done, reason := look()
		if done {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s: %w: %w", what, ctx.Err(), reason)
		case <-time.After(pause):
		}
	}
}

func (k *kubeadm) kubectl(args ...string) *exec.Cmd { return k.command("kubectl", args...) }
