package host

import (
	"context"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// issueCertificates makes the leafs that are missing, near their end, or for
// other names or another authority than now. The others stay as they are.
func (r *run) issueCertificates(context.Context) error {
	requests, err := node.Requests(r.bundle, r.facts)
	if err != nil {
		return err
	}
	issuer := pki.Issuer{Now: r.issueTime(), Rand: r.Rand}
	r.leafs = node.Leafs{}
	for _, request := range requests {
		pair := r.pair(request)
		reason, ok := r.serves(pair, request)
		if !ok {
			if pair, err = issue(issuer, request); err != nil {
				return err
			}
			r.report.say("  issuing %s: %s", request.Name, reason)
			if err := r.handOver(request); err != nil {
				return err
			}
		} else if request.Name == node.KubeletLeaf {
			continue // the kubelet's own now
		}
		r.leafs[request.Name] = pair
	}
	if err := r.forgetServing(); err != nil {
		return err
	}
	if !r.isControlPlane() {
		return r.forgetOtherCluster()
	}
	return nil
}

// issueTime is the moment as of which certificates are issued and judged.
func (r *run) issueTime() time.Time {
	if !r.AsOf.IsZero() {
		return r.AsOf
	}
	return r.Now()
}

// handOver sees to it that the kubelet takes a certificate over that it did not
// ask for itself: it looks for one at its start only, and until then goes on
// with the one that is of no use.
func (r *run) handOver(request node.Request) error {
	if request.Name != node.KubeletLeaf {
		return nil
	}
	return r.root.remove(unitStamp(node.KubeletUnit))
}

func issue(issuer pki.Issuer, request node.Request) (pki.Pair, error) {
	ca, err := pki.ParseAuthority([]byte(request.Authority.Certificate), []byte(request.Authority.Key))
	if err != nil {
		return pki.Pair{}, fmt.Errorf("issuing %q: %w", request.Name, err)
	}
	return issuer.Issue(ca, request.Leaf)
}

// pair reads what the host has; what cannot be read is as good as missing.
func (r *run) pair(request node.Request) pki.Pair {
	if request.Kubeconfig != "" {
		document, err := r.root.read(request.Kubeconfig)
		if err != nil {
			return pki.Pair{}
		}
		pair, _ := pki.PairOf(document)
		return pair
	}
	certificate, _ := r.readSecret(request.CertPath)
	key, _ := r.readSecret(request.KeyPath)
	return pki.Pair{Certificate: certificate, Key: key}
}

// serves tells whether the host's certificate will do. The kubelet renews its
// own at its own time, so for that one it is enough that it is still valid.
func (r *run) serves(pair pki.Pair, request node.Request) (string, bool) {
	at := r.issueTime()
	if request.Name == node.KubeletLeaf {
		at = r.Now() // it is no leaf of the timer's
	} else if r.Force {
		return "asked for", false
	}
	if request.Name == node.KubeletLeaf {
		if cert, err := pki.ParseCertificate(pair.Certificate); err == nil && at.Before(cert.NotAfter) {
			at = cert.NotBefore
		}
	}
	return pki.Serves(pair, []byte(request.Authority.Certificate), request.Leaf, at)
}

// readSecret follows the absolute links that a kubelet makes.
func (r *run) readSecret(path string) ([]byte, error) {
	if target, err := r.root.readlink(path); err == nil {
		path = target
	}
	return r.root.read(path)
}

// forgetOtherCluster lets a worker ask for a certificate again when the one it
// has is of another authority: the host was in another cluster before.
func (r *run) forgetOtherCluster() error {
	if r.kubeletAccepted() == nil {
		return nil
	}
	if _, err := r.readSecret(node.KubeletClientPath); err != nil {
		return nil // it never had one
	}
	r.report.say("  the kubelet's certificate is not of this cluster: asking for another one")
	for _, path := range []string{node.KubeletClientPath, node.KubeletKubeconfigPath} {
		if err := r.root.remove(path); err != nil {
			return err
		}
	}
	// A kubelet looks for what it has at its start only.
	return r.root.remove(unitStamp(node.KubeletUnit))
}

// kubeletAccepted is nil when the kubelet holds a valid certificate that the
// cluster's authority has signed.
func (r *run) kubeletAccepted() error {
	document, err := r.readSecret(node.KubeletClientPath)
	if err != nil {
		return fmt.Errorf("the API has not yet given it a certificate")
	}
	cert, err := pki.ParseCertificate(document)
	if err != nil {
		return err
	}
	ca, err := pki.ParseCertificate([]byte(r.bundle.Credentials.CA.Certificate))
	if err != nil {
		return err
	}
	if err := cert.CheckSignatureFrom(ca); err != nil {
		return fmt.Errorf("its certificate is of another cluster: %w", err)
	}
	if r.Now().After(cert.NotAfter) {
		return fmt.Errorf("its certificate ended on %s", cert.NotAfter)
	}
	return nil
}
