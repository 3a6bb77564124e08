package images

import (
	"fmt"
	"path"
	"path/filepath"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// Where things lie in the images; the Dockerfile lays the same.
const (
	binDir     = "usr/local/bin"
	pluginDir  = "opt/cni/bin"
	entrypoint = "/usr/local/bin/bootstrap"
	searchPath = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
)

// kubernetesLinks are the names that the multi-call program is called by.
func kubernetesLinks() []string {
	return []string{"kube-apiserver", "kube-controller-manager", "kube-scheduler", "kube-proxy", "kubelet"}
}

// pluginNames are the CNI plugins a node has, without flannel's.
func pluginNames() []string {
	return []string{"bandwidth", "bridge", "host-local", "loopback", "portmap"}
}

// netBindService is the capability, effective and permitted, to listen on
// ports below 1024, as the kernel stores it with a file.
const netBindService = "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// parts are the folders and files that images are assembled from.
type parts struct {
	base, kubernetes, etcd, coredns, flannel, ignition, plugins, flannelPlugin, pause string
	// bootstrap is the program of phase 2, rootfs the files that go with it.
	bootstrap, rootfs string
}

// layers are made once and shared, so that a host stores and unpacks each once.
type layers struct {
	base, static, kubernetes, etcd, coredns, flannel, pause, tools, bootstrap v1.Layer
}

// program is a tree of one program.
func program(dir, name, at string) tree {
	t := tree{}
	t.file(path.Join(at, name), filepath.Join(dir, name), 0o755)
	return t
}

func (p parts) trees() (map[string]tree, error) {
	base, err := baseTree(p.base)
	if err != nil {
		return nil, err
	}
	static, err := staticTree(p.base)
	if err != nil {
		return nil, err
	}
	kubernetes := program(p.kubernetes, "kube", binDir)
	for _, name := range kubernetesLinks() {
		kubernetes.links("kube", path.Join(binDir, name))
	}
	flannel := program(p.flannel, "flanneld", "opt/bin")
	flannel.links("/opt/bin/flanneld", binDir+"/flanneld")
	coredns := tree{"coredns": {source: filepath.Join(p.coredns, "coredns"), mode: 0o755, capability: netBindService}}
	own := tree{}
	if err := own.folder(p.rootfs, nil); err != nil {
		return nil, fmt.Errorf("reading the files of the bootstrap image: %w", err)
	}
	own.file(entrypoint[1:], p.bootstrap, 0o755)
	return map[string]tree{
		"base": base, "static": static, "kubernetes": kubernetes, "flannel": flannel, "coredns": coredns,
		"etcd": program(p.etcd, "etcd", binDir), "pause": program(p.pause, "pause", ""), "tools": p.tools(), "bootstrap": own,
	}, nil
}

// tools is what the bootstrap image has beside Kubernetes.
func (p parts) tools() tree {
	t := program(p.ignition, "ignition", binDir)
	// Called by this name it writes files to a root and does nothing else.
	t.links("ignition", binDir+"/ignition-apply")
	for _, name := range pluginNames() {
		t.file(path.Join(pluginDir, name), filepath.Join(p.plugins, name), 0o755)
	}
	t.file(pluginDir+"/flannel", filepath.Join(p.flannelPlugin, "flannel"), 0o755)
	return t
}

func (p parts) layers() (l layers, err error) {
	trees, err := p.trees()
	if err != nil {
		return l, err
	}
	for name, at := range map[string]*v1.Layer{
		"base": &l.base, "static": &l.static, "kubernetes": &l.kubernetes, "etcd": &l.etcd, "coredns": &l.coredns,
		"flannel": &l.flannel, "pause": &l.pause, "tools": &l.tools, "bootstrap": &l.bootstrap,
	} {
		layer, err := newLayer(trees[name])
		if err != nil {
			return l, fmt.Errorf("making the layer %q: %w", name, err)
		}
		*at = layer
	}
	return l, nil
}

// Tagged is an image with what it runs and the name it goes by.
type Tagged struct {
	// Component and Reference are those of an Image.
	Component, Reference string
	v1.Image
}

// assemble makes every image of a version. Images that share programs share
// the order of their layers too: a layer counts as the same only on top of the
// same ones.
func assemble(p parts, version, arch string) ([]Tagged, error) {
	l, err := p.layers()
	if err != nil {
		return nil, err
	}
	set := For(version, "")
	kube := func(name string) v1.Config {
		return v1.Config{Entrypoint: []string{"/" + binDir + "/" + name}, Env: []string{searchPath}}
	}
	var made []Tagged
	for _, spec := range []struct {
		component, reference string
		config               v1.Config
		layers               []v1.Layer
	}{
		{"bootstrap", set.Bootstrap, v1.Config{Entrypoint: []string{entrypoint}, Env: []string{searchPath}}, []v1.Layer{l.base, l.kubernetes, l.tools, l.bootstrap}},
		{"kube-apiserver", set.APIServer, kube("kube-apiserver"), []v1.Layer{l.base, l.kubernetes}},
		{"kube-controller-manager", set.ControllerManager, kube("kube-controller-manager"), []v1.Layer{l.base, l.kubernetes}},
		{"kube-scheduler", set.Scheduler, kube("kube-scheduler"), []v1.Layer{l.base, l.kubernetes}},
		{"kube-proxy", set.Proxy, kube("kube-proxy"), []v1.Layer{l.base, l.kubernetes}},
		{"etcd", set.Etcd, kube("etcd"), []v1.Layer{l.static, l.etcd}},
		{"coredns", set.CoreDNS, v1.Config{Entrypoint: []string{"/coredns"}, Env: []string{searchPath}, User: "65532:65532", WorkingDir: "/"}, []v1.Layer{l.static, l.coredns}},
		{"flannel", set.Flannel, v1.Config{Entrypoint: []string{"/opt/bin/flanneld"}, Env: []string{searchPath}}, []v1.Layer{l.base, l.flannel}},
		{"pause", set.Pause, v1.Config{Entrypoint: []string{"/pause"}, Env: []string{searchPath}, User: "65535:65535"}, []v1.Layer{l.pause}},
	} {
		img, err := makeImage(spec.config, arch, spec.layers)
		if err != nil {
			return nil, fmt.Errorf("assembling the image of %s: %w", spec.component, err)
		}
		made = append(made, Tagged{spec.component, spec.reference, img})
	}
	return made, nil
}

// makeImage puts layers and a config together. Nothing in it tells when or
// where it was made.
func makeImage(config v1.Config, arch string, stack []v1.Layer) (v1.Image, error) {
	img := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	img, err := mutate.ConfigFile(img, &v1.ConfigFile{
		Architecture: arch, OS: "linux", Config: config,
		Created: v1.Time{Time: time.Unix(0, 0).UTC()}, RootFS: v1.RootFS{Type: "layers"},
	})
	if err != nil {
		return nil, err
	}
	for _, layer := range stack {
		if img, err = mutate.Append(img, mutate.Addendum{Layer: layer, MediaType: types.OCIUncompressedLayer}); err != nil {
			return nil, err
		}
	}
	return img, nil
}
