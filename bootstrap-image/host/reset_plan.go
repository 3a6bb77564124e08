package host

import (
	"context"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// resetPlan is what a reset will do, found out before it does anything.
type resetPlan struct {
	rec record
	// found is the record's as far as it is on the host.
	units, files, interfaces []string
	// folders are those of pod networks, with all that is in them.
	folders            []string
	containers, images []string
	// volumes are folders with what pods keep on the host.
	volumes []string
	// data are folders whose content goes, with how many files that are.
	data map[string]int
	// foreign are files of others in folders of ours: they stay.
	foreign []string
	// restartContainerd tells that its configuration changes.
	restartContainerd bool
}

// ownState are our files below the state folder that may be older than the record: a
// host may have them and nothing else.
func ownState() []string {
	return []string{KeptBundle, etcdPath, imagesStamp, formatStamp, recordPath, appliedPath}
}

// unrecorded are files that no apply writes, but the components that it starts.
func unrecorded() []string {
	return []string{node.KubeletKubeconfigPath, "/etc/kubernetes/bootstrap-kubelet.conf"}
}

// legacyFiles are what versions that kept no record wrote.
func legacyFiles() []string {
	return []string{
		"/etc/kubernetes/*", "/etc/kubernetes/*/*", "/etc/kubernetes/pki/etcd/*",
		node.SysctlPath, "/etc/modules-load.d/kubernetes.conf", "/etc/systemd/system-preset/10-kubernetes-anywhere.preset",
		"/etc/systemd/system/containerd.service.d/10-kubernetes-anywhere.conf", node.ContainerdConfigPath,
		unitsFolder + node.KubeletUnit, unitsFolder + "kubernetes-anywhere-*", unitsFolder + node.EtcdMount,
	}
}

// makePlan looks at the host; nothing is changed.
func (r *reset) makePlan(ctx context.Context) error {
	rec, found, err := readRecord(r.root)
	if err != nil {
		return err
	}
	look := &run{root: r.root}
	if !found && look.setUpBefore() {
		rec = r.assumeRecord(look)
	}
	p := resetPlan{rec: rec, data: map[string]int{}}
	for _, file := range append(slices.Clone(rec.Made), unrecorded()...) {
		_, replaced := rec.Replaced[file]
		if !replaced && !slices.Contains(p.files, file) && r.root.isThere(file) {
			p.files = append(p.files, file)
		}
	}
	if !found && rec.Role == "" {
		p.files = nil
		for _, file := range ownState() {
			if r.root.isThere(file) {
				p.files = append(p.files, file)
			}
		}
		r.plan = p
		return nil
	}
	p.units = rec.Units
	p.addNetwork(r.root)
	for _, folder := range componentFolders() {
		if count := r.goes(rec, folder); count > 0 {
			p.data[folder] = count
		}
	}
	p.volumes, _ = r.root.glob(volumesFolder + "/*")
	p.containers = r.list(ctx, "containers")
	p.images = slices.DeleteFunc(r.list(ctx, "images"), func(name string) bool { return slices.Contains(rec.Images, name) })
	p.foreign = r.foreignFiles(p)
	_, replaced := rec.Replaced[node.ContainerdConfigPath]
	p.restartContainerd = replaced || slices.Contains(p.files, node.ContainerdConfigPath)
	r.plan = p
	return nil
}

// assumeRecord is the record of a host that was set up before there were any.
func (r *reset) assumeRecord(look *run) record {
	held, _ := look.belongsTo()
	rec := record{Version: recordVersion, Cluster: held.cluster, Role: held.role, Engine: node.Docker}
	for _, pattern := range legacyFiles() {
		found, _ := r.root.glob(pattern)
		for _, file := range found {
			if info, err := r.root.stat(file); err == nil && !info.IsDir() {
				rec.Made = append(rec.Made, file)
			}
			if path.Dir(file)+"/" == unitsFolder {
				rec.Units = append(rec.Units, path.Base(file))
			}
		}
	}
	rec.Folders = []string{node.ManifestsPath, "/etc/kubernetes/apiserver", "/etc/kubernetes/pki/etcd", "/etc/kubernetes/pki", "/etc/kubernetes"}
	rec.Folders = append(rec.Folders, componentFolders()...)
	return rec
}

// addNetwork adds what pod networks left.
func (p *resetPlan) addNetwork(root root) {
	for _, device := range root.podInterfaces() {
		if !slices.Contains(p.rec.Before, device) {
			p.interfaces = append(p.interfaces, path.Base(device))
		}
	}
	files, folders := root.layerFiles()
	ours := func(name string) bool { return !slices.Contains(p.rec.Before, name) }
	for _, file := range files {
		if ours(file) && !slices.Contains(p.files, file) {
			p.files = append(p.files, file)
		}
	}
	for _, folder := range folders {
		if ours(folder) {
			p.folders = append(p.folders, folder)
		}
	}
}

// goes is how many files of a folder go.
func (r *reset) goes(rec record, folder string) int {
	count := 0
	for _, name := range r.root.below(folder) {
		if info, err := r.root.root.Lstat(rel(name)); err == nil && !info.IsDir() && !slices.Contains(rec.Before, name) {
			count++
		}
	}
	return count
}

// foreignFiles are in folders that we made, and not by us.
func (r *reset) foreignFiles(p resetPlan) []string {
	var out []string
	for _, folder := range p.rec.Folders {
		if slices.Contains(componentFolders(), folder) || strings.HasPrefix(folder, "/var/l") {
			continue
		}
		found, _ := r.root.glob(folder + "/*")
		for _, file := range found {
			info, err := r.root.root.Lstat(rel(file))
			if err == nil && !info.IsDir() && !slices.Contains(p.files, file) && !p.rec.knows(file) {
				out = append(out, file)
			}
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// list asks containerd for what it has for pods.
func (r *reset) list(ctx context.Context, what string) []string {
	output, err := r.onHost(ctx, "ctr", "--namespace", podNamespace, what, "list", "--quiet")
	if err != nil {
		r.say("  %v", err)
		return nil
	}
	return strings.Fields(string(output))
}

// isEmpty tells that there is nothing of ours.
func (p resetPlan) isEmpty() bool { return p.rec.Role == "" && len(p.files) == 0 }

// print lists what goes, what comes back and what stays.
func (p resetPlan) print(out io.Writer) error {
	var text strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&text, format+"\n", args...) }
	if p.rec.Role != "" {
		line("This host is a %s of the cluster %q.", p.rec.Role, p.rec.Cluster)
	}
	line("To be taken away:")
	for _, unit := range p.units {
		line("  service    %s", unit)
	}
	if len(p.containers)+len(p.images) > 0 {
		line("  pods       %d containers and %d images of containerd's namespace %s", len(p.containers), len(p.images), podNamespace)
	}
	for _, name := range p.interfaces {
		line("  network    %s", name)
	}
	if p.rec.Role != "" {
		line("  network    firewall rules of kube-proxy and the pod network")
	}
	for _, folder := range p.folders {
		line("  network    %s", folder)
	}
	for _, folder := range componentFolders() {
		if count := p.data[folder]; count > 0 {
			line("  data       %s (%d files)", folder, count)
		}
	}
	for _, volume := range p.volumes {
		line("  volume     %s (a pod's data: copy what you want to keep)", volume)
	}
	for _, file := range p.files {
		line("  file       %s", file)
	}
	if len(p.rec.Replaced)+len(p.rec.Settings) > 0 {
		line("To be put back as it was:")
	}
	for _, file := range sorted(p.rec.Replaced) {
		line("  file       %s", file)
	}
	for _, name := range sorted(p.rec.Settings) {
		line("  setting    %s = %s", name, p.rec.Settings[name])
	}
	line("What stays: packages, the container engine with its images and containers, kernel modules, every file that was here before.")
	for _, file := range p.foreign {
		line("  file       %s (not of kubernetes-anywhere)", file)
	}
	_, err := io.WriteString(out, text.String())
	return err
}

// volumesFolder is where the addon local-storage keeps pods' volumes. They go
// with the node, as no other can have them.
const volumesFolder = stateFolder + "/volumes"
