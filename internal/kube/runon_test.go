package kube_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// runOnNode has programs run on a node: with their streams, with a status, past
// a cut connection, detached; nothing is left of any.
func runOnNode(t *testing.T, server *kubetest.Server, c *kube.Client) {
	server.Do(t, kubetest.AdminToken, "POST", "/api/v1/namespaces/kube-system/serviceaccounts", "application/json", `{"metadata": {"name": "default"}}`)
	kubelet := newKubelet(t, server, c, "host")
	command := func(args ...string) kube.HostCommand {
		return kube.HostCommand{Node: "host", Image: "image", Args: args}
	}
	t.Run("CarriesBytesBothWays", func(t *testing.T) {
		sent := make([]byte, 5<<20)
		_, _ = rand.Read(sent)
		var got bytes.Buffer
		cmd := command("cat")
		cmd.Stdin, cmd.Stdout = bytes.NewReader(sent), &got
		if err := c.RunOnNode(t.Context(), cmd); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(sent, got.Bytes()) {
			t.Errorf("of %d bytes, %d came back, or others", len(sent), got.Len())
		}
	})
	t.Run("TellsTheStatus", func(t *testing.T) {
		var stdout, stderr bytes.Buffer
		cmd := command("sh", "-c", "echo data; echo why >&2; exit 3")
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		err := c.RunOnNode(t.Context(), cmd)
		var exit *kube.HostExitError
		if !errors.As(err, &exit) || exit.Code != 3 || exit.Node != "host" {
			t.Errorf("got %v", err)
		}
		if stdout.String() != "data\n" || stderr.String() != "why\n" {
			t.Errorf("it said %q and %q", stdout.String(), stderr.String())
		}
	})
	t.Run("TriesACutConnectionAgain", func(t *testing.T) {
		kubelet.mu.Lock()
		kubelet.refuse, kubelet.asked = 1, nil
		kubelet.mu.Unlock()
		if err := c.RunOnNode(t.Context(), command("true")); err != nil {
			t.Error(err)
		}
		kubelet.mu.Lock()
		defer kubelet.mu.Unlock()
		if kubelet.refuse != 0 || len(kubelet.asked) < 2 {
			t.Errorf("it was asked %d times, and %d cuts are left", len(kubelet.asked), kubelet.refuse)
		}
	})
	t.Run("DetachedIsThePodsOwnProgram", func(t *testing.T) {
		var stdout bytes.Buffer
		cmd := command("renew")
		cmd.Detached, cmd.Stdout = true, &stdout
		err := c.RunOnNode(t.Context(), cmd)
		var exit *kube.HostExitError
		if !errors.As(err, &exit) || exit.Code != 7 || stdout.String() != "a line of its log\n" {
			t.Errorf("got %v, and %q", err, stdout.String())
		}
	})
	t.Run("EndsWithItsContext", func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		cmd := command("sh", "-c", "echo there; sleep 5")
		cmd.Stdout = writer(func([]byte) { cancel() })
		if err := c.RunOnNode(ctx, cmd); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("SaysThatNothingWasStarted", func(t *testing.T) {
		cmd := command("true")
		cmd.Image = ""
		if err := c.RunOnNode(t.Context(), cmd); !errors.Is(err, kube.ErrNotStarted) || !strings.Contains(err.Error(), `node "host"`) {
			t.Errorf("got %v", err)
		}
	})
	kubetest.Eventually(t, "no pod to be left", func() error {
		pods, err := c.Pods(t.Context(), "kube-system", kube.HostPodLabel)
		for _, pod := range pods {
			// No kubelet confirms that their containers have ended.
			if obj, found, _ := c.Get(t.Context(), kube.Ref{Version: "v1", Kind: "Pod", Namespace: "kube-system", Name: pod.Name}); found && obj.GetDeletionTimestamp() == nil {
				err = fmt.Errorf("pod %s is not deleted", pod.Name)
			}
		}
		return err
	})
}

// writer tells of what is written to it.
type writer func([]byte)

func (w writer) Write(p []byte) (int, error) {
	w(p)
	return len(p), nil
}
