package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
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
	// Detached starts the program by the kubelet alone, so that it goes on when
	// the connection to it is lost: for what restarts components or gives them
	// other certificates. It has no standard input, and what it prints on either
	// stream comes to Stdout when it has ended.
	Detached bool
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

// RunOnNode runs a program on the host of a node by way of a pod, and deletes
// the pod however that ends. Unless it is detached, the pod only holds the door
// open: the program is started in it with its streams connected, so that nothing
// of what it prints can be lost, and its exit status is told by the kubelet.
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
	if err := c.awaitHostPod(ctx, pod.Name, command.Detached); err != nil {
		return fmt.Errorf("%w: starting a pod on node %q: %w", ErrNotStarted, command.Node, err)
	}
	code := 0
	if command.Detached {
		code, err = c.awaitHostProgram(ctx, pod.Name, command)
	} else {
		code, err = c.execOnHost(ctx, pod.Name, command)
	}
	if err == nil && code != 0 {
		return &HostExitError{Node: command.Node, Args: command.Args, Code: code}
	}
	return err
}

// execTries is how often a program is started. An API server that has just been
// given another certificate for kubelets closes its connections to all of them
// when it makes the next one, and that one with them (client-go,
// transport/cert_rotation.go).
const execTries = 3

// execOnHost runs the program in the pod, with its streams connected.
func (c *Client) execOnHost(ctx context.Context, pod string, command HostCommand) (code int, err error) {
	used := &used{}
	streams := remotecommand.StreamOptions{Stdout: used.writer(command.Stdout), Stderr: used.writer(command.Stderr)}
	if command.Stdin != nil {
		streams.Stdin = used.reader(command.Stdin)
	}
	for try := 1; ; try++ {
		err = c.stream(ctx, metav1.NamespaceSystem, pod, "", command.Args, streams)
		var exit clientexec.CodeExitError
		switch {
		case errors.As(err, &exit):
			return exit.Code, nil
		case err == nil || used.any.Load() || try == execTries || ctx.Err() != nil:
			return 0, err
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// used tells whether anything has gone through one of its streams: then what
// was run cannot be run again as if nothing had been.
type used struct{ any atomic.Bool }

func (u *used) writer(to io.Writer) io.Writer {
	return funcs{write: func(p []byte) (int, error) {
		u.any.Store(true)
		if to == nil {
			return len(p), nil
		}
		return to.Write(p)
	}}
}

func (u *used) reader(from io.Reader) io.Reader {
	return funcs{read: func(p []byte) (int, error) {
		u.any.Store(true)
		return from.Read(p)
	}}
}

// funcs is a stream made of functions.
type funcs struct{ read, write func([]byte) (int, error) }

func (f funcs) Read(p []byte) (int, error)  { return f.read(p) }
func (f funcs) Write(p []byte) (int, error) { return f.write(p) }

// awaitHostProgram waits for the end of a detached program, past times in which
// the API does not answer, and hands on what it has printed.
func (c *Client) awaitHostProgram(ctx context.Context, pod string, command HostCommand) (code int, err error) {
	pods := c.clientset.CoreV1().Pods(metav1.NamespaceSystem)
	answered := time.Now()
	for {
		found, err := pods.Get(ctx, pod, metav1.GetOptions{})
		switch {
		case ctx.Err() != nil:
			return 0, ctx.Err()
		case apierrors.IsNotFound(err):
			return 0, fmt.Errorf("waiting for %q on node %q: somebody has deleted its pod %s", command.Args, command.Node, pod)
		case err != nil && time.Since(answered) > hostPodPatience:
			return 0, fmt.Errorf("waiting for %q on node %q, which may still run: %w", command.Args, command.Node, err)
		case err == nil:
			answered = time.Now()
			if code, ended := exitCode(found); ended {
				return code, c.copyLog(ctx, pod, command.Stdout)
			}
		}
		select {
		case <-ctx.Done():
			return 0, ctx.Err()
		case <-time.After(hostPodPause):
		}
	}
}

// exitCode is that of the pod's only container.
func exitCode(pod *corev1.Pod) (code int, ended bool) {
	for _, status := range pod.Status.ContainerStatuses {
		if t := status.State.Terminated; t != nil {
			return int(t.ExitCode), true
		}
	}
	// Its deadline may have ended it before it began.
	return -1, pod.Status.Phase == corev1.PodFailed
}

// copyLog hands the whole log of a pod on; the first connection to its kubelet
// may fail (see execTries).
func (c *Client) copyLog(ctx context.Context, pod string, to io.Writer) error {
	if to == nil {
		return nil
	}
	var text []byte
	var err error
	for range execTries {
		text, err = c.clientset.CoreV1().Pods(metav1.NamespaceSystem).GetLogs(pod, &corev1.PodLogOptions{}).DoRaw(ctx)
		if err == nil {
			_, err = to.Write(text)
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Second):
		}
	}
	return fmt.Errorf("reading what the program of pod %s has said: %w", pod, err)
}
