package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
)

// Prober asks a component of this host whether it is well.
type Prober interface {
	// Healthy is nil when the URL answers 200. The authority verifies the
	// server; without one it is not verified.
	Healthy(ctx context.Context, url string, authority []byte) error
}

// HTTPProber asks over HTTP and HTTPS.
type HTTPProber struct{}

var _ Prober = HTTPProber{}

// Healthy implements Prober.
func (HTTPProber) Healthy(ctx context.Context, url string, authority []byte) error {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if authority == nil {
		// A certificate that a component made for itself, on the loopback.
		config.InsecureSkipVerify = true
	} else {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(authority)
	}
	client := kubeapi.NewHTTP(config)
	defer client.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, _ := io.ReadAll(io.LimitReader(response.Body, 4096))
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s answers %s%s", url, response.Status, lastWords(body))
	}
	return nil
}
