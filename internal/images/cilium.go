package images

import (
	"io/fs"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// cilium is a network layer that moves packets by programs in the kernel. Its
// agent compiles them on the host, so the image has a compiler and the source.
// Envoy and Hubble's own programs are left out: the first is no Go.
func cilium() optional {
	const module = "github.com/cilium/cilium"
	programs := map[string]string{
		"cilium-agent": module + "/daemon", "cilium-dbg": module + "/cilium-dbg", "cilium-cni": module + "/plugins/cilium-cni",
		"cilium-health": module + "/cilium-health", "cilium-health-responder": module + "/cilium-health/responder",
		"cilium-mount": module + "/tools/mount", "cilium-sysctlfix": module + "/tools/sysctlfix",
		"cilium-operator-generic": module + "/operator",
	}
	return optional{
		component: component{
			name: "cilium", dir: "cilium", module: module, stamp: stampCilium, programs: programs,
			// What makes an operator the generic one (operator/Makefile).
			tags: []string{"ipam_provider_operator"},
			files: map[string]string{
				"bpf": "bpf", "init-container.sh": "images/cilium/init-container.sh",
				"install-plugin.sh": "plugins/cilium-cni/install-plugin.sh", "cni-uninstall.sh": "plugins/cilium-cni/cni-uninstall.sh",
			},
		},
		tools: tools{
			packages: []string{"bash", "clang-19", "findutils", "grep", "iproute2", "sed"},
			programs: []string{
				"usr/bin/bash", "usr/bin/clang-19", "usr/bin/find", "usr/bin/grep", "usr/bin/ip", "usr/bin/sed", "usr/bin/ss",
				"usr/sbin/bridge", "usr/sbin/tc",
			},
			links: map[string]string{"usr/bin/clang": "clang-19", "usr/sbin/ip": "../bin/ip"},
		},
		images: ciliumImages(),
		trees: func(dir string, p parts) map[string]func() (tree, error) {
			return map[string]func() (tree, error){
				"cilium":          func() (tree, error) { return ciliumAgent(dir, p.plugins) },
				"cilium operator": func() (tree, error) { return ciliumOperator(dir), nil },
			}
		},
	}
}

func ciliumImages() []optionalImage {
	return []optionalImage{
		{
			component: "cilium", host: "quay.io", path: "cilium/cilium:v" + CiliumVersion,
			config: v1.Config{
				Cmd: []string{"/usr/bin/cilium-dbg"}, WorkingDir: "/home/cilium",
				Env: []string{searchPath, "HUBBLE_SERVER=unix:///var/run/cilium/hubble.sock", "INITSYSTEM=SYSTEMD"},
			},
			layers: []string{"base", toolsLayer("cilium"), "cilium"},
		},
		{
			component: "cilium-operator", host: "quay.io", path: "cilium/operator-generic:v" + CiliumVersion,
			config: v1.Config{
				Cmd: []string{"/usr/bin/cilium-operator-generic"}, WorkingDir: "/",
				Env: []string{searchPath, "GOPS_CONFIG_DIR=/home/gops"},
			},
			layers: []string{"static", "cilium operator"},
		},
	}
}

// stampCilium gives the three words that cilium takes its version from:
// version, revision and date (pkg/version). Of a module only the first is
// known. The quotes are for go build.
func stampCilium(version string) []string {
	return []string{"'github.com/cilium/cilium/pkg/version.ciliumVersion=" + strings.TrimPrefix(version, "v") + " module unknown'"}
}

// ciliumAgent is laid out as upstream's image: what its init containers call
// has the same place.
func ciliumAgent(dir, plugins string) (tree, error) {
	t := at("usr/bin", dir, "cilium-agent", "cilium-dbg", "cilium-health", "cilium-health-responder", "cilium-mount", "cilium-sysctlfix")
	t.file(pluginDir+"/cilium-cni", filepath.Join(dir, "cilium-cni"), 0o755)
	t.file("cni/loopback", filepath.Join(plugins, "loopback"), 0o755)
	for _, script := range []string{"init-container.sh", "install-plugin.sh", "cni-uninstall.sh"} {
		t.file(script, filepath.Join(dir, script), 0o755)
	}
	t["home/cilium"] = entry{mode: fs.ModeDir | 0o755}
	source := tree{}
	if err := source.folder(filepath.Join(dir, "bpf"), notInstalled); err != nil {
		return nil, err
	}
	for name, e := range source {
		if !e.mode.IsDir() {
			e.mode = 0o644
			t["var/lib/cilium/bpf/"+name] = e
		}
	}
	return t, nil
}

// notInstalled are the parts of bpf/ that upstream's 'make install-bpf' leaves
// out.
func notInstalled(at string) bool {
	first, _, _ := strings.Cut(at, "/")
	return strings.HasPrefix(first, "Makefile") || first == ".gitignore" || first == "tests" || first == "complexity-tests" || first == "custom"
}

func ciliumOperator(dir string) tree {
	t := at("usr/bin", dir, "cilium-operator-generic")
	// As upstream's: the operator runs as a user that it does not know.
	t["home/gops"] = entry{mode: fs.ModeDir | 0o777}
	return t
}
