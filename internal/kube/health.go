package kube

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"k8s.io/client-go/rest"
)

// Health is how one API server answers.
type Health struct {
	// Took is how long its answer took, the handshake included.
	Took time.Duration
	// Failing names its own checks that fail; empty where it is ready.
	Failing string
	// Serving is the certificate it showed, also where that is not trusted; nil
	// where it showed none.
	Serving *x509.Certificate
	// At is the time at the server, to the second, by the date of its answer;
	// zero where it named none.
	At time.Time
	// Err says why it did not answer at all.
	Err error
}

// everyServersName is in the serving certificate of every API server: what
// pods call the API by.
const everyServersName = "kubernetes"

// Health asks the API server how it is.
func (c *Client) Health(ctx context.Context) Health { return health(ctx, rest.CopyConfig(c.config)) }

// HealthAt asks one of the cluster's API servers, at host:port, by itself:
// past whatever stands before them.
func (c *Client) HealthAt(ctx context.Context, address string) Health {
	config := rest.CopyConfig(c.config)
	config.Host = "https://" + address
	if !config.Insecure {
		config.ServerName = everyServersName
	}
	return health(ctx, config)
}

func health(ctx context.Context, config *rest.Config) Health {
	out := Health{}
	client, err := rest.HTTPClientFor(config)
	if err == nil {
		err = out.ask(ctx, client, config.Host)
	}
	var refused *tls.CertificateVerificationError
	if errors.As(err, &refused) && len(refused.UnverifiedCertificates) > 0 {
		out.Serving = refused.UnverifiedCertificates[0]
	}
	out.Err = err
	return out
}

func (h *Health) ask(ctx context.Context, client *http.Client, host string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(host, "/")+"/readyz?verbose", nil)
	if err != nil {
		return fmt.Errorf("asking %q for its health: %w", host, err)
	}
	begun := time.Now()
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("reaching the API server: %w", err)
	}
	defer response.Body.Close()
	h.Took = time.Since(begun)
	if at, err := http.ParseTime(response.Header.Get("Date")); err == nil {
		h.At = at
	}
	if response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		h.Serving = response.TLS.PeerCertificates[0]
	}
	if response.StatusCode == http.StatusOK {
		return nil
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	if err != nil {
		return fmt.Errorf("reading the health of %q: %w", host, err)
	}
	h.Failing = failing(string(body))
	if h.Failing == "" {
		h.Failing = response.Status
	}
	return nil
}
