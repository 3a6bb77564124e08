package host

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// forgetServing lets the kubelet ask for another serving certificate where the
// authority that signs now did not sign the one it has: one authority takes
// over from another, and a kubelet asks by itself only near a certificate's
// end. Without one it asks at its start, so it is started anew.
func (r *run) forgetServing() error {
	document, err := r.readSecret(node.KubeletServingPath)
	if err != nil {
		return nil // it has none, and asks
	}
	signing, err := pki.ParseCertificate([]byte(r.bundle.Credentials.CA.Certificate))
	if err != nil {
		return err
	}
	if cert, err := pki.ParseCertificate(document); err == nil && cert.CheckSignatureFrom(signing) == nil {
		return nil
	}
	r.report.say("  the kubelet's serving certificate is of another authority: asking for another one")
	// The link alone: what it points to is of no use to a kubelet without it.
	if err := r.root.remove(node.KubeletServingPath); err != nil {
		return err
	}
	return r.root.remove(unitStamp(node.KubeletUnit))
}
