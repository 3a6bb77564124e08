package images

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// component is one thing that is built from source.
type component struct {
	name string
	// dir is its nested module below the source folder; module is the one
	// whose pinned version is the component's.
	dir, module string
	// cgo programs are linked statically, so that they run in any image.
	cgo bool
	// stamp returns what the linker sets, so that --version tells the truth.
	stamp func(version string) []string
	// programs maps the name of each program to its package.
	programs map[string]string
	// tests says that the programs are those of 'go test'.
	tests bool
	// tags are build tags.
	tags []string
	// files are what goes with the programs: for the name of each, the file or
	// folder of the module that it is a copy of.
	files map[string]string
}

// kubernetesModule is the module whose pin is the Kubernetes version.
const kubernetesModule = "k8s.io/kubernetes"

// plugins is the module of the CNI plugins.
const plugins = "github.com/containernetworking/plugins"

// metricsServer is the module of what 'kubectl top' asks.
const metricsServer = "sigs.k8s.io/metrics-server"

// krew is the module of the installer of kubectl's plugins.
const krew = "sigs.k8s.io/krew"

// components are all that every cluster is built from, the longest first: what
// fails after ten minutes should not fail after twenty.
func components() []component {
	return []component{
		{
			name: "kubernetes", dir: "kubernetes", module: kubernetesModule, stamp: stampKubernetes,
			programs: map[string]string{"kube": "."},
		},
		{
			name: "coredns", dir: "coredns", module: "github.com/coredns/coredns",
			stamp: each("github.com/coredns/coredns/coremain.gitTag"),
			// Our own main: the stock one links every plugin there is.
			programs: map[string]string{"coredns": "."},
		},
		{
			name: "flannel", dir: "flannel", module: "github.com/flannel-io/flannel", cgo: true,
			stamp:    each("github.com/flannel-io/flannel/pkg/version.Version"),
			programs: map[string]string{"flanneld": "github.com/flannel-io/flannel"},
		},
		{
			name: "metrics-server", dir: "metrics-server", module: metricsServer,
			stamp:    stampClient,
			programs: map[string]string{"metrics-server": metricsServer + "/cmd/metrics-server"},
		},
		{
			name: "etcd", dir: "etcd", module: "go.etcd.io/etcd/server/v3",
			stamp:    each(), // its version is a constant
			programs: map[string]string{"etcd": "go.etcd.io/etcd/server/v3"},
		},
		{
			name: "ignition", dir: "ignition", module: "github.com/coreos/ignition/v2", cgo: true,
			stamp:    each("github.com/coreos/ignition/v2/internal/version.Raw"),
			programs: map[string]string{"ignition": "github.com/coreos/ignition/v2/internal"},
		},
		{
			name: "cni plugins", dir: "cni", module: plugins, stamp: each(plugins + "/pkg/utils/buildversion.BuildVersion"),
			programs: map[string]string{
				"bridge": plugins + "/plugins/main/bridge", "loopback": plugins + "/plugins/main/loopback",
				"host-local": plugins + "/plugins/ipam/host-local", "portmap": plugins + "/plugins/meta/portmap",
				"bandwidth": plugins + "/plugins/meta/bandwidth",
			},
		},
		{
			// The flannel plugin left the others after this version.
			name: "cni flannel plugin", dir: "cni-flannel", module: plugins,
			stamp:    each(plugins + "/pkg/utils/buildversion.BuildVersion"),
			programs: map[string]string{"flannel": plugins + "/plugins/meta/flannel"},
		},
	}
}

// apart are the components that are part of no image: clients, and the tests
// that Kubernetes has of itself.
func apart() []component {
	return []component{client("kubeadm"), client("kubectl"), suite(), installer()}
}

// all is every component there is.
func all() []component {
	list := slices.Concat(components(), apart())
	for _, o := range optionals() {
		list = append(list, o.component)
	}
	return list
}

// Programs lists what BuildProgram builds.
func Programs() []string {
	var names []string
	for _, c := range all() {
		names = slices.AppendSeq(names, maps.Keys(c.programs))
	}
	slices.Sort(names)
	return names
}

// ownerOf finds the component that a program is built with.
func ownerOf(program string) (component, bool) {
	for _, c := range all() {
		if _, ok := c.programs[program]; ok {
			return c, true
		}
	}
	return component{}, false
}

// suite is Kubernetes' own end-to-end tests, upstream's program by upstream's
// name.
func suite() component {
	return component{
		name: "e2e.test", dir: "e2e", module: kubernetesModule, stamp: stampKubernetes, tests: true,
		programs: map[string]string{"e2e.test": kubernetesModule + "/test/e2e"},
	}
}

// installer is what kubectl's users get plugins by, with what its index holds
// plugins' manifests to.
func installer() component {
	return component{
		name: "krew", dir: "krew", module: krew, stamp: each(krew + "/internal/version.gitTag"),
		programs: map[string]string{"krew": krew + "/cmd/krew", "validate-krew-manifest": krew + "/cmd/validate-krew-manifest"},
	}
}

// client is a program that is no part of any image, built on request.
func client(name string) component {
	return component{
		name: name, dir: "kubernetes", module: kubernetesModule, stamp: stampKubernetes,
		programs: map[string]string{name: "k8s.io/kubernetes/cmd/" + name},
	}
}

// each stamps the version into every one of variables.
func each(variables ...string) func(string) []string {
	return func(version string) []string {
		var stamps []string
		for _, variable := range variables {
			stamps = append(stamps, variable+"="+version)
		}
		return stamps
	}
}

// stampKubernetes sets what upstream's own build sets, for the server and for
// the client library's user agent.
func stampKubernetes(version string) []string {
	major, rest, _ := strings.Cut(strings.TrimPrefix(version, "v"), ".")
	minor, _, _ := strings.Cut(rest, ".")
	var stamps []string
	for _, at := range []string{"k8s.io/component-base/version.", "k8s.io/client-go/pkg/version."} {
		stamps = append(stamps, at+"gitVersion="+version, at+"gitMajor="+major, at+"gitMinor="+minor, at+"gitTreeState=archive")
	}
	return stamps
}

// stampClient sets the version that a program says it has where it asks the
// client library for its own.
func stampClient(version string) []string {
	return []string{"k8s.io/client-go/pkg/version.gitVersion=" + version}
}

// pin returns the version of a module that the nested module in dir requires.
func pin(dir, module string) (string, error) {
	path := filepath.Join(dir, "go.mod")
	data, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("reading the pins of %q: %w", dir, err)
	}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(strings.TrimPrefix(strings.TrimSpace(line), "require "))
		if len(fields) >= 2 && fields[0] == module && strings.HasPrefix(fields[1], "v") {
			return fields[1], nil
		}
	}
	return "", fmt.Errorf("reading %q: it does not require %s", path, module)
}
