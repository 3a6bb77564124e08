package host

import (
	"context"
	"fmt"
	"io"
	"path"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// PrepareLayer gives a running host's kernel what a network layer needs. That it
// has it at every boot is the part of the host's config. A module that cannot be
// loaded may be part of the kernel itself, so it is said and no error.
func PrepareLayer(ctx context.Context, hostRoot string, kernel catalog.Kernel, runner Runner, log io.Writer) error {
	root, err := openRoot(hostRoot)
	if err != nil {
		return err
	}
	defer root.close()
	for _, module := range kernel.Modules {
		if root.exists("/sys/module/" + module) {
			continue
		}
		if _, err := runner.Run(ctx, Command{OnHost: true, Name: "modprobe", Args: []string{module}}); err != nil {
			_, _ = fmt.Fprintf(log, "network: module %s: %v\n", module, err)
		}
	}
	for _, name := range sorted(kernel.Sysctls) {
		if err := root.setSysctl(name, kernel.Sysctls[name]); err != nil {
			return fmt.Errorf("setting %s to %q, which the network layer needs: %w", name, kernel.Sysctls[name], err)
		}
	}
	return nil
}

// setSysctl sets a setting of the kernel, or with an asterisk those that there
// are by now: interfaces that come later are udev's to set, from the files that
// are read at boot.
func (r root) setSysctl(name, value string) error {
	files := []string{path.Join("/proc/sys", strings.ReplaceAll(name, ".", "/"))}
	if strings.Contains(name, "*") {
		var err error
		if files, err = r.glob(files[0]); err != nil {
			return err
		}
	}
	for _, file := range files {
		if err := r.root.WriteFile(rel(file), []byte(value+"\n"), 0o644); err != nil {
			return err
		}
	}
	return nil
}
