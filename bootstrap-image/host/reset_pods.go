package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
)

// endPods ends all that containerd runs for pods, and removes the images that
// came with the node.
func (r *reset) endPods(ctx context.Context) error {
	if _, err := r.onHost(ctx, "systemctl", "start", "containerd.service"); err != nil {
		r.say("  %v", err) // where there is none, there are no pods
		return nil
	}
	// What was being started when the kubelet ended comes up in between.
	containers := r.list(ctx, "containers")
	for range 3 {
		for _, id := range containers {
			_, _ = r.onHost(ctx, "ctr", "--namespace", podNamespace, "tasks", "delete", "--force", id)
			_, _ = r.onHost(ctx, "ctr", "--namespace", podNamespace, "containers", "delete", id)
		}
		if containers = r.list(ctx, "containers"); len(containers) == 0 {
			break
		}
	}
	if len(containers) > 0 {
		return fmt.Errorf("%d containers do not end: %s; 'ctr --namespace %s tasks list' shows them", len(containers), strings.Join(containers, ", "), podNamespace)
	}
	images := slices.DeleteFunc(r.list(ctx, "images"), func(name string) bool { return slices.Contains(r.plan.rec.Images, name) })
	if len(images) > 0 {
		// Waits until the space is free.
		r.try(ctx, "ctr", append([]string{"--namespace", podNamespace, "images", "delete", "--sync"}, images...)...)
	}
	return nil
}

// unmount unmounts volumes of pods and their network namespaces: on the host,
// then in this container, which began with a copy of the host's mounts. What is
// removed after it must be no volume's content.
func (r *reset) unmount(ctx context.Context) error {
	hosts, err := r.podMounts("/proc/1/mountinfo", r.root.read, "")
	if err != nil {
		return err
	}
	for _, mount := range hosts {
		for _, args := range [][]string{{mount}, {"--lazy", mount}} {
			if _, err = r.Runner.Run(ctx, Command{Name: "nsenter", Args: append([]string{"--target", "1", "--mount", "--", "umount"}, args...)}); err == nil {
				break // a server that is gone may need the second
			}
		}
		if err != nil {
			return err
		}
	}
	own, err := r.podMounts("/proc/self/mountinfo", os.ReadFile, path.Clean(r.HostRoot))
	if err != nil {
		return err
	}
	for _, mount := range own {
		r.try(ctx, "umount", "--lazy", mount)
	}
	if own, err = r.podMounts("/proc/self/mountinfo", os.ReadFile, path.Clean(r.HostRoot)); err != nil || len(own) > 0 {
		return fmt.Errorf("volumes are still mounted, and what is in them must stay: %s (%w)", strings.Join(own, ", "), cmp.Or(err, errBusy))
	}
	namespaces, err := r.root.glob("/run/netns/cni-*")
	if err != nil {
		return err
	}
	for _, name := range namespaces {
		if err := r.root.remove(name); err != nil {
			return err
		}
	}
	return nil
}

var errBusy = errors.New("unmount them, or restart the machine")

// podMounts are those of pods below a root, by the table of a process, the
// deepest first and as the host calls them.
func (r *reset) podMounts(table string, read func(string) ([]byte, error), below string) ([]string, error) {
	content, err := read(table)
	if err != nil {
		return nil, fmt.Errorf("reading which volumes are mounted: %w", err)
	}
	var out []string
	for line := range strings.Lines(string(content)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		// Blanks and the like are written as octal numbers.
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4])
		at, ok := strings.CutPrefix(at, strings.TrimSuffix(below, "/"))
		if ok && (strings.HasPrefix(at, "/var/lib/kubelet/") || strings.HasPrefix(at, "/run/netns/cni-")) {
			out = append(out, at)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return out, nil
}

// removeNetwork removes what kube-proxy and pod networks made in the kernel.
func (r *reset) removeNetwork(ctx context.Context) error {
	for _, name := range r.plan.interfaces {
		r.try(ctx, "ip", "link", "delete", name)
	}
	r.removeRules(ctx)
	// After the rules that name them.
	layers := layerCleaning{LayerCleaning: LayerCleaning{Leftovers: r.root.layerLeftovers(), Log: r.Log, Runner: r.Runner}}
	if err := layers.sets(ctx); err != nil {
		return err
	}
	for _, folder := range r.plan.folders {
		if err := r.root.root.RemoveAll(rel(folder)); err != nil {
			return fmt.Errorf("removing %q: %w", folder, err)
		}
	}
	return nil
}
