package node

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/yaml"
)

// InputsAnnotation is a digest of the files a pod reads once, at its start.
// When one changes so does the manifest, and the kubelet restarts the pod.
// Files that a component watches by itself are not part of it.
const InputsAnnotation = "kubernetes-anywhere.io/inputs"

// criticalPriority is system-node-critical in figures: a static pod passes no
// admission that would fill it in.
const criticalPriority = 2000001000

// staticPod is what differs between the pods of a control plane.
type staticPod struct {
	name     string
	image    string
	command  []string
	cpu      string
	memory   string
	mounts   []mount
	readOnce []string // files whose change must restart it
	probes   probes
}

// mount is a path of the host at the same path in the pod.
type mount struct {
	path     string
	kind     corev1.HostPathType
	writable bool
	scratch  bool // an empty folder instead
}

// probes are where a component answers about its health.
type probes struct {
	scheme    corev1.URIScheme
	port      int
	live      string
	ready     string
	startSecs int32
}

// readFolder and readFile mount what a pod only reads.
func readFolder(path string) mount { return mount{path: path, kind: corev1.HostPathDirectory} }
func readFile(path string) mount   { return mount{path: path, kind: corev1.HostPathFile} }

// manifest is the pod in YAML.
func (s staticPod) manifest(t *tree) (string, error) {
	pod := corev1.Pod{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{
			Name: s.name, Namespace: metav1.NamespaceSystem,
			Labels:      map[string]string{"component": s.name, "tier": "control-plane"},
			Annotations: map[string]string{InputsAnnotation: t.digest(s.readOnce...)},
		},
		Spec: corev1.PodSpec{
			HostNetwork:       true,
			PriorityClassName: "system-node-critical",
			Priority:          new(int32(criticalPriority)),
			SecurityContext: &corev1.PodSecurityContext{
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{s.container()},
			Volumes:    s.volumes(),
		},
	}
	out, err := yaml.Marshal(pod)
	if err != nil {
		return "", fmt.Errorf("writing the static pod %q: %w", s.name, err)
	}
	return string(out), nil
}

// container runs as root, as the keys are root's, and may do nothing else
// that root may.
func (s staticPod) container() corev1.Container {
	c := corev1.Container{
		Name: s.name, Image: s.image, ImagePullPolicy: corev1.PullIfNotPresent, Command: s.command,
		Resources: corev1.ResourceRequirements{Requests: corev1.ResourceList{
			corev1.ResourceCPU: resource.MustParse(s.cpu), corev1.ResourceMemory: resource.MustParse(s.memory),
		}},
		SecurityContext: &corev1.SecurityContext{
			AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
			Capabilities: &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
		},
	}
	for _, m := range s.mounts {
		c.VolumeMounts = append(c.VolumeMounts, corev1.VolumeMount{
			Name: volumeName(m.path), MountPath: m.path, ReadOnly: !m.writable && !m.scratch,
		})
	}
	if s.probes.port != 0 {
		c.StartupProbe = s.probes.probe(s.probes.live, 2, s.probes.startSecs/2)
		c.LivenessProbe = s.probes.probe(s.probes.live, 10, 8)
		c.ReadinessProbe = s.probes.probe(s.probes.ready, 1, 3)
	}
	return c
}

func (p probes) probe(path string, period, failures int32) *corev1.Probe {
	return &corev1.Probe{
		ProbeHandler: corev1.ProbeHandler{HTTPGet: &corev1.HTTPGetAction{
			Host: "127.0.0.1", Port: intstr.FromInt(p.port), Path: path, Scheme: p.scheme,
		}},
		PeriodSeconds: period, FailureThreshold: failures, TimeoutSeconds: 15,
	}
}

func (s staticPod) volumes() []corev1.Volume {
	var out []corev1.Volume
	for _, m := range s.mounts {
		source := corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: m.path, Type: new(m.kind)}}
		if m.scratch {
			source = corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}
		}
		out = append(out, corev1.Volume{Name: volumeName(m.path), VolumeSource: source})
	}
	return out
}

// volumeName makes a DNS label of a path.
func volumeName(path string) string {
	return strings.NewReplacer("/", "-", ".", "-", "_", "-").Replace(strings.TrimPrefix(path, "/"))
}
