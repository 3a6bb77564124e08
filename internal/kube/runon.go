package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/remotecommand"
	clientexec "k8s.io/client-go/util/exec"
)

// HostCommand is a program of the bootstrap image to run on the host of a
// node, with the host's root at /host and all rights there.
type HostCommand struct {
	// Node is the node's name.
	Node string
	// Image is the reference of the bootstrap image.
	Image string
	// Args are the program and its arguments.
	Args []string
	// Each stream may be nil. They carry bytes as they are.
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// HostExitError is a program on a host that ended with a status above zero.
type HostExitError struct {
	Node string
	Args []string
	Code int
}

// Error names the program and the node.
func (e *HostExitError) Error() string {
	return fmt.Sprintf("running %q on node %q: exit status %d", strings.Join(e.Args, " "), e.Node, e.Code)
}

// ErrNotStarted is that of a program that was not started at all, because no
// pod came up on its node. Nothing was read from its standard input.
var ErrNotStarted = errors.New("the program was not started")

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

// RunOnNode runs a program on the host of a node by way of a pod, and deletes
// the pod however that ends. The pod only holds the door open: the program is
// started in it with its streams connected, so that nothing of what it prints
// can be lost, and its exit status is told by the kubelet.
func (c *Client) RunOnNode(ctx context.Context, command HostCommand) error {
	pods := c.clientset.CoreV1().Pods(metav1.NamespaceSystem)
	pod, err := pods.Create(ctx, hostPod(command), metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil {
		return fmt.Errorf("%w: making a pod on node %q: %w", ErrNotStarted, command.Node, err)
	}
	defer func() {
		// The caller's context may be what ended.
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
		defer cancel()
		_ = pods.Delete(ctx, pod.Name, metav1.DeleteOptions{}) // or its deadline ends it
	}()
	if err := c.awaitHostPod(ctx, pod.Name); err != nil {
		return fmt.Errorf("%w: starting a pod on node %q: %w", ErrNotStarted, command.Node, err)
	}
	stdout, stderr := command.Stdout, command.Stderr
	if stdout == nil {
		stdout = io.Discard
	}
	if stderr == nil {
		stderr = io.Discard
	}
	err = c.stream(ctx, pod.Namespace, pod.Name, "", command.Args, remotecommand.StreamOptions{
		Stdin: command.Stdin, Stdout: stdout, Stderr: stderr,
	})
	var exit clientexec.CodeExitError
	if errors.As(err, &exit) {
		return &HostExitError{Node: command.Node, Args: command.Args, Code: exit.Code}
	}
	return err
}

// awaitHostPod waits until the pod runs, or says what it waits for.
func (c *Client) awaitHostPod(ctx context.Context, name string) error {
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

// hostPod is a pod that does nothing, with all rights on its host. It goes
// past the scheduler and every taint: hosts in trouble are what it is for.
func hostPod(command HostCommand) *corev1.Pod {
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
				Command:         []string{"sleep", fmt.Sprint(int(hostPodLife.Seconds()))},
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
