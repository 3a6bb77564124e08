package host

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

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

// tokenLife is how long new nodes may join with the token of a bundle.
const tokenLife = 24 * time.Hour

// openCluster lets nodes join that have the bundle's token: what a control
// plane does as soon as its API answers.
func (r *run) openCluster(ctx context.Context) error {
	if !r.isControlPlane() || r.Renew {
		return nil // a token that has ended stays so
	}
	api, err := r.apiAsAdmin()
	if err != nil {
		return err
	}
	defer api.client.CloseIdleConnections()
	return r.until(ctx, wait{
		what:  "the API to take the bootstrap token",
		ready: func(ctx context.Context) error { return r.ensureToken(ctx, api) },
		tail:  func(ctx context.Context) []string { return r.podLog(ctx, "kube-apiserver") },
		next:  "kubectl --kubeconfig " + node.AdminPath + " -n kube-system get secrets",
	})
}

// apiAsAdmin is the API server of this control plane.
func (r *run) apiAsAdmin() (api, error) {
	return newAPI(r.API, r.leafs["admin"].Certificate, r.leafs["admin"].Key, []byte(r.bundle.Credentials.CA.Certificate))
}

// ensureToken makes the Secret of the bundle's token where it is missing, and
// again where it has ended.
func (r *run) ensureToken(ctx context.Context, api api) error {
	secret, err := node.TokenSecret(r.bundle, r.Now().Add(tokenLife))
	if err != nil {
		return err
	}
	path := "/api/v1/namespaces/kube-system/secrets"
	var existing corev1.Secret
	err = api.call(ctx, http.MethodGet, path+"/"+secret.Name, nil, &existing)
	switch {
	case errors.Is(err, errNotFound):
		r.report.say("  new nodes may join until %s", secret.StringData["expiration"])
		return api.call(ctx, http.MethodPost, path, secret, nil)
	case err != nil:
		return err
	}
	if end, err := time.Parse(time.RFC3339, string(existing.Data["expiration"])); err == nil && end.After(r.Now()) {
		return nil
	}
	r.report.say("  new nodes may join again until %s", secret.StringData["expiration"])
	return api.call(ctx, http.MethodPut, path+"/"+secret.Name, secret, nil)
}

var errNotFound = errors.New("not found")

// api is the few calls that the bootstrap makes itself.
type api struct {
	url    string
	client *http.Client
	// token is sent where there is no client certificate.
	token string
}

func newAPI(url string, certificate, key, authority []byte) (api, error) {
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return api{}, fmt.Errorf("reading the client certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(authority)
	return api{url: url, client: newClient(&tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{pair},
	})}, nil
}

func (a api) call(ctx context.Context, method, path string, in, out any) error {
	body, err := json.Marshal(in)
	if err != nil {
		return fmt.Errorf("encoding a request to %q: %w", path, err)
	}
	request, err := http.NewRequestWithContext(ctx, method, a.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	if a.token != "" {
		request.Header.Set("Authorization", "Bearer "+a.token)
	}
	response, err := a.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	switch {
	case err != nil:
		return err
	case response.StatusCode == http.StatusNotFound && method == http.MethodGet:
		return errNotFound
	case response.StatusCode >= 300:
		return fmt.Errorf("%s %s: %s: %s", method, path, response.Status, strings.TrimSpace(string(answer)))
	case out == nil:
		return nil
	}
	return json.Unmarshal(answer, out)
}
