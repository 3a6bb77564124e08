package target

import (
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// flatcarTree is a root file system as far as the first boot of Flatcar sees
// it: what belongs to the system is below /usr, which is read-only there.
func flatcarTree(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for path, content := range map[string]string{
		"usr/lib/os-release":                              "NAME=\"Flatcar Container Linux by Kinvolk\"\nID=flatcar\nID_LIKE=coreos\nVERSION_ID=4230.2.3\n",
		"usr/bin/sh":                                      "#!",
		"usr/bin/docker":                                  "#!",
		"usr/lib/systemd/system/docker.service":           "[Service]\nExecStart=/usr/bin/docker\n",
		"usr/lib/systemd/system/multi-user.target":        "[Unit]\nDescription=multi-user\n",
		"usr/lib/systemd/system/network-online.target":    "[Unit]\nDescription=network-online\n",
		"usr/lib/systemd/system/sysinit.target":           "[Unit]\nDescription=sysinit\n",
		"usr/lib/systemd/system/basic.target":             "[Unit]\nDescription=basic\n",
		"usr/lib/systemd/system/shutdown.target":          "[Unit]\nDescription=shutdown\n",
		"usr/lib/systemd/system-preset/99-default.preset": "disable *\n",
		"etc/hostname":                                    "node\n",
		"var/lib/docker/keep":                             "kept\n",
	} {
		mode := os.FileMode(0o644)
		if strings.HasPrefix(path, "usr/bin/") {
			mode = 0o755
		}
		path = filepath.Join(root, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), mode); err != nil {
			t.Fatal(err)
		}
	}
	for link, to := range map[string]string{"bin": "usr/bin", "sbin": "usr/bin", "lib": "usr/lib", "etc/os-release": "../usr/lib/os-release"} {
		if err := os.Symlink(to, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// contents is every file below a root: its mode and content, or where it
// points.
func contents(t *testing.T, root string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, _ := filepath.Rel(root, path)
		if to, err := os.Readlink(path); err == nil {
			out[name] = "-> " + to
			return nil
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		content, err := os.ReadFile(path)
		out[name] = info.Mode().String() + " " + string(content)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// ignite has upstream Ignition apply user-data to a root.
func ignite(t *testing.T, root, userData string) {
	t.Helper()
	program := os.Getenv("ANYWHERE_IGNITION")
	if program == "" {
		if os.Getenv("ANYWHERE_REQUIRE_IGNITION") == "1" {
			t.Fatal("ANYWHERE_IGNITION does not name Ignition's program; build it with 'go run ./cmd/bundle ignition'")
		}
		t.Skip("ANYWHERE_IGNITION does not name Ignition's program; build it with 'go run ./cmd/bundle ignition'")
	}
	folder := t.TempDir()
	// Called by this name it applies files and units; in a container only.
	link, config := filepath.Join(folder, "ignition-apply"), filepath.Join(folder, "config.ign")
	if err := os.Symlink(program, link); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(config, []byte(userData), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(link, "--offline", "--root", root, config)
	command.Env = append(os.Environ(), "container=oci")
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

func TestFlatcarConfig_AppliedByIgnitionIsTheUnitAndTheScript(t *testing.T) {
	text := script(t, input())
	want := fromFlatcar(t, text)
	root := flatcarTree(t)
	expected := contents(t, root)
	ignite(t, root, want.userData)
	expected[strings.TrimPrefix(bootScriptPath, "/")] = "-rwx------ " + text
	expected["etc/systemd/system/"+bootUnitName] = "-rw-r--r-- " + want.unit
	expected["etc/systemd/system-preset/20-ignition.preset"] = "-rw-r--r-- enable " + bootUnitName + "\n"
	if diff := cmp.Diff(expected, contents(t, root)); diff != "" {
		t.Fatalf("the tree is another one (-want +got):\n%s", diff)
	}
	t.Run("systemd reads the unit as it is meant", func(t *testing.T) {
		// Anything it prints is a line that it would leave out.
		if out := system(t, "systemd-analyze", "verify", "--man=no", "--root="+root, "/etc/systemd/system/"+bootUnitName); out != "" {
			t.Error(out)
		}
	})
	t.Run("the first boot's presets start it with every boot", func(t *testing.T) {
		system(t, "systemctl", "--root="+root, "preset-all")
		link := filepath.Join(root, "etc/systemd/system/multi-user.target.wants", bootUnitName)
		if to, err := os.Readlink(link); err != nil || to != "/etc/systemd/system/"+bootUnitName {
			t.Errorf("it is linked to %q (%v)", to, err)
		}
	})
}

// system runs a program of systemd, which must succeed; a machine without it
// skips.
func system(t *testing.T, name string, args ...string) string {
	t.Helper()
	if _, err := exec.LookPath(name); err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skipf("no %s here: apt-get install -y systemd", name)
	}
	out, err := exec.Command(name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}
