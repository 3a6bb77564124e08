// Package localstorage makes volumes on the disks of hosts: each node makes
// those of the pods that run on it, and deletes them when their claims are gone.
package localstorage

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	core "k8s.io/api/core/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

// Options say which node this is and where its volumes are.
type Options struct {
	// Node is the node's name.
	Node string
	// Folder is where volumes are: the same path on the host and here, as the
	// kubelet is given it.
	Folder string
	// Listen is where health is asked for, host:port; empty for nowhere.
	Listen string
	// Config is how to reach the API; nil is as pods do.
	Config *rest.Config
	Log    io.Writer
}

// pause is how long between two tries of what must succeed at the start.
const pause = 2 * time.Second

// Run makes and deletes volumes until it is told to end.
func Run(ctx context.Context, o Options) error {
	config := o.Config
	if config == nil {
		var err error
		if config, err = rest.InClusterConfig(); err != nil {
			return fmt.Errorf("finding the API: %w; this runs in a pod, see addons/local-storage", err)
		}
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("connecting to the API: %w", err)
	}
	root, err := open(o.Folder)
	if err != nil {
		return err
	}
	defer root.Close()
	p := &provisioner{node: o.Node, folder: o.Folder, root: root}
	// Nobody else makes this node's volumes, so there is nobody to elect.
	provisioning := controller.NewProvisionController(ctx, client, Name, p, controller.LeaderElection(false), controller.Threadiness(2))
	ended, err := serve(ctx, o.Listen, provisioning.HasRun)
	if err != nil {
		return err
	}
	if p.host, err = hostname(ctx, client, o); err != nil {
		return err
	}
	fmt.Fprintf(o.Log, "local-storage: volumes of node %q are in %s\n", o.Node, o.Folder)
	provisioning.Run(ctx)
	return <-ended
}

// hostname is the label by which pods, and so volumes, are held to the node.
func hostname(ctx context.Context, client kubernetes.Interface, o Options) (string, error) {
	for {
		node, err := client.CoreV1().Nodes().Get(ctx, o.Node, meta.GetOptions{})
		if err == nil {
			return cmp.Or(node.Labels[core.LabelHostname], o.Node), nil
		}
		fmt.Fprintf(o.Log, "local-storage: asking for node %q: %v\n", o.Node, err)
		select {
		case <-ctx.Done():
			return "", ctx.Err()
		case <-time.After(pause):
		}
	}
}

// serve answers whether the program lives and whether it works. What it returns
// gives the server's end.
func serve(ctx context.Context, listen string, ready func() bool) (<-chan error, error) {
	ended := make(chan error, 1)
	if listen == "" {
		ended <- nil
		return ended, nil
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return nil, fmt.Errorf("listening for questions about health: %w", err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok\n") })
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !ready() {
			http.Error(w, "has not read the API yet", http.StatusServiceUnavailable)
			return
		}
		_, _ = io.WriteString(w, "ok\n")
	})
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			ended <- fmt.Errorf("answering questions about health: %w", err)
			return
		}
		ended <- nil
	}()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return ended, nil
}
