package node

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// systemUnits are units of a distribution that ours refer to, as far as systemd
// wants to know of them.
func systemUnits() map[string]string {
	return map[string]string{
		"docker.service":          "[Service]\nExecStart=/usr/bin/docker\n",
		"containerd.service":      "[Service]\nExecStart=/usr/bin/containerd\n",
		"systemd-growfs@.service": "[Service]\nExecStart=/usr/bin/mount\n",
	}
}

// programsOfHosts are those that our units call, where every distribution has them.
func programsOfHosts() []string {
	return []string{"chmod", "containerd", "docker", "ip", "mkdir", "mount", "podman", "sh", "systemctl"}
}

// unitsRoot is a host's root as far as systemd's check of units looks at it.
func unitsRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	put := func(path, content string, mode os.FileMode) {
		t.Helper()
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range programsOfHosts() {
		put("usr/bin/"+name, "#!/bin/sh\n", 0o755)
	}
	for _, link := range []string{"bin", "sbin"} {
		if err := os.Symlink("usr/bin", filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{
		"sysinit", "basic", "shutdown", "multi-user", "network-online", "network", "timers", "local-fs", "local-fs-pre", "umount", "time-set", "time-sync", "sockets", "paths", "slices",
	} {
		put("usr/lib/systemd/system/"+name+".target", "[Unit]\nDescription="+name+"\n", 0o644)
	}
	for name, content := range systemUnits() {
		put("usr/lib/systemd/system/"+name, content, 0o644)
	}
	return root
}

// verify has systemd read units as if they were on a host, and returns what it
// finds wrong with them.
func verify(t *testing.T, units map[string]string) string {
	t.Helper()
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skip("no systemd-analyze here: apt-get install -y systemd")
	}
	root := unitsRoot(t)
	args := []string{"verify", "--man=no", "--root=" + root}
	folder := filepath.Join(root, "etc/systemd/system")
	if err := os.MkdirAll(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range sortedKeys(units) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(units[name]), 0o644); err != nil {
			t.Fatal(err)
		}
		args = append(args, "/etc/systemd/system/"+name)
	}
	// A warning is a mistake too: systemd would leave the line out.
	out, err := exec.Command("systemd-analyze", args...).CombinedOutput()
	if err != nil && len(out) == 0 {
		return err.Error()
	}
	return string(out)
}

func TestUnits_AreWellFormedForSystemd(t *testing.T) {
	for _, role := range []string{ControlPlane, Worker} {
		for _, engine := range []string{"docker", "podman"} {
			t.Run(role+" by "+engine, func(t *testing.T) {
				b, f := newBundle(t, role), newFacts(role)
				b.Balanced, b.Endpoint, f.ContainerEngine = true, BalancerEndpoint, engine
				if role == ControlPlane {
					b.ControlPlanes[1].EtcdDevice = "/dev/disk/by-id/google-etcd"
				}
				units := map[string]string{}
				for _, unit := range render(t, b, f).Systemd.Units {
					units[unit.Name] = *unit.Contents
				}
				wanted := map[string][]string{
					Worker:       {KubeletUnit, BalancerUnit},
					ControlPlane: {KubeletUnit, BalancerUnit, RenewTimer, "kubernetes-anywhere-renew.service", SnapshotTimer, EtcdMount},
				}
				for _, name := range wanted[role] {
					if units[name] == "" {
						t.Errorf("there is no unit %s", name)
					}
				}
				if wrong := verify(t, units); wrong != "" {
					t.Error(wrong)
				}
			})
		}
	}
}

// Without it nobody would know whether the check sees anything.
func TestUnits_AMistakeIsSeen(t *testing.T) {
	for name, unit := range map[string]string{
		"an unknown key":     "[Service]\nExecStart=/usr/bin/docker\nRestartSecs=2\n",
		"a missing program":  "[Service]\nExecStart=/usr/bin/dokcer run\n",
		"an unknown section": "[Servise]\nExecStart=/usr/bin/docker\n",
	} {
		if verify(t, map[string]string{"kubelet.service": unit}) == "" {
			t.Errorf("%s is not seen", name)
		}
	}
}
