package host

import (
	"context"
	"errors"
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
	defer api.Close()
	return r.until(ctx, wait{
		what:  "the API to take the bootstrap token",
		ready: func(ctx context.Context) error { return r.ensureToken(ctx, api) },
		tail:  func(ctx context.Context) []string { return r.podLog(ctx, "kube-apiserver") },
		next:  "kubectl --kubeconfig " + node.AdminPath + " -n kube-system get secrets",
	})
}

// apiAsAdmin is the API server of this control plane.
func (r *run) apiAsAdmin() (kubeapi.Client, error) {
	return kubeapi.WithCertificate(r.API, r.leafs["admin"].Certificate, r.leafs["admin"].Key, []byte(r.bundle.Credentials.CA.Certificate))
}

// ensureToken makes the Secret of the bundle's token where it is missing, and
// again where it has ended.
func (r *run) ensureToken(ctx context.Context, api kubeapi.Client) error {
	secret, err := node.TokenSecret(r.bundle, r.Now().Add(tokenLife))
	if err != nil {
		return err
	}
	path := "/api/v1/namespaces/kube-system/secrets"
	var existing corev1.Secret
	err = api.Call(ctx, http.MethodGet, path+"/"+secret.Name, nil, &existing)
	switch {
	case errors.Is(err, kubeapi.ErrNotFound):
		r.report.say("  new nodes may join until %s", secret.StringData["expiration"])
		return api.Call(ctx, http.MethodPost, path, secret, nil)
	case err != nil:
		return err
	}
	if end, err := time.Parse(time.RFC3339, string(existing.Data["expiration"])); err == nil && end.After(r.Now()) {
		return nil
	}
	r.report.say("  new nodes may join again until %s", secret.StringData["expiration"])
	return api.Call(ctx, http.MethodPut, path+"/"+secret.Name, secret, nil)
}
