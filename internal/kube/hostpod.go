package kube

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const (
	// hostPodLife ends a pod whose maker was killed before it could delete it.
	hostPodLife = time.Hour
	// hostPodPatience is how long a pod may take to start: its image is on
	// every node, so that no pull is part of it.
	hostPodPatience = 2 * time.Minute
	hostPodPause    = 200 * time.Millisecond
)

// HostPodLabel marks the pods of RunOnNode, so that one that was left behind
// can be found.
const HostPodLabel = "kubernetes-anywhere.io/host-command"

// awaitHostPod waits until the pod runs, or says what it waits for. One whose
// program is its own may have ended by then.
func (c *Client) awaitHostPod(ctx context.Context, name string, mayEnd bool) error {
	limited, cancel := context.WithTimeout(ctx, hostPodPatience)
	defer cancel()
	reason := "pod " + name + ": pending"
	for {
		pod, err := c.clientset.CoreV1().Pods(metav1.NamespaceSystem).Get(limited, name, metav1.GetOptions{})
		switch {
		case err != nil && limited.Err() == nil:
			return err
		case err == nil && pod.Status.Phase == corev1.PodRunning:
			return nil
		case err == nil && mayEnd && hasEnded(pod):
			return nil
		case err == nil && (pod.Status.Phase == corev1.PodFailed || pod.Status.Phase == corev1.PodSucceeded):
			return fmt.Errorf("pod %s has ended: %s %s", name, pod.Status.Reason, pod.Status.Message)
		case err == nil:
			if why := podReason(pod); why != "" {
				reason = why
			}
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-limited.Done():
			return fmt.Errorf("not running after %s: %s (%w)", hostPodPatience, reason, limited.Err())
		case <-time.After(hostPodPause):
		}
	}
}

func hasEnded(pod *corev1.Pod) bool { _, ended := exitCode(pod); return ended }

// hostPod is a pod with all rights on its host, that does nothing by itself
// unless its program is detached. It goes
// past the scheduler and every taint: hosts in trouble are what it is for.
func hostPod(command HostCommand) *corev1.Pod {
	program := []string{"sleep", fmt.Sprint(int(hostPodLife.Seconds()))}
	if command.Detached {
		program = command.Args
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "kubernetes-anywhere-host-", Namespace: metav1.NamespaceSystem,
			Labels: map[string]string{HostPodLabel: "true"},
		},
		Spec: corev1.PodSpec{
			NodeName: command.Node, HostPID: true, HostNetwork: true,
			RestartPolicy:                 corev1.RestartPolicyNever,
			ActiveDeadlineSeconds:         new(int64(hostPodLife.Seconds())),
			TerminationGracePeriodSeconds: new(int64(1)),
			AutomountServiceAccountToken:  new(false),
			EnableServiceLinks:            new(false),
			PriorityClassName:             "system-node-critical",
			Tolerations:                   []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "host", Image: command.Image, ImagePullPolicy: corev1.PullIfNotPresent,
				Command:         program,
				SecurityContext: &corev1.SecurityContext{Privileged: new(true)},
				VolumeMounts:    []corev1.VolumeMount{{Name: "host", MountPath: "/host"}},
			}},
			// Without a type the kubelet, which may be in a container, does not
			// look for the path itself.
			Volumes: []corev1.Volume{{Name: "host", VolumeSource: corev1.VolumeSource{
				HostPath: &corev1.HostPathVolumeSource{Path: "/"},
			}}},
		},
	}
}
