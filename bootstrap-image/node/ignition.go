package node

import (
	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// plan is everything that rendering depends on, worked out once.
type plan struct {
	bundle Bundle
	facts  Facts
	leafs  Leafs
	self   Self
	images images.Set
	dns    string
	layer  catalog.Layer
}

// Ignition renders the config of a host. The same arguments give the same
// config, byte for byte.
func Ignition(b Bundle, f Facts, leafs Leafs) (types.Config, error) {
	p := plan{bundle: b, facts: f, leafs: leafs}
	var err error
	if p.self, err = Identify(b, f); err != nil {
		return types.Config{}, err
	}
	if p.dns, err = config.Nth(b.Cluster.Spec.Network.ServiceCIDR, config.DNSServiceIndex); err != nil {
		return types.Config{}, err
	}
	if p.layer, err = b.NetworkLayer(); err != nil {
		return types.Config{}, err
	}
	p.images = images.For(b.Cluster.Spec.KubernetesVersion, b.Cluster.Spec.Images.Registry)

	t := newTree()
	p.system(t)
	p.containerd(t)
	p.metadata(t)
	if err := p.trust(t); err != nil {
		return types.Config{}, err
	}
	if b.Role == ControlPlane {
		err = p.controlPlane(t)
	} else {
		err = p.worker(t)
	}
	if err != nil {
		return types.Config{}, err
	}
	if err := p.balancer(t); err != nil {
		return types.Config{}, err
	}
	if err := p.kubelet(t); err != nil {
		return types.Config{}, err
	}
	return t.config(), nil
}

// worker adds what lets a kubelet ask for its own certificate.
func (p plan) worker(t *tree) error {
	bootstrap, err := p.kubeconfig("kubelet-bootstrap", "https://"+p.bundle.Endpoint, pki.Kubeconfig{
		// By file: the kubelet copies this into its own kubeconfig, and an
		// authority that takes over must be trusted there too.
		Token: p.bundle.Credentials.BootstrapToken, AuthorityFile: pkiPath("ca.crt"),
	})
	if err != nil {
		return err
	}
	t.file(bootstrapKubeconfig, secret, bootstrap)
	return nil
}

// controlPlane adds the keys, the kubeconfigs and the static pods. Pods come
// last: each carries a digest of the files it reads.
func (p plan) controlPlane(t *tree) error {
	cluster, err := p.clusterFile()
	if err != nil {
		return err
	}
	t.file(ClusterPath, public, cluster)
	if err := p.keys(t); err != nil {
		return err
	}
	if err := p.kubeconfigs(t); err != nil {
		return err
	}
	p.apiServerFiles(t)
	t.directory(ManifestsPath, private)
	t.directory(etcdData, private)
	p.etcdDisk(t)
	t.directory(auditLogs, private)
	p.renewal(t)
	p.snapshots(t)
	for _, pod := range []staticPod{p.etcd(), p.apiServer(), p.controllerManager(), p.scheduler(), p.addonManager()} {
		manifest, err := pod.manifest(t)
		if err != nil {
			return err
		}
		t.file(ManifestsPath+"/"+pod.name+".yaml", secret, manifest)
	}
	return nil
}

// localAPI is the API server of the host itself, which a control plane's own
// components use: they work, and wait, without the load balancer.
func (p plan) localAPI() string {
	return "https://" + hostPort(p.self.Address, apiPort)
}
