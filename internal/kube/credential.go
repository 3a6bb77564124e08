package kube

import (
	"encoding/json"
	"fmt"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientauthentication "k8s.io/client-go/pkg/apis/clientauthentication/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Credential is what kubectl takes from a program that issues credentials: a
// certificate with its key, good until end. It is asked for again then.
func Credential(pair pki.Pair, end time.Time) ([]byte, error) {
	expires := metav1.NewTime(end)
	data, err := json.Marshal(clientauthentication.ExecCredential{
		TypeMeta: metav1.TypeMeta{APIVersion: clientauthentication.SchemeGroupVersion.String(), Kind: "ExecCredential"},
		Status: &clientauthentication.ExecCredentialStatus{
			ExpirationTimestamp:   &expires,
			ClientCertificateData: string(pair.Certificate),
			ClientKeyData:         string(pair.Key),
		},
	})
	if err != nil {
		return nil, fmt.Errorf("encoding a credential: %w", err)
	}
	return append(data, '\n'), nil
}

// CredentialPair is the certificate and key of what Credential made.
func CredentialPair(data []byte) (pki.Pair, error) {
	var credential clientauthentication.ExecCredential
	if err := json.Unmarshal(data, &credential); err != nil {
		return pki.Pair{}, fmt.Errorf("reading a credential: %w", err)
	}
	if credential.Status == nil || credential.Status.ClientCertificateData == "" {
		return pki.Pair{}, fmt.Errorf("reading a credential: it holds no certificate")
	}
	return pki.Pair{Certificate: []byte(credential.Status.ClientCertificateData), Key: []byte(credential.Status.ClientKeyData)}, nil
}
