package host

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"path"
	"regexp"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// unitsFolder is where Ignition writes units.
const unitsFolder = "/etc/systemd/system/"

// applyIgnition has the upstream program write what differs from the host.
func (r *run) applyIgnition(ctx context.Context) error {
	changes, count, err := r.changes(r.config)
	if err != nil {
		return err
	}
	if err := r.remember(ctx, changes); err != nil {
		return err
	}
	if r.isControlPlane() {
		if err := r.keepBundle(); err != nil {
			return err
		}
	}
	r.report.say("  %d files and units differ from the configuration", count)
	if err := r.sweep(); err != nil {
		return err
	}
	if count == 0 {
		return nil
	}
	if err := r.quietKubelet(ctx, changes); err != nil {
		return err
	}
	document, err := json.Marshal(changes)
	if err != nil {
		return fmt.Errorf("encoding the Ignition config: %w", err)
	}
	// The config holds keys: it goes through a pipe, not through a file. The
	// program works only where it believes to be in a container.
	_, err = r.Runner.Run(ctx, Command{
		Name: r.IgnitionApply, Args: []string{"--offline", "--root", r.HostRoot, "-"},
		Env: []string{"container=oci"}, Stdin: bytes.NewReader(document),
	})
	return err
}

// temporary is how Ignition calls a file before it has its name.
var temporary = regexp.MustCompile(`^tmp[0-9]{6,}$`)

// sweep removes what an Ignition that was killed was just writing: the kubelet
// would take it for a static pod.
func (r *run) sweep() error {
	folders := map[string]bool{path.Clean(unitsFolder): true}
	for _, file := range r.config.Storage.Files {
		folders[path.Dir(file.Path)] = true
	}
	for folder := range folders {
		entries, err := fs.ReadDir(r.root.root.FS(), rel(folder))
		if err != nil {
			continue // it is not there yet
		}
		for _, entry := range entries {
			if !entry.Type().IsRegular() || !temporary.MatchString(entry.Name()) {
				continue
			}
			if err := r.root.remove(path.Join(folder, entry.Name())); err != nil {
				return err
			}
		}
	}
	return nil
}

// changes leaves out of a config what the host already has. Ignition replaces
// every file by way of a temporary one beside it, and a kubelet that watches
// the folder of static pods would start, and end, each of those as a pod.
func (r *run) changes(config types.Config) (types.Config, int, error) {
	out := types.Config{Ignition: config.Ignition}
	for _, file := range config.Storage.Files {
		content, err := node.Content(file)
		if err != nil {
			return types.Config{}, 0, err
		}
		if !r.has(file.Path, *file.Mode, content) {
			out.Storage.Files = append(out.Storage.Files, file)
		}
	}
	for _, directory := range config.Storage.Directories {
		info, err := r.root.stat(directory.Path)
		if err != nil || !info.IsDir() || int(info.Mode().Perm()) != *directory.Mode {
			out.Storage.Directories = append(out.Storage.Directories, directory)
		}
	}
	for _, link := range config.Storage.Links {
		if target, err := r.root.readlink(link.Path); err != nil || target != *link.Target {
			out.Storage.Links = append(out.Storage.Links, link)
		}
	}
	for _, unit := range config.Systemd.Units {
		if !r.has(unitsFolder+unit.Name, 0o644, []byte(*unit.Contents)) {
			out.Systemd.Units = append(out.Systemd.Units, unit)
		}
	}
	count := len(out.Storage.Files) + len(out.Storage.Directories) + len(out.Storage.Links) + len(out.Systemd.Units)
	return out, count, nil
}

// has tells whether the host holds the file, and holds it as it should be.
func (r *run) has(path string, mode int, content []byte) bool {
	info, err := r.root.stat(path)
	if err != nil || !info.Mode().IsRegular() || int(info.Mode().Perm()) != mode {
		return false
	}
	got, err := r.root.read(path)
	return err == nil && bytes.Equal(got, content)
}

// keepBundle stores what the timer renews from.
func (r *run) keepBundle() error {
	if r.has(KeptBundle, 0o600, r.raw) {
		return nil
	}
	return r.root.write(KeptBundle, 0o600, r.raw)
}
