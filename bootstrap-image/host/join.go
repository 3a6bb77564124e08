package host

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

// tokenLife is how long new nodes may join with the token of a bundle.
const tokenLife = 24 * time.Hour

// openCluster lets nodes join that have the bundle's token: what a control
// plane does as soon as its API answers.
func (r *run) openCluster(ctx context.Context) error {
	if !r.isControlPlane() || r.Renew || r.bundle.Credentials.BootstrapToken == "" {
		return nil // a token that has ended stays so, and some have none
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
	err := kubeapi.Client{URL: a.url, HTTP: a.client, Token: a.token}.Call(ctx, method, path, in, out)
	if method == http.MethodGet && errors.Is(err, kubeapi.ErrNotFound) {
		return errNotFound
	}
	return err
}
