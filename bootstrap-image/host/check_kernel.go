package host

import (
	"path"
	"regexp"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// otherLayer is what to do where a kernel is not to be changed.
const otherLayer = "or choose another in spec.network.layer"

// checkKernel refuses a host whose kernel cannot do what the cluster's network
// layer is made of. What cannot be known, as in a container without its
// machine's modules, is let pass.
func (r *run) checkKernel(problems *refusal) {
	layer, err := r.bundle.NetworkLayer()
	if err != nil {
		problems.add("%v; this bootstrap image may be older than the cluster's config", err)
		return
	}
	content, err := r.root.read("/proc/sys/kernel/osrelease")
	if err != nil {
		return
	}
	release, called := strings.TrimSpace(string(content)), catalog.Called(layer.Name)
	if least := layer.Kernel.MinVersion; olderKernel(release, least) {
		problems.add("network layer %s needs Linux %s, and this host runs %s: boot a newer one, %s", called, least, release, otherLayer)
	}
	if missing := r.missingModules(release, layer.Kernel.Modules); len(missing) > 0 {
		problems.add("network layer %s needs what Linux %s here was built without, %s: install the rest of its modules ('apt-get install linux-modules-extra-%s' on Ubuntu), boot another kernel, %s",
			called, release, strings.Join(missing, ", "), release, otherLayer)
	}
}

var kernelVersion = regexp.MustCompile(`^(\d+)\.(\d+)`)

// olderKernel compares the first two numbers; a version of another form passes.
func olderKernel(release, least string) bool {
	has, needs := kernelVersion.FindStringSubmatch(release), kernelVersion.FindStringSubmatch(least)
	if has == nil || needs == nil {
		return false
	}
	for i := 1; i <= 2; i++ {
		have, _ := strconv.Atoi(has[i])
		need, _ := strconv.Atoi(needs[i])
		if have != need {
			return have < need
		}
	}
	return false
}

// missingModules are those that are neither loaded nor on the host's disk nor
// part of its kernel, by the lists that depmod keeps. A host without them
// misses none.
func (r *run) missingModules(release string, names []string) []string {
	there := map[string]bool{}
	listed := false
	for _, folder := range []string{"/lib/modules/", "/usr/lib/modules/"} {
		for _, list := range []string{"modules.dep", "modules.builtin"} {
			content, err := r.root.read(folder + release + "/" + list)
			if err != nil {
				continue
			}
			listed = listed || list == "modules.dep"
			for line := range strings.Lines(string(content)) {
				file, _, _ := strings.Cut(strings.TrimSpace(line), ":")
				there[moduleName(path.Base(file))] = true
			}
		}
	}
	if !listed {
		return nil
	}
	var missing []string
	for _, name := range names {
		if !there[moduleName(name)] && !r.root.exists("/sys/module/"+moduleName(name)) {
			missing = append(missing, name)
		}
	}
	return missing
}

// moduleName is what the kernel calls the module of a file.
func moduleName(file string) string {
	name, _, _ := strings.Cut(file, ".ko")
	return strings.ReplaceAll(name, "-", "_")
}
