package kube

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BootstrapGroup is the group that a bootstrap token's bearer is in, to which
// addons/access gives its few rights.
const BootstrapGroup = "system:bootstrappers:kubernetes-anywhere"

// EnsureBootstrapToken lets kubelets that hold the token ("id.secret") ask for
// a certificate until ttl from now; zero means that it never expires.
func (c *Client) EnsureBootstrapToken(ctx context.Context, token string, ttl time.Duration) error {
	id, secret, ok := strings.Cut(token, ".")
	if !ok || len(id) != 6 || len(secret) != 16 {
		return fmt.Errorf("reading bootstrap token: it is not of the form abcdef.0123456789abcdef")
	}
	data := map[string]string{
		"token-id": id, "token-secret": secret,
		"usage-bootstrap-authentication": "true",
		"auth-extra-groups":              BootstrapGroup,
	}
	if ttl > 0 {
		data["expiration"] = time.Now().Add(ttl).UTC().Format(time.RFC3339)
	}
	want := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "kube-system", Name: "bootstrap-token-" + id},
		Type:       corev1.SecretTypeBootstrapToken,
		StringData: data,
	}
	secrets := c.clientset.CoreV1().Secrets(want.Namespace)
	_, err := secrets.Create(ctx, want, metav1.CreateOptions{FieldManager: FieldManager})
	if apierrors.IsAlreadyExists(err) {
		_, err = secrets.Update(ctx, want, metav1.UpdateOptions{FieldManager: FieldManager})
	}
	if err != nil {
		return fmt.Errorf("writing secret %s/%s: %w", want.Namespace, want.Name, err)
	}
	return nil
}

// ExtendBootstrapToken moves the end of the token with this id to a later time
// and says whether the cluster has it. One that never ends, or ends later by
// itself, stays as it is.
func (c *Client) ExtendBootstrapToken(ctx context.Context, id string, end time.Time) (found bool, err error) {
	secrets := c.clientset.CoreV1().Secrets("kube-system")
	secret, err := secrets.Get(ctx, "bootstrap-token-"+id, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("reading secret kube-system/bootstrap-token-%s: %w", id, err)
	}
	now, limited := secret.Data["expiration"]
	if until, err := time.Parse(time.RFC3339, string(now)); !limited || err == nil && !until.Before(end) {
		return true, nil
	}
	// Carries the version that was read: what anyone changed since is not undone.
	secret.Data["expiration"] = []byte(end.UTC().Format(time.RFC3339))
	if _, err := secrets.Update(ctx, secret, metav1.UpdateOptions{FieldManager: FieldManager}); err != nil {
		return true, fmt.Errorf("writing secret %s/%s: %w", secret.Namespace, secret.Name, err)
	}
	return true, nil
}
