package node

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// SealedKey is the one key of a Secret of sealed credentials.
const SealedKey = "sealed"

// SealedName is the Secret of kube-system with the sealed credentials that go
// with a token.
func SealedName(tokenID string) string { return "kubernetes-anywhere-credentials-" + tokenID }

// SealedSecret is the Secret of sealed credentials for the bearer of a token,
// and what lets that bearer, and no other, read it. All three end with the
// Secret of the token, which the API must have given its uid.
func SealedSecret(token *corev1.Secret, sealed []byte) (*corev1.Secret, *rbacv1.Role, *rbacv1.RoleBinding) {
	id := strings.TrimPrefix(token.Name, tokenPrefix)
	meta := metav1.ObjectMeta{
		Name: SealedName(id), Namespace: metav1.NamespaceSystem,
		OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Secret", Name: token.Name, UID: token.UID}},
	}
	secret := &corev1.Secret{
		TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Secret"}, ObjectMeta: meta,
		Data: map[string][]byte{SealedKey: sealed},
	}
	role := &rbacv1.Role{
		TypeMeta: metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "Role"}, ObjectMeta: meta,
		Rules: []rbacv1.PolicyRule{{APIGroups: []string{""}, Resources: []string{"secrets"}, ResourceNames: []string{meta.Name}, Verbs: []string{"get"}}},
	}
	binding := &rbacv1.RoleBinding{
		TypeMeta: metav1.TypeMeta{APIVersion: rbacv1.SchemeGroupVersion.String(), Kind: "RoleBinding"}, ObjectMeta: meta,
		RoleRef: rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "Role", Name: meta.Name},
		// What the API calls the bearer of this one token.
		Subjects: []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: "User", Name: "system:bootstrap:" + id}},
	}
	return secret, role, binding
}
