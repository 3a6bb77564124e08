// Package kubeapi is the few calls that phase 2 makes to an API server itself:
// plain HTTP and JSON. A client library would be ten times the program.
package kubeapi

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

const (
	// patience with one call.
	patience = 15 * time.Second
	// longestAnswer is more than any object that phase 2 reads.
	longestAnswer = 8 << 20
)

// ErrNotFound is what errors.Is finds in an answer of 404.
var ErrNotFound = errors.New("not found")

// Client calls one API server.
type Client struct {
	// URL has no slash at its end: https://10.0.0.2:6443.
	URL  string
	HTTP *http.Client
	// Token is sent where there is no client certificate.
	Token string
}

// StatusError is an answer other than success.
type StatusError struct {
	Method, Path, Status string
	Code                 int
	// Message is the server's own word on it.
	Message string
}

// Error tells the call and the answer.
func (e *StatusError) Error() string {
	return fmt.Sprintf("%s %s: %s: %s", e.Method, e.Path, e.Status, e.Message)
}

// Is makes an answer of 404 ErrNotFound.
func (e *StatusError) Is(target error) bool {
	return target == ErrNotFound && e.Code == http.StatusNotFound
}

// Code is the status of the answer in an error; 0 where there was none.
func Code(err error) int {
	var status *StatusError
	if errors.As(err, &status) {
		return status.Code
	}
	return 0
}

// WithCertificate is a client that shows a certificate; all of them in PEM.
func WithCertificate(url string, certificate, key, authority []byte) (Client, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return Client{}, fmt.Errorf("reading the client certificate: %w", err)
	}
	config := trusting(authority)
	config.Certificates = []tls.Certificate{pair}
	return Client{URL: url, HTTP: NewHTTP(config)}, nil
}

// WithToken is a client that shows a bearer token, or nothing if it is empty.
func WithToken(url, token string, authority []byte) Client {
	return Client{URL: url, HTTP: NewHTTP(trusting(authority)), Token: token}
}

func trusting(authority []byte) *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots}
}

// NewHTTP goes to hosts directly, whatever proxy is set.
func NewHTTP(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, Proxy: nil}, Timeout: patience}
}

// Close lets go of connections that are kept for the next call.
func (c Client) Close() { c.HTTP.CloseIdleConnections() }

// Call sends in, where it is not nil, and reads the answer into out, where that
// is not nil. A PATCH is a merge patch.
func (c Client) Call(ctx context.Context, method, path string, in, out any) error {
	var body io.Reader
	if in != nil {
		document, err := json.Marshal(in)
		if err != nil {
			return fmt.Errorf("encoding a request to %q: %w", path, err)
		}
		body = bytes.NewReader(document)
	}
	request, err := http.NewRequestWithContext(ctx, method, c.URL+path, body)
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if method == http.MethodPatch {
		request.Header.Set("Content-Type", "application/merge-patch+json")
	}
	if c.Token != "" {
		request.Header.Set("Authorization", "Bearer "+c.Token)
	}
	response, err := c.HTTP.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, longestAnswer))
	switch {
	case err != nil:
		return fmt.Errorf("%s %s: reading the answer: %w", method, path, err)
	case response.StatusCode >= http.StatusMultipleChoices:
		return &StatusError{Method: method, Path: path, Status: response.Status, Code: response.StatusCode, Message: words(answer)}
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}

// words is the message of a Status object, or the answer as it is.
func words(answer []byte) string {
	var status struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(answer, &status) == nil && status.Message != "" {
		return status.Message
	}
	return strings.TrimSpace(string(answer[:min(len(answer), 400)]))
}
