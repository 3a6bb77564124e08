package host

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	corev1 "k8s.io/api/core/v1"
)

// waitForNode waits until the API has let the kubelet in and knows its node.
func (r *run) waitForNode(ctx context.Context) error {
	journal := func(ctx context.Context) []string { return r.journal(ctx, node.KubeletUnit) }
	if err := r.until(ctx, wait{
		what:  "the API at " + r.bundle.Endpoint + " to sign the kubelet's certificate",
		ready: func(context.Context) error { return r.kubeletAccepted() },
		tail:  journal,
		next:  "journalctl -u " + node.KubeletUnit,
	}); err != nil {
		return err
	}
	return r.until(ctx, wait{
		what: "the kubelet to register the node " + r.self.Name, pause: r.pace(),
		ready: func(ctx context.Context) error { _, err := r.ownNode(ctx); return err },
		tail:  journal,
		next:  "journalctl -u " + node.KubeletUnit,
	})
}

// waitForReady waits until pods can run here. Where the user brings the pod
// network, that is no longer this program's to wait for.
func (r *run) waitForReady(ctx context.Context) error {
	if r.bundle.Cluster.Spec.Network.Layer == config.None {
		r.report.say("  the node becomes ready with the pod network that you bring")
		return nil
	}
	return r.until(ctx, wait{
		what: "the node to be ready", reasons: true, pause: 5*r.Pause + r.pace(),
		ready: func(ctx context.Context) error {
			self, err := r.ownNode(ctx)
			if err != nil {
				return err
			}
			return notReady(self)
		},
		tail: func(ctx context.Context) []string { return r.journal(ctx, node.KubeletUnit) },
		next: "kubectl describe node " + r.self.Name,
	})
}

// notReady says why a node takes no pods, in its kubelet's words.
func notReady(n *corev1.Node) error {
	for _, condition := range n.Status.Conditions {
		if condition.Type == corev1.NodeReady && condition.Status == corev1.ConditionTrue {
			return nil
		}
		if condition.Type == corev1.NodeReady {
			return errors.New(condition.Message)
		}
	}
	return errors.New("its kubelet has not yet said how it is")
}

// ownNode is this host's node as the API has it, asked with the rights of its
// kubelet. A control plane asks its own server, for which it needs no balancer.
func (r *run) ownNode(ctx context.Context) (*corev1.Node, error) {
	pair, err := r.readSecret(node.KubeletClientPath)
	if err != nil {
		return nil, fmt.Errorf("reading the kubelet's certificate: %w", err)
	}
	url := "https://" + r.bundle.Endpoint
	if r.isControlPlane() {
		url = r.API
	}
	return r.Nodes.Node(ctx, url, r.self.Name, pair, []byte(r.bundle.Credentials.CA.Certificate))
}

// Nodes asks an API about a node.
type Nodes interface {
	// Node is asked for with a certificate and key in one PEM document; the
	// authority verifies the server.
	Node(ctx context.Context, url, name string, pair, authority []byte) (*corev1.Node, error)
}

// HTTPNodes asks over HTTPS.
type HTTPNodes struct{}

var _ Nodes = HTTPNodes{}

// Node implements Nodes.
func (HTTPNodes) Node(ctx context.Context, url, name string, pair, authority []byte) (*corev1.Node, error) {
	api, err := kubeapi.WithCertificate(url, pair, pair, authority)
	if err != nil {
		return nil, err
	}
	defer api.Close()
	found := &corev1.Node{}
	if err := api.Call(ctx, http.MethodGet, "/api/v1/nodes/"+name, nil, found); errors.Is(err, kubeapi.ErrNotFound) {
		return nil, fmt.Errorf("the API has no node %s", name)
	} else if err != nil {
		return nil, err
	}
	return found, nil
}
