package kube

import (
	"bytes"
	"context"
	"fmt"
	"io"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/remotecommand"
	"k8s.io/streaming/pkg/httpstream"
)

// Exec runs a command in a container of a pod; an empty container is the
// pod's only one.
func (c *Client) Exec(ctx context.Context, namespace, pod, container string, command []string) (stdout, stderr string, err error) {
	var out, errs bytes.Buffer
	err = c.stream(ctx, namespace, pod, container, command, remotecommand.StreamOptions{Stdout: &out, Stderr: &errs})
	return out.String(), errs.String(), err
}

// stream runs a command in a container and connects the streams that are not
// nil with it.
func (c *Client) stream(ctx context.Context, namespace, pod, container string, command []string, streams remotecommand.StreamOptions) error {
	request := c.clientset.CoreV1().RESTClient().Post().
		Resource("pods").Namespace(namespace).Name(pod).SubResource("exec").
		VersionedParams(&corev1.PodExecOptions{
			Container: container, Command: command,
			Stdin: streams.Stdin != nil, Stdout: streams.Stdout != nil, Stderr: streams.Stderr != nil,
		}, scheme.ParameterCodec)
	// Web sockets first, and what came before them where a proxy in between
	// does not let them through: just as kubectl does.
	old, err := remotecommand.NewSPDYExecutor(c.config, "POST", request.URL())
	if err != nil {
		return fmt.Errorf("preparing to run %q in pod %s/%s: %w", command, namespace, pod, err)
	}
	sockets, err := remotecommand.NewWebSocketExecutor(c.config, "GET", request.URL().String())
	if err != nil {
		return fmt.Errorf("preparing to run %q in pod %s/%s: %w", command, namespace, pod, err)
	}
	executor, err := remotecommand.NewFallbackExecutor(sockets, old, func(err error) bool {
		return httpstream.IsUpgradeFailure(err) || httpstream.IsHTTPSProxyError(err)
	})
	if err != nil {
		return fmt.Errorf("preparing to run %q in pod %s/%s: %w", command, namespace, pod, err)
	}
	if err := executor.StreamWithContext(ctx, streams); err != nil {
		return fmt.Errorf("running %q in pod %s/%s: %w", command, namespace, pod, err)
	}
	return nil
}

// Logs returns the last lines of a container's log; previous asks for the
// container before the present one.
func (c *Client) Logs(ctx context.Context, namespace, pod, container string, lines int64, previous bool) (string, error) {
	stream, err := c.clientset.CoreV1().Pods(namespace).GetLogs(pod, &corev1.PodLogOptions{
		Container: container, TailLines: &lines, Previous: previous,
	}).Stream(ctx)
	if err != nil {
		return "", fmt.Errorf("reading the log of pod %s/%s: %w", namespace, pod, err)
	}
	defer stream.Close()
	text, err := io.ReadAll(stream)
	if err != nil {
		return "", fmt.Errorf("reading the log of pod %s/%s: %w", namespace, pod, err)
	}
	return string(text), nil
}
