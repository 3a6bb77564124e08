// Package kube talks to a cluster's API: it applies what is wanted, prunes
// what no longer is, and tells what is not ready and why. It is the only
// package that knows client-go.
package kube

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
)

// FieldManager is the name under which fields are owned in the cluster, by
// the command and the addon-manager alike.
const FieldManager = "kubernetes-anywhere"

// Client talks to one cluster.
type Client struct {
	config    *rest.Config
	clientset kubernetes.Interface
	dynamic   dynamic.Interface
	metadata  metadata.Interface
	mapper    mapper
}

// mapper finds the resource of a kind, and can forget what it knows.
type mapper interface {
	meta.RESTMapper
	Reset()
}

// New returns a client of the cluster that a kubeconfig's current context
// names. It makes no request. Each that is made later is told to those who want
// to hear of it, in one line.
func New(kubeconfig []byte, hear ...func(request string)) (*Client, error) {
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("reading kubeconfig: %w", err)
	}
	for _, tell := range hear {
		config.Wrap(func(next http.RoundTripper) http.RoundTripper { return telling{next, tell} })
	}
	// A whole set of addons is applied at once; the default of 5 requests a
	// second would make that the slowest step.
	config.QPS, config.Burst = 50, 100
	config.UserAgent = FieldManager
	clientset, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for %q: %w", config.Host, err)
	}
	dyn, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for %q: %w", config.Host, err)
	}
	md, err := metadata.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("making a client for %q: %w", config.Host, err)
	}
	cached := memory.NewMemCacheClient(clientset.Discovery())
	return &Client{
		config: config, clientset: clientset, dynamic: dyn, metadata: md,
		mapper: restmapper.NewDeferredDiscoveryRESTMapper(cached),
	}, nil
}

// Host is the URL of the API that the client talks to.
func (c *Client) Host() string { return c.config.Host }

// Version is the version of the API server, such as v1.37.1.
func (c *Client) Version(context.Context) (string, error) {
	v, err := c.clientset.Discovery().ServerVersion()
	if err != nil {
		return "", fmt.Errorf("asking %q for its version: %w", c.config.Host, err)
	}
	return v.GitVersion, nil
}

// Healthz says whether the API server is ready, and if it is not, which of
// its own checks fail.
func (c *Client) Healthz(ctx context.Context) error {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return fmt.Errorf("making a client for %q: %w", c.config.Host, err)
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	url := strings.TrimSuffix(c.config.Host, "/") + "/readyz?verbose"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("asking %q for its health: %w", c.config.Host, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("reaching the API server: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("reading the health of %q: %w", c.config.Host, err)
	}
	return fmt.Errorf("API server is not ready (%s): %s", response.Status, failing(string(body)))
}

// failing picks the checks that fail from a verbose health report.
func failing(report string) string {
	var lines []string
	for _, line := range strings.Split(report, "\n") {
		if rest, ok := strings.CutPrefix(line, "[-]"); ok {
			lines = append(lines, strings.TrimSuffix(rest, ": reason withheld"))
		}
	}
	if len(lines) == 0 {
		return strings.TrimSpace(report)
	}
	return strings.Join(lines, ", ")
}

// resource finds where objects of a kind are served. A kind that is not known
// yet, because its definition has just been applied, is waited for.
func (c *Client) resource(ctx context.Context, gvk schema.GroupVersionKind, namespace string) (dynamic.ResourceInterface, schema.GroupVersionResource, error) {
	mapping, err := c.mapping(ctx, gvk)
	if err != nil {
		return nil, schema.GroupVersionResource{}, err
	}
	if mapping.Scope.Name() == meta.RESTScopeNameRoot {
		return c.dynamic.Resource(mapping.Resource), mapping.Resource, nil
	}
	if namespace == "" {
		namespace = "default"
	}
	return c.dynamic.Resource(mapping.Resource).Namespace(namespace), mapping.Resource, nil
}

func (c *Client) mapping(ctx context.Context, gvk schema.GroupVersionKind) (*meta.RESTMapping, error) {
	const tries = 5
	for try := 1; ; try++ {
		mapping, err := c.mapper.RESTMapping(gvk.GroupKind(), gvk.Version)
		switch {
		case err == nil:
			return mapping, nil
		case !meta.IsNoMatchError(err) || try == tries:
			return nil, fmt.Errorf("finding kind %q: %w", gvk.String(), err)
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), err)
		case <-time.After(time.Duration(try) * 200 * time.Millisecond):
			c.mapper.Reset()
		}
	}
}
