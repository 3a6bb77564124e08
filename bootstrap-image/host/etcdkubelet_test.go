package host

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd/etcdtest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// kubelet runs etcd on a host for as long as its manifest is there.
type kubelet struct {
	*etcdHost
	mu sync.Mutex
}

// newKubelet gives a host what a control plane keeps, and runs its etcd.
func newKubelet(t *testing.T, h *etcdHost) *kubelet {
	t.Helper()
	h.bundle.APIVersion, h.bundle.Kind = config.APIVersion, "NodeBundle"
	h.bundle.Cluster = *config.New("", nil)
	ca := node.Authority{Certificate: string(h.world.Authority.Certificate), Key: string(h.world.Authority.Key)}
	h.bundle.Credentials = node.Credentials{
		CA: ca, EtcdCA: ca, FrontProxyCA: ca, ServiceAccountKey: "x", EncryptionKey: "x", BootstrapToken: "abcdef.0123456789abcdef",
	}
	h.bundle.Endpoint = "127.0.0.1:6444"
	bundle, err := json.Marshal(h.bundle)
	if err != nil {
		t.Fatal(err)
	}
	certificate, key, authority := node.EtcdClientFiles()
	for path, content := range map[string][]byte{
		KeptBundle: bundle, certificate: h.world.Identity.Certificate, key: h.world.Identity.Key, authority: h.world.Authority.Certificate,
		node.ManifestsPath + "/etcd.yaml": []byte("etcd"), node.ManifestsPath + "/kube-apiserver.yaml": []byte("api"),
	} {
		if err := h.root.write(path, 0o600, content); err != nil {
			t.Fatal(err)
		}
	}
	k := &kubelet{etcdHost: h}
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	go func() {
		for ctx.Err() == nil {
			k.look(t)
			time.Sleep(20 * time.Millisecond)
		}
	}()
	return k
}

func (k *kubelet) look(t *testing.T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	wanted := k.root.exists(node.ManifestsPath + "/etcd.yaml")
	switch {
	case wanted && k.process == nil:
		k.start(t)
	case !wanted && k.process != nil:
		k.process.Kill()
		k.process = nil
	}
}

// Healthy of the API server is that of etcd.
func (k *kubelet) Healthy(ctx context.Context, url string, authority []byte) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.etcdHost.Healthy(ctx, url, authority)
}

// listening tells of this host's etcd only.
func (k *kubelet) listening(context.Context, string) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.process != nil
}

func (k *kubelet) options(log *bytes.Buffer) Options {
	o := k.Options
	o.Log, o.Prober, o.Network = log, k, addressOnly(k.self.Address)
	return o
}

// addressOnly is the network of a host with one address.
type addressOnly string

func (a addressOnly) Hostname() (string, error)    { return "host", nil }
func (a addressOnly) Addresses() ([]string, error) { return []string{string(a)}, nil }

// restoredWorld is a cluster of so many members, and a snapshot of it on the
// first host in which the key a is "kept"; since then it is "changed".
func restoredWorld(t *testing.T, count int) (*etcdtest.World, []*kubelet) {
	t.Helper()
	world := etcdtest.New(t)
	var hosts []*kubelet
	for _, h := range etcdHosts(t, world, count) {
		h.enter(t)
		hosts = append(hosts, newKubelet(t, h))
	}
	keys := world.Keys(t, world.Address(1))
	etcdtest.Put(t, keys, "a", "kept")
	var log bytes.Buffer
	if err := Snapshot(t.Context(), hosts[0].options(&log), SnapshotOptions{To: "/root/s.db", URL: node.EtcdClientURL(world.Address(1))}); err != nil {
		t.Fatal(err)
	}
	if info, err := hosts[0].root.stat("/root/s.db"); err != nil || info.Mode().Perm() != 0o600 || !strings.Contains(log.String(), "1 keys") {
		t.Fatalf("the snapshot is %v, %v; it said %s", info, err, log.String())
	}
	etcdtest.Put(t, keys, "a", "changed")
	return world, hosts
}
