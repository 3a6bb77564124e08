package host

import (
	"cmp"
	"context"
	"fmt"
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

// unmount unmounts volumes of pods and their network namespaces.
func (r *reset) unmount(ctx context.Context) error {
	for _, mount := range r.podMounts() {
		if _, err := r.onHost(ctx, "umount", mount); err == nil {
			continue
		}
		// Its server may be gone: it then goes as soon as nobody looks at it.
		if _, err := r.onHost(ctx, "umount", "--lazy", mount); err != nil {
			return err
		}
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

// podMounts are those of pods, the deepest first.
func (r *reset) podMounts() []string {
	table, err := r.root.read("/proc/1/mountinfo")
	if err != nil {
		r.say("  %v", err)
		return nil
	}
	var out []string
	for line := range strings.Lines(string(table)) {
		fields := strings.Fields(line)
		if len(fields) < 5 {
			continue
		}
		// Blanks and the like are written as octal numbers.
		at := strings.NewReplacer(`\040`, " ", `\011`, "\t", `\012`, "\n", `\134`, `\`).Replace(fields[4])
		if strings.HasPrefix(at, "/var/lib/kubelet/") || strings.HasPrefix(at, "/run/netns/cni-") {
			out = append(out, at)
		}
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(len(b), len(a)) })
	return out
}

// removeNetwork removes what kube-proxy and pod networks made in the kernel.
func (r *reset) removeNetwork(ctx context.Context) error {
	for _, name := range r.plan.interfaces {
		r.try(ctx, "ip", "link", "delete", name)
	}
	r.removeRules(ctx)
	return nil
}
