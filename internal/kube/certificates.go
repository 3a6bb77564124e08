package kube

import (
	"context"
	"fmt"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// ServingRequests lists the requests for kubelets' serving certificates that
// nobody has decided on.
func (c *Client) ServingRequests(ctx context.Context) ([]certificatesv1.CertificateSigningRequest, error) {
	list, err := c.clientset.CertificatesV1().CertificateSigningRequests().List(ctx, metav1.ListOptions{
		FieldSelector: "spec.signerName=" + certificatesv1.KubeletServingSignerName,
		// "0" lets the API server answer from its cache.
		ResourceVersion: "0",
	})
	if err != nil {
		return nil, fmt.Errorf("listing certificate signing requests: %w", err)
	}
	var open []certificatesv1.CertificateSigningRequest
	for _, request := range list.Items {
		if len(request.Status.Conditions) == 0 && request.Spec.SignerName == certificatesv1.KubeletServingSignerName {
			open = append(open, request)
		}
	}
	return open, nil
}

// Approve approves a request for a certificate, for a reason that stays with it.
func (c *Client) Approve(ctx context.Context, request *certificatesv1.CertificateSigningRequest, reason, message string) error {
	request = request.DeepCopy()
	request.Status.Conditions = append(request.Status.Conditions, certificatesv1.CertificateSigningRequestCondition{
		Type: certificatesv1.CertificateApproved, Status: corev1.ConditionTrue, Reason: reason, Message: message,
		LastUpdateTime: metav1.Now(),
	})
	_, err := c.clientset.CertificatesV1().CertificateSigningRequests().UpdateApproval(ctx, request.Name, request, metav1.UpdateOptions{FieldManager: FieldManager})
	if err != nil {
		return fmt.Errorf("approving certificate signing request %q: %w", request.Name, err)
	}
	return nil
}
