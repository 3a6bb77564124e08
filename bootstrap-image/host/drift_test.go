package host

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// applied is a host as an apply leaves it: two files, a unit, a link, and what
// belongs to the kubelet from then on.
func appliedHost(t *testing.T) (dir string) {
	t.Helper()
	r, _ := newRun(t, map[string]string{
		"etc/kubernetes/a": "as wanted", "etc/kubernetes/b": "secret", "etc/systemd/system/u.service": "[Unit]", "var/lib/kubelet/pki/first.pem": "old",
	})
	file := func(path, content string, mode int) types.File {
		source := "data:;base64," + base64.StdEncoding.EncodeToString([]byte(content))
		f := types.File{Node: types.Node{Path: path}}
		f.Mode, f.Contents.Source = &mode, &source
		return f
	}
	r.config.Storage.Files = []types.File{
		file("/etc/kubernetes/b", "secret", 0o600), file("/etc/kubernetes/a", "as wanted", 0o644), file("/var/lib/kubelet/pki/first.pem", "new", 0o600),
	}
	unit, leads := "[Unit]", "/etc/kubernetes/a"
	r.config.Systemd.Units = []types.Unit{{Name: "u.service", Contents: &unit}}
	r.config.Storage.Links = []types.Link{{Node: types.Node{Path: "/etc/link"}, LinkEmbedded1: types.LinkEmbedded1{Target: &leads}}}
	dir = r.HostRoot
	if err := os.Symlink(leads, filepath.Join(dir, "etc/link")); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(filepath.Join(dir, "etc/kubernetes/b"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := r.keepApplied(context.Background()); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDrift_FindsNothingOnAHostAsItWasLeft(t *testing.T) {
	dir := appliedHost(t)
	got, err := Drift(dir, "h")
	if diff := cmp.Diff(node.Drift{Host: "h", Compared: 4, Files: []node.FileDrift{}}, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	record, err := os.ReadFile(filepath.Join(dir, appliedPath))
	if err != nil || strings.Contains(string(record), "c2VjcmV0") || strings.Contains(string(record), `"secret"`) {
		t.Errorf("the record holds more than digests: %v\n%s", err, record)
	}
	if info, err := os.Stat(filepath.Join(dir, appliedPath)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the record's mode: %v, %v", info.Mode(), err)
	}
}

func TestDrift_NamesWhatSomebodyChanged(t *testing.T) {
	for name, test := range map[string]struct {
		change func(dir string) error
		want   node.FileDrift
	}{
		"content": {func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "etc/kubernetes/a"), []byte("by hand"), 0o644)
		},
			node.FileDrift{Path: "/etc/kubernetes/a", What: "content", Wanted: digest([]byte("as wanted")), Is: digest([]byte("by hand"))}},
		"mode": {func(dir string) error { return os.Chmod(filepath.Join(dir, "etc/kubernetes/b"), 0o644) },
			node.FileDrift{Path: "/etc/kubernetes/b", What: "mode", Wanted: "0600", Is: "0644"}},
		"missing unit": {func(dir string) error { return os.Remove(filepath.Join(dir, "etc/systemd/system/u.service")) },
			node.FileDrift{Path: "/etc/systemd/system/u.service", What: "is missing"}},
		"link": {func(dir string) error {
			link := filepath.Join(dir, "etc/link")
			if err := os.Remove(link); err != nil {
				return err
			}
			return os.Symlink("/elsewhere", link)
		}, node.FileDrift{Path: "/etc/link", What: "link", Wanted: "/etc/kubernetes/a", Is: "/elsewhere"}},
		"a folder instead": {func(dir string) error {
			file := filepath.Join(dir, "etc/kubernetes/a")
			if err := os.Remove(file); err != nil {
				return err
			}
			return os.Mkdir(file, 0o755)
		}, node.FileDrift{Path: "/etc/kubernetes/a", What: "is no file"}},
	} {
		dir := appliedHost(t)
		if err := test.change(dir); err != nil {
			t.Fatal(err)
		}
		got, err := Drift(dir, "h")
		if diff := cmp.Diff([]node.FileDrift{test.want}, got.Files); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestDrift_SaysWhereNothingWasRecorded(t *testing.T) {
	if _, err := Drift(t.TempDir(), "h"); err == nil || !strings.Contains(err.Error(), "the next one does") {
		t.Errorf("got %v", err)
	}
}
