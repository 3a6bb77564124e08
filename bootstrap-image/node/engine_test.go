package node

import (
	"strings"
	"testing"
)

// Podman has no daemon: units that waited for Docker's would never start.
func TestEngine_UnitsOfAPodmanHostKnowNoDocker(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		f := newFacts(role)
		f.ContainerEngine = Podman
		for _, unit := range render(t, newBundle(t, role), f).Systemd.Units {
			if strings.Contains(*unit.Contents, "docker") {
				t.Errorf("%s %s:\n%s", role, unit.Name, *unit.Contents)
			}
		}
		kubelet := files(t, newBundle(t, role), f)[KubeletUnit]
		for _, want := range []string{"\nAfter=containerd.service network-online.target\n", "\nExecStart=/usr/bin/podman run --rm --name kubelet "} {
			if !strings.Contains(kubelet, want) {
				t.Errorf("%s: %q is not in\n%s", role, want, kubelet)
			}
		}
	}
}
