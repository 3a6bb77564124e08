package membership

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// pinForm is kubeadm's: the SHA-256 of a public key, in hexadecimal.
var pinForm = regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)

// Pin names an authority by its public key, as kubeadm does: "sha256:" and the
// digest of its SubjectPublicKeyInfo.
func Pin(authority *x509.Certificate) string {
	sum := sha256.Sum256(authority.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// pinOf is the pin of the authority that signs now: the first of the document.
func pinOf(document []byte) (string, error) {
	authority, err := pki.ParseCertificate(document)
	if err != nil {
		return "", err
	}
	return Pin(authority), nil
}

// checkPins refuses what is no pin.
func checkPins(pins []string) error {
	if len(pins) == 0 {
		return input("joining a cluster: --ca-cert-hash is missing, without which any server could pass for it; 'token create' on a control plane prints the whole line")
	}
	for _, pin := range pins {
		if !pinForm.MatchString(strings.ToLower(pin)) {
			return input("reading --ca-cert-hash %q: it is not sha256: and 64 hexadecimal digits", pin)
		}
	}
	return nil
}
