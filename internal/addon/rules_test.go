package addon

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// excused are what breaks a rule, as "WORKLOAD/CONTAINER rule" or "WORKLOAD
// rule", with the reason. An excuse that nobody needs is an error, too.
func excused() map[string]string {
	return map[string]string{
		"kube-system/cilium/cilium-agent escalation": "it has CAP_SYS_ADMIN, with which the API refuses to forbid escalation",
		"kube-system/kube-router seccomp":            "its one container is privileged, and no profile confines that",
	}
}

// workload is what makes pods, with the spec of these.
type workload struct {
	addon, name string
	pod         core.PodSpec
}

// workloads are all there are in what all variants render, each once.
func workloads(t *testing.T) []workload {
	t.Helper()
	found := map[string]workload{}
	for _, set := range allSets(t) {
		for _, obj := range set.Objects {
			if spec, ok := podSpec(t, obj); ok {
				w := workload{obj.GetLabels()[Label], obj.GetNamespace() + "/" + obj.GetName(), spec}
				found[fmt.Sprintf("%s %s %v", w.addon, w.name, spec)] = w
			}
		}
	}
	var all []workload
	for _, key := range slices.Sorted(maps.Keys(found)) {
		all = append(all, found[key])
	}
	return all
}

func podSpec(t *testing.T, obj *unstructured.Unstructured) (spec core.PodSpec, ok bool) {
	t.Helper()
	at := []string{"spec", "template", "spec"}
	switch obj.GetKind() {
	case "DaemonSet", "Deployment", "StatefulSet", "Job":
	case "CronJob":
		at = append([]string{"spec", "jobTemplate"}, at...)
	default:
		return spec, false
	}
	fields, found, err := unstructured.NestedMap(obj.Object, at...)
	if err != nil || !found {
		t.Fatalf("%s %s has no pods: %v", obj.GetKind(), obj.GetName(), err)
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(fields, &spec); err != nil {
		t.Fatalf("reading the pods of %s %s: %v", obj.GetKind(), obj.GetName(), err)
	}
	return spec, true
}

// podRules are what every pod keeps; each says what is wrong, or nothing.
func podRules() map[string]func(core.PodSpec) string {
	return map[string]func(core.PodSpec) string{
		"priority": func(p core.PodSpec) string {
			if p.PriorityClassName == "" {
				return "has no priorityClassName"
			}
			return ""
		},
		"account": func(p core.PodSpec) string {
			if p.ServiceAccountName == "" && (p.AutomountServiceAccountToken == nil || *p.AutomountServiceAccountToken) {
				return "runs as the default account, with its token"
			}
			return ""
		},
		"seccomp": func(p core.PodSpec) string {
			if p.SecurityContext == nil || p.SecurityContext.SeccompProfile == nil {
				return "has no seccompProfile"
			}
			return ""
		},
	}
}

// containerRules are what every container keeps. Those that run before the
// others and end serve nobody.
func containerRules() map[string]func(c core.Container, before bool) string {
	return map[string]func(c core.Container, before bool) string{
		"requests": func(c core.Container, _ bool) string {
			if c.Resources.Requests.Cpu().IsZero() || c.Resources.Requests.Memory().IsZero() {
				return "does not request CPU and memory"
			}
			return ""
		},
		"limit": func(c core.Container, _ bool) string {
			if c.Resources.Limits.Memory().IsZero() {
				return "has no limit of memory"
			}
			return ""
		},
		"image": func(c core.Container, _ bool) string { return unpinned(c.Image) },
		"escalation": func(c core.Container, _ bool) string {
			s := c.SecurityContext
			privileged := s != nil && s.Privileged != nil && *s.Privileged
			if !privileged && (s == nil || s.AllowPrivilegeEscalation == nil || *s.AllowPrivilegeEscalation) {
				return "allows privilege escalation"
			}
			return ""
		},
		"ready": func(c core.Container, before bool) string {
			if !before && len(c.Ports) > 0 && c.ReadinessProbe == nil {
				return "serves ports and has no readiness probe"
			}
			return ""
		},
	}
}

// unpinned tells that an image may be another one tomorrow.
func unpinned(image string) string {
	if strings.Contains(image, "@sha256:") {
		return ""
	}
	_, tag, found := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	if !found || tag == "latest" || !strings.ContainsAny(tag, "0123456789") {
		return "has image " + image + ", whose version is not said"
	}
	return ""
}

func TestAddons_KeepTheRulesOfPods(t *testing.T) {
	excuses := excused()
	needed := map[string]bool{}
	broken := func(key, problem string) {
		if problem == "" {
			return
		}
		needed[key] = true
		if _, ok := excuses[key]; !ok {
			t.Errorf("%s (to excuse it: %q)", problem, key)
		}
	}
	for _, w := range workloads(t) {
		for name, rule := range podRules() {
			if problem := rule(w.pod); problem != "" {
				broken(w.name+" "+name, w.name+" "+problem)
			}
		}
		for i, c := range append(slices.Clone(w.pod.Containers), w.pod.InitContainers...) {
			for name, rule := range containerRules() {
				if problem := rule(c, i >= len(w.pod.Containers)); problem != "" {
					broken(w.name+"/"+c.Name+" "+name, w.name+", container "+c.Name+", "+problem)
				}
			}
		}
	}
	for key := range excuses {
		if !needed[key] {
			t.Errorf("%q is excused and keeps the rule", key)
		}
	}
}

// A version that an addon or a layer declares is that of one of its images.
func TestAddons_DeclareTheVersionTheyRun(t *testing.T) {
	declared := map[string]string{}
	addons, err := catalog.Addons()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addons {
		declared[a.Name] = a.Version
	}
	layers, err := catalog.Layers()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range layers {
		declared[l.Name] = l.Version
	}
	images := map[string][]string{}
	for _, w := range workloads(t) {
		for _, c := range append(slices.Clone(w.pod.Containers), w.pod.InitContainers...) {
			images[w.addon] = append(images[w.addon], c.Image)
		}
	}
	for name, version := range declared {
		is := func(image string) bool {
			image, _, _ = strings.Cut(image, "@")
			_, tag, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
			return strings.TrimPrefix(tag, "v") == strings.TrimPrefix(version, "v")
		}
		if version != "" && !slices.ContainsFunc(images[name], is) {
			t.Errorf("%s declares version %s and runs %s", name, version, strings.Join(images[name], ", "))
		}
	}
}

// hostsOwn are ports on hosts that no other host needs to reach: a probe of
// the same host's kubelet does. As "WORKLOAD port", with what is there.
func hostsOwn() map[string]string {
	return map[string]string{}
}

// What a layer opens on its hosts is in what it declares, which firewalls open,
// or nobody from outside needs it.
func TestLayers_DeclareThePortsTheyOpen(t *testing.T) {
	layers, err := catalog.Layers()
	if err != nil {
		t.Fatal(err)
	}
	own, needed := hostsOwn(), map[string]bool{}
	for _, w := range workloads(t) {
		at := slices.IndexFunc(layers, func(l catalog.Layer) bool { return l.Name == w.addon })
		if at < 0 {
			continue
		}
		for _, c := range w.pod.Containers {
			for _, port := range c.Ports {
				if !w.pod.HostNetwork && port.HostPort == 0 || port.HostIP == "127.0.0.1" {
					continue
				}
				key := fmt.Sprintf("%s %d", w.name, port.ContainerPort)
				needed[key] = true
				if _, ok := own[key]; !ok && !opens(layers[at], port) {
					t.Errorf("%s listens on %d, which layer %s does not declare (or, where no other host needs it: %q)", w.name, port.ContainerPort, w.addon, key)
				}
			}
		}
	}
	for key := range own {
		if !needed[key] {
			t.Errorf("%q is listed, and nothing listens there", key)
		}
	}
}

func opens(layer catalog.Layer, port core.ContainerPort) bool {
	return slices.ContainsFunc(layer.Ports, func(p catalog.Port) bool {
		return p.From <= int(port.ContainerPort) && int(port.ContainerPort) <= p.Last() && strings.EqualFold(p.Protocol, string(port.Protocol))
	})
}
