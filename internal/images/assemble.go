package images

import (
	"fmt"
	"maps"
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
	base, kubernetes, etcd, coredns, flannel, metricsServer, ignition, plugins, flannelPlugin, pause string
	// bootstrap is the program of phase 2, rootfs the files that go with it.
	bootstrap, rootfs string
	// more are the folders of optional components' programs, called those of
	// what the programs call, both by the component's name.
	more, called map[string]string
}

// put notes the folder of what was built from a nested module.
func (p *parts) put(comp component, at string) {
	into := map[string]*string{
		"kubernetes": &p.kubernetes, "etcd": &p.etcd, "coredns": &p.coredns, "flannel": &p.flannel,
		"metrics-server": &p.metricsServer,
		"ignition":       &p.ignition, "cni": &p.plugins, "cni-flannel": &p.flannelPlugin,
	}
	if named, ok := into[comp.dir]; ok {
		*named = at
		return
	}
	if p.more == nil {
		p.more = map[string]string{}
	}
	p.more[comp.name] = at
}

// folders are the folders of the cache that the parts lie in.
func (p parts) folders() []string {
	list := []string{p.base, p.kubernetes, p.etcd, p.coredns, p.flannel, p.metricsServer, p.ignition, p.plugins, p.flannelPlugin, p.pause}
	for _, name := range Optional() {
		list = append(list, p.more[name], p.called[name])
	}
	return list
}

// program is a tree of one program.
func program(dir, name, at string) tree {
	t := tree{}
	t.file(path.Join(at, name), filepath.Join(dir, name), 0o755)
	return t
}

// trees tells how to make the content of each layer.
func (p parts) trees() map[string]func() (tree, error) {
	of := func(make func() tree) func() (tree, error) {
		return func() (tree, error) { return make(), nil }
	}
	made := map[string]func() (tree, error){
		"base":       func() (tree, error) { return baseTree(p.base) },
		"static":     func() (tree, error) { return staticTree(p.base) },
		"bootstrap":  p.own,
		"kubernetes": of(p.multicall),
		"tools":      of(p.tools),
		"etcd":       of(func() tree { return program(p.etcd, "etcd", binDir) }),
		"pause":      of(func() tree { return program(p.pause, "pause", "") }),
		"coredns": of(func() tree {
			return tree{"coredns": {source: filepath.Join(p.coredns, "coredns"), mode: 0o755, capability: netBindService}}
		}),
		"flannel": of(func() tree {
			t := program(p.flannel, "flanneld", "opt/bin")
			t.links("/opt/bin/flanneld", binDir+"/flanneld")
			return t
		}),
		"metrics-server": of(func() tree { return program(p.metricsServer, "metrics-server", "") }),
	}
	for _, o := range optionals() {
		maps.Copy(made, o.trees(p.more[o.name], p))
		made[toolsLayer(o.name)] = func() (tree, error) { return toolsTree(p.called[o.name], o.tools) }
	}
	return made
}

// multicall is Kubernetes: one program and the names it is called by.
func (p parts) multicall() tree {
	t := program(p.kubernetes, "kube", binDir)
	for _, name := range kubernetesLinks() {
		t.links("kube", path.Join(binDir, name))
	}
	return t
}

// own is what this repository adds to the bootstrap image.
func (p parts) own() (tree, error) {
	t := tree{}
	if err := t.folder(p.rootfs, nil); err != nil {
		return nil, fmt.Errorf("reading the files of the bootstrap image: %w", err)
	}
	t.file(entrypoint[1:], p.bootstrap, 0o755)
	return t, nil
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

// Tagged is an image with what it runs and the name it goes by.
type Tagged struct {
	// Component and Reference are those of an Image.
	Component, Reference string
	v1.Image
}

// spec is how one image is put together.
type spec struct {
	component, reference string
	config               v1.Config
	// layers are names of trees, the lowest first.
	layers []string
}

// specs are the images that every cluster has. Images that share programs share the order of
// their layers too: a host keeps a layer once only on top of the same ones.
func specs(set Set) []spec {
	runs := func(program string) v1.Config {
		return v1.Config{Entrypoint: []string{program}, Env: []string{searchPath}, WorkingDir: "/"}
	}
	as := func(user string, config v1.Config) v1.Config {
		config.User = user
		return config
	}
	kubernetes := []string{"base", "kubernetes"}
	return []spec{
		{"bootstrap", set.Bootstrap, runs(entrypoint), []string{"base", "kubernetes", "tools", "bootstrap"}},
		{"kube-apiserver", set.APIServer, runs("/usr/local/bin/kube-apiserver"), kubernetes},
		{"kube-controller-manager", set.ControllerManager, runs("/usr/local/bin/kube-controller-manager"), kubernetes},
		{"kube-scheduler", set.Scheduler, runs("/usr/local/bin/kube-scheduler"), kubernetes},
		{"kube-proxy", set.Proxy, runs("/usr/local/bin/kube-proxy"), kubernetes},
		{"etcd", set.Etcd, runs("/usr/local/bin/etcd"), []string{"static", "etcd"}},
		{"coredns", set.CoreDNS, as("65532:65532", runs("/coredns")), []string{"static", "coredns"}},
		{"flannel", set.Flannel, runs("/opt/bin/flanneld"), []string{"base", "flannel"}},
		{"metrics-server", set.MetricsServer, as("65534", runs("/metrics-server")), []string{"static", "metrics-server"}},
		{"pause", set.Pause, as("65535:65535", runs("/pause")), []string{"pause"}},
	}
}

// assemble makes the images of specs. Each layer is made once.
func assemble(p parts, arch string, specs []spec) ([]Tagged, error) {
	trees, made := p.trees(), map[string]v1.Layer{}
	var all []Tagged
	for _, s := range specs {
		var stack []v1.Layer
		for _, name := range s.layers {
			if made[name] == nil {
				layer, err := makeLayer(trees[name])
				if err != nil {
					return nil, fmt.Errorf("making the layer %q: %w", name, err)
				}
				made[name] = layer
			}
			stack = append(stack, made[name])
		}
		img, err := makeImage(s.config, arch, stack)
		if err != nil {
			return nil, fmt.Errorf("assembling the image of %s: %w", s.component, err)
		}
		all = append(all, Tagged{s.component, s.reference, img})
	}
	return all, nil
}

func makeLayer(content func() (tree, error)) (v1.Layer, error) {
	t, err := content()
	if err != nil {
		return nil, err
	}
	return newLayer(t)
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
