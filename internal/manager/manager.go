// Package manager is the addon-manager, a static pod of every control plane.
// One of them at a time keeps the cluster's addons applied, approves kubelets'
// serving certificates, labels the control planes and, in a cluster whose cloud
// makes nodes, keeps it open to them.
package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// File is what phase 2 leaves for the addon-manager: enough to render the
// addons of a cluster that has none yet. It holds no secret.
type File struct {
	Cluster config.Cluster `json:"cluster"`
	// NodeEndpoint is host:port of the API as nodes reach it.
	NodeEndpoint string `json:"nodeEndpoint"`
	// ControlPlanes are the names of the nodes to label as such. Without
	// them nodes are recognised by the control plane's taint.
	ControlPlanes []string `json:"controlPlanes,omitempty"`
	// BootstrapTokenID is the public half of the token by which nodes join. It
	// is given where machines are made without anyone's doing, and the token
	// is then kept from running out.
	BootstrapTokenID string `json:"bootstrapTokenID,omitempty"`
	// Layer is the declaration of a network layer of the user's own. Its
	// objects come from the user's machine, and what it replaces stays away.
	Layer *catalog.Layer `json:"layer,omitempty"`
}

// Options say what the addon-manager runs with.
type Options struct {
	// Kubeconfig and ClusterFile are paths; ClusterFile holds a File in JSON.
	Kubeconfig, ClusterFile string
	// Identity is who holds the lease; empty means the host's name.
	Identity string
	// Listen is the address at which health and metrics are told; empty for
	// none.
	Listen string
	// Log takes one line an event.
	Log io.Writer
}

// The lease by which one of several addon-managers acts.
const (
	leaseNamespace = "kube-system"
	leaseName      = "kubernetes-anywhere-addon-manager"
)

// cluster is what the manager needs of the API.
type cluster interface {
	ReadDesired(context.Context) (*kube.Desired, bool, error)
	CreateDesired(context.Context, []*unstructured.Unstructured) error
	Reconcile(context.Context, kube.Options) ([]kube.Change, error)
	Watch(context.Context, []kube.Ref, func(string)) error
	ServingRequests(context.Context) ([]certificatesv1.CertificateSigningRequest, error)
	Approve(ctx context.Context, request *certificatesv1.CertificateSigningRequest, reason, message string) error
	GetNode(context.Context, string) (*corev1.Node, error)
	UnlabelledNodes(context.Context, string) ([]corev1.Node, error)
	LabelNode(ctx context.Context, name, label, value string) error
	ExtendBootstrapToken(ctx context.Context, id string, end time.Time) (bool, error)
}

var _ cluster = (*kube.Client)(nil)

// manager is one that holds the lease.
type manager struct {
	cluster cluster
	file    File
	log     *log
	metrics *metrics
	pulse   *pulse
	// events tells the cluster what happened; nil tells nobody.
	events func(kube.Notice)
	// known are the objects that were seen applied.
	known map[kube.Ref]bool
}

// Run runs until the context ends, which is no error.
func Run(ctx context.Context, opts Options) error {
	log := &log{w: opts.Log, now: time.Now}
	if opts.Identity == "" {
		host, err := os.Hostname()
		if err != nil {
			return fmt.Errorf("finding the host's name: %w", err)
		}
		opts.Identity = host
	}
	file, err := readFile(opts.ClusterFile)
	if err != nil {
		return err
	}
	m := &manager{file: file, log: log, metrics: newMetrics(), pulse: &pulse{}, known: map[kube.Ref]bool{}}
	if err := m.serve(ctx, opts.Listen); err != nil {
		return err
	}
	client, err := connect(ctx, opts.Kubeconfig, log)
	if err != nil {
		return quiet(err)
	}
	tell, stop := client.Events(component, opts.Identity)
	defer stop()
	m.cluster, m.events = client, tell
	for ctx.Err() == nil {
		log.printf("lease: waiting for %s/%s", leaseNamespace, leaseName)
		err := client.Lead(ctx, kube.Lease{
			Namespace: leaseNamespace, Name: leaseName, Identity: opts.Identity,
			Observed: func(leader string) { log.printf("lease: held by %s", leader) },
		}, m.act)
		if ctx.Err() == nil {
			log.printf("lease: lost: %v", err)
		}
	}
	return nil
}

// act does all that only one may do, until the context ends.
func (m *manager) act(ctx context.Context) error {
	m.pulse.lead(true)
	m.metrics.leader.Set(1)
	defer m.metrics.leader.Set(0)
	defer m.pulse.lead(false)
	var running sync.WaitGroup
	for _, loop := range []func(context.Context){m.keepAddons, m.approveRequests, m.labelNodes, m.keepToken} {
		running.Go(func() { loop(ctx) })
	}
	running.Wait()
	return ctx.Err()
}

func readFile(path string) (File, error) {
	var file File
	text, err := os.ReadFile(path)
	if err != nil {
		return file, fmt.Errorf("reading cluster file: %w", err)
	}
	if err := json.Unmarshal(text, &file); err != nil {
		return file, fmt.Errorf("reading cluster file %q: %w", path, err)
	}
	return file, nil
}

// connect waits until the API is ready and says, each time it changes, why it
// is not.
func connect(ctx context.Context, kubeconfig string, log *log) (*kube.Client, error) {
	for {
		client, err := dial(ctx, kubeconfig)
		if err == nil {
			log.printf("api: %s is ready", client.Host())
			return client, nil
		}
		log.once("api", "waiting: %v", err)
		if !sleep(ctx, time.Second) {
			return nil, ctx.Err()
		}
	}
}

func dial(ctx context.Context, kubeconfig string) (*kube.Client, error) {
	text, err := os.ReadFile(kubeconfig)
	if err != nil {
		return nil, err
	}
	client, err := kube.New(text)
	if err != nil {
		return nil, err
	}
	return client, client.Healthz(ctx)
}

// sleep says whether the context is still good after a while.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// quiet is no error for a context that was ended on purpose.
func quiet(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
