package node

import (
	"errors"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// BootstrapGroup is the group of nodes that have only a bootstrap token.
const BootstrapGroup = "system:bootstrappers:kubernetes-anywhere"

// A bootstrap token is id.secret, of so many characters each; its Secret is
// named for the id.
const (
	tokenIDLength     = 6
	tokenSecretLength = 16
	tokenPrefix       = "bootstrap-token-"
)

// TokenSecret is the bundle's bootstrap token as the API keeps it.
func TokenSecret(b Bundle, end time.Time) (*corev1.Secret, error) {
	id, secret, ok := strings.Cut(b.Credentials.BootstrapToken, ".")
	if !ok || len(id) != tokenIDLength || len(secret) != tokenSecretLength {
		return nil, errors.New("reading the bootstrap token: it is not of the form id.secret with 6 and 16 characters; make a new bundle")
	}
	return &corev1.Secret{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"},
		ObjectMeta: metav1.ObjectMeta{Name: tokenPrefix + id, Namespace: metav1.NamespaceSystem},
		Type:       corev1.SecretTypeBootstrapToken,
		StringData: map[string]string{
			"token-id":                       id,
			"token-secret":                   secret,
			"expiration":                     end.UTC().Format(time.RFC3339),
			"usage-bootstrap-authentication": "true",
			"usage-bootstrap-signing":        "true",
			"auth-extra-groups":              BootstrapGroup,
		},
	}, nil
}
