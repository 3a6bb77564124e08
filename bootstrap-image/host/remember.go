package host

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// componentFolders are where kubelet, containerd, the pod network and etcd keep
// what they make; all of it goes with the node. It is not for a reset to empty
// one that was there before of what was in it.
func componentFolders() []string {
	return []string{
		"/var/lib/kubelet", "/var/lib/etcd", "/var/lib/cni", "/run/flannel",
		"/var/log/pods", "/var/log/containers", "/var/log/kubernetes", stateFolder,
	}
}

// networkFolder is where pod networks leave their configuration, among that of
// others.
const networkFolder = "/etc/cni/net.d"

// remember records what the stages from here on put on the host.
func (r *run) remember(ctx context.Context, changes types.Config) error {
	rec, found, err := readRecord(r.root)
	if err != nil {
		return err
	}
	ours := !found && r.setUpBefore()
	if ours {
		changes = r.config // what is as it should be was written by us too
	} else if !found {
		rec.Before = r.before()
		rec.Images = r.podImages(ctx)
	}
	rec.Cluster, rec.Role, rec.Node = r.bundle.Cluster.Metadata.Name, r.bundle.Role, r.self.Name
	rec.Engine, rec.Image = r.facts.ContainerEngine, r.image()
	rec.Authorities = fingerprints([]byte(r.bundle.Credentials.CA.Certificate))
	for _, folder := range changes.Storage.Directories {
		if err := rec.addFolder(r.root, folder.Path, ours); err != nil {
			return err
		}
	}
	files, err := r.paths(changes, ours)
	if err != nil {
		return err
	}
	for _, file := range files {
		if err := rec.add(r.root, file, ours); err != nil {
			return err
		}
	}
	for _, unit := range r.config.Systemd.Units {
		rec.Units = append(rec.Units, unit.Name)
	}
	// What engines make of their own accord, where a mount of the kubelet's is
	// missing, and what containerd and the kubelet make.
	for _, folder := range append(componentFolders(), networkFolder, "/opt/containerd/bin", "/opt/containerd/lib", "/srv", "/mnt", "/lib/modules") {
		rec.addFolders(r.root, folder)
	}
	r.addSettings(&rec)
	return rec.save(r.root)
}

// paths are the files and links that will be written, or have been.
func (r *run) paths(changes types.Config, written bool) ([]string, error) {
	var out []string
	for _, file := range changes.Storage.Files {
		out = append(out, file.Path)
	}
	for _, link := range changes.Storage.Links {
		out = append(out, link.Path)
	}
	for _, unit := range changes.Systemd.Units {
		out = append(out, unitsFolder+unit.Name)
	}
	plugins, err := r.otherPlugins(written)
	return append(out, plugins...), err
}

// otherPlugins are the CNI plugins that the host has not or has otherwise, or
// all of them.
func (r *run) otherPlugins(all bool) ([]string, error) {
	plugins, err := os.ReadDir(r.CNIPlugins)
	if err != nil {
		return nil, err
	}
	var out []string
	for _, plugin := range plugins {
		target := cniFolder + "/" + plugin.Name()
		content, err := os.ReadFile(filepath.Join(r.CNIPlugins, plugin.Name()))
		if plugin.IsDir() || err != nil {
			continue // installing it says why
		}
		if got, err := r.root.read(target); all || err != nil || !bytes.Equal(got, content) {
			out = append(out, target)
		}
	}
	return out, nil
}

// before is what is there already where components will make their own.
func (r *run) before() []string {
	var out []string
	for _, folder := range append(componentFolders(), networkFolder) {
		out = append(out, r.root.below(folder)...)
	}
	out = append(out, r.root.podInterfaces()...)
	files, folders := r.root.layerFiles()
	out = append(append(out, files...), folders...)
	// What is kept on the host before its first record is ours all the same.
	return slices.DeleteFunc(out, func(name string) bool {
		return strings.HasPrefix(name+"/", originalFolder+"/") || slices.Contains(ownState(), name)
	})
}

// podImages are the images that containerd has for pods, as far as it runs.
func (r *run) podImages(ctx context.Context) []string {
	output, err := r.onHost(ctx, "ctr", "--namespace", podNamespace, "images", "list", "--quiet")
	if err != nil {
		return nil
	}
	return strings.Fields(string(output))
}

// addSettings keeps the values that kernel settings have now.
func (r *run) addSettings(rec *record) {
	for _, file := range r.config.Storage.Files {
		if file.Path != node.SysctlPath {
			continue
		}
		content, err := node.Content(file)
		if err != nil {
			return // Ignition says so
		}
		for name, value := range settings(content) {
			before, err := r.root.read(settingPath(name))
			was := strings.TrimSpace(string(before))
			if _, known := rec.Settings[name]; known || err != nil || was == value {
				continue
			}
			if rec.Settings == nil {
				rec.Settings = map[string]string{}
			}
			rec.Settings[name] = was
		}
	}
}

// settings are the lines of a sysctl file.
func settings(content []byte) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(string(content)) {
		if name, value, ok := strings.Cut(line, "="); ok && !strings.HasPrefix(line, "#") {
			out[strings.TrimSpace(name)] = strings.TrimSpace(value)
		}
	}
	return out
}

func settingPath(name string) string { return "/proc/sys/" + strings.ReplaceAll(name, ".", "/") }
