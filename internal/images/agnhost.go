package images

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// agnhost is what the pods of Kubernetes' own end-to-end tests run. Upstream's
// Dockerfile (test/images/agnhost) says what else they call; what is missing
// here is the registry that its fake-registry-server serves.
func agnhost() optional {
	return optional{
		component: component{
			name: "agnhost", dir: "agnhost", module: kubernetesModule,
			stamp:    func(string) []string { return []string{"main.Version=" + AgnhostVersion} },
			programs: map[string]string{"agnhost": kubernetesModule + "/test/images/agnhost"},
			files: map[string]string{
				"VERSION":       "test/images/agnhost/VERSION",
				"localhost.crt": "test/images/agnhost/porter/localhost.crt",
				"localhost.key": "test/images/agnhost/porter/localhost.key",
			},
		},
		tools: tools{
			packages: []string{
				"bash", "bind9-dnsutils", "busybox", "curl", "grep", "iperf", "iproute2", "libc-bin", "netcat-openbsd", "sed", "socat", "util-linux-extra",
			},
			programs: []string{
				"usr/bin/bash", "usr/bin/busybox", "usr/bin/curl", "usr/bin/dig", "usr/bin/getent", "usr/bin/grep", "usr/bin/ip",
				"usr/bin/iperf", "usr/bin/nc.openbsd", "usr/bin/nslookup", "usr/bin/sed", "usr/bin/socat", "usr/bin/ss",
			},
			links: agnhostLinks(),
		},
		images: []optionalImage{{
			component: "agnhost", host: "registry.k8s.io", path: "e2e-test-images/agnhost:" + AgnhostVersion,
			config: v1.Config{Entrypoint: []string{"/agnhost"}, Cmd: []string{"pause"}, Env: []string{searchPath}, WorkingDir: "/"},
			layers: []string{"base", toolsLayer("agnhost"), "agnhost"},
		}},
		trees: func(dir string, p parts) map[string]func() (tree, error) {
			return map[string]func() (tree, error){
				"agnhost": func() (tree, error) { return agnhostTree(dir, p.coredns) },
			}
		},
	}
}

// agnhostLinks are the names that update-alternatives would make, and those
// of programs that upstream's image, which is Alpine, has from busybox.
func agnhostLinks() map[string]string {
	links := map[string]string{"usr/bin/nc": "nc.openbsd", "usr/local/bin/iperf": "/usr/bin/iperf", "usr/sbin/ip": "../bin/ip"}
	for _, name := range []string{"awk", "find", "hostname", "netstat", "ping", "ps", "telnet", "traceroute", "vi", "wget", "xargs"} {
		links["usr/bin/"+name] = "busybox"
	}
	return links
}

// agnhostTree is laid out as upstream's image. It refuses a program of another
// version than the image's name says, which no pin of a module tells.
func agnhostTree(dir, coredns string) (tree, error) {
	data, err := os.ReadFile(filepath.Join(dir, "VERSION"))
	if err != nil {
		return nil, fmt.Errorf("reading the version of agnhost: %w", err)
	}
	if version := strings.TrimSpace(string(data)); version != AgnhostVersion {
		return nil, fmt.Errorf("assembling agnhost: its source is version %s, its image is called %s; change AgnhostVersion in internal/images", version, AgnhostVersion)
	}
	t := at("", dir, "agnhost")
	t.links("agnhost", "agnhost-2")
	for _, name := range []string{"localhost.crt", "localhost.key"} {
		t.file(name, filepath.Join(dir, name), 0o644)
	}
	t.file("coredns", filepath.Join(coredns, "coredns"), 0o755)
	t["uploads"] = entry{mode: fs.ModeDir | 0o755}
	// A test asks for the group that a user has in the image.
	t.text("etc/passwd", passwd+"user-defined-in-image:x:1000:1000::/home/user-defined-in-image:/bin/sh\n")
	t.text("etc/group", group+"user-defined-in-image:x:1000:\ngroup-defined-in-image:x:50000:user-defined-in-image\n")
	return t, nil
}
