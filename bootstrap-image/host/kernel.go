package host

import (
	"path"
	"strings"
)

// kernel is the running kernel's release, and whether it lacks nf_tables: it
// does when the lists of its modules are there and name it in none, and it was
// not loaded either. A kernel without such lists has all that it has built in
// and says so nowhere; it counts as having it.
func (r *run) kernel() (release string, withoutNFTables bool) {
	text, err := r.root.read("/proc/sys/kernel/osrelease")
	if err != nil {
		return "", false
	}
	release = strings.TrimSpace(string(text))
	loaded, _ := r.root.read("/proc/modules")
	if strings.Contains("\n"+string(loaded), "\nnf_tables ") {
		return release, false
	}
	lists := 0
	for _, name := range []string{"modules.builtin", "modules.dep"} {
		list, err := r.root.read(path.Join("/lib/modules", release, name))
		if err != nil {
			continue
		}
		lists++
		// A module may be compressed: nf_tables.ko.zst.
		if strings.Contains(string(list), "/nf_tables.ko") {
			return release, false
		}
	}
	return release, lists == 2
}
