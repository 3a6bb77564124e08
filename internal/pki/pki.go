// Package pki issues and reads the certificates of a cluster: authorities are
// made once by whoever creates the cluster, leafs on the host that uses them.
// It has no clock and no randomness of its own, so that what it makes can be
// pinned in tests.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net"
	"time"
)

const (
	// LeafLife is how long a leaf is valid. A third of it is left when it is
	// renewed, four months in which a host may be off.
	LeafLife = 365 * 24 * time.Hour
	// AuthorityLife is how long an authority is valid.
	AuthorityLife = 10 * 365 * 24 * time.Hour
	// backdate forgives hosts whose clocks are a little behind.
	backdate = 5 * time.Minute
)

const (
	certificateBlock = "CERTIFICATE"
	privateKeyBlock  = "PRIVATE KEY"
	publicKeyBlock   = "PUBLIC KEY"
)

// Pair is a certificate and its private key in PEM.
type Pair struct {
	Certificate []byte
	Key         []byte
}

// Authority is a parsed certificate authority that can sign.
type Authority struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// Issuer makes certificates; Now and Rand are its clock and its randomness.
type Issuer struct {
	Now  time.Time
	Rand io.Reader
}

// Leaf says what a certificate is to be good for.
type Leaf struct {
	CommonName    string
	Organizations []string
	DNSNames      []string
	Addresses     []net.IP
	Server        bool
	Client        bool
	// Life is how long it is valid; zero is LeafLife.
	Life time.Duration
}

// ParseAuthority reads an authority and its key.
func ParseAuthority(certificate, key []byte) (Authority, error) {
	cert, err := ParseCertificate(certificate)
	if err != nil {
		return Authority{}, err
	}
	signer, err := ParseKey(key)
	if err != nil {
		return Authority{}, fmt.Errorf("reading the key of authority %q: %w", cert.Subject.CommonName, err)
	}
	public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !public.Equal(signer.Public()) {
		return Authority{}, fmt.Errorf("reading the authority %q: its key belongs to another certificate", cert.Subject.CommonName)
	}
	return Authority{certificate: cert, key: signer}, nil
}

// Issue signs a new key for the leaf.
func (i Issuer) Issue(ca Authority, leaf Leaf) (Pair, error) {
	if end := ca.certificate.NotAfter; i.Now.After(end) {
		return Pair{}, fmt.Errorf("signing the certificate of %q: its authority %q ended on %s; type 'kubectl anywhere certs rotate-ca' for another one",
			leaf.CommonName, ca.certificate.Subject.CommonName, end.UTC().Format(time.DateOnly))
	}
	template := &x509.Certificate{
		Subject:     leaf.subject(),
		DNSNames:    leaf.DNSNames,
		IPAddresses: leaf.Addresses,
		NotAfter:    i.Now.Add(leaf.life()),
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: leaf.usages(),
	}
	// A leaf that outlives its authority only looks valid.
	if template.NotAfter.After(ca.certificate.NotAfter) {
		template.NotAfter = ca.certificate.NotAfter
	}
	return i.sign(template, ca.certificate, ca.key)
}

// NewAuthority makes a self-signed authority.
func (i Issuer) NewAuthority(commonName string, organizations ...string) (Pair, error) {
	return i.sign(&x509.Certificate{
		Subject:               pkix.Name{CommonName: commonName, Organization: organizations},
		NotAfter:              i.Now.Add(AuthorityLife),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
		BasicConstraintsValid: true,
		IsCA:                  true,
	}, nil, nil)
}

// sign completes the template and signs it; without a parent it signs itself.
func (i Issuer) sign(template, parent *x509.Certificate, signer crypto.Signer) (Pair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), i.Rand)
	if err != nil {
		return Pair{}, fmt.Errorf("making a key for %q: %w", template.Subject.CommonName, err)
	}
	serial := make([]byte, 16)
	if _, err := io.ReadFull(i.Rand, serial); err != nil {
		return Pair{}, fmt.Errorf("making a serial number for %q: %w", template.Subject.CommonName, err)
	}
	serial[0] &= 0x7f // serial numbers are positive
	template.SerialNumber = new(big.Int).SetBytes(serial)
	template.NotBefore = i.Now.Add(-backdate)
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(i.Rand, template, parent, key.Public(), signer)
	if err != nil {
		return Pair{}, fmt.Errorf("signing the certificate of %q: %w", template.Subject.CommonName, err)
	}
	encoded, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Pair{}, fmt.Errorf("encoding the key of %q: %w", template.Subject.CommonName, err)
	}
	return Pair{
		Certificate: pem.EncodeToMemory(&pem.Block{Type: certificateBlock, Bytes: der}),
		Key:         pem.EncodeToMemory(&pem.Block{Type: privateKeyBlock, Bytes: encoded}),
	}, nil
}

func (l Leaf) life() time.Duration {
	if l.Life > 0 {
		return l.Life
	}
	return LeafLife
}

func (l Leaf) subject() pkix.Name {
	return pkix.Name{CommonName: l.CommonName, Organization: l.Organizations}
}

func (l Leaf) usages() []x509.ExtKeyUsage {
	var usages []x509.ExtKeyUsage
	if l.Server {
		usages = append(usages, x509.ExtKeyUsageServerAuth)
	}
	if l.Client {
		usages = append(usages, x509.ExtKeyUsageClientAuth)
	}
	return usages
}

// ParseCertificate reads the first certificate of a PEM document, which may
// hold keys too.
func ParseCertificate(document []byte) (*x509.Certificate, error) {
	for block, rest := pem.Decode(document); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == certificateBlock {
			return x509.ParseCertificate(block.Bytes)
		}
	}
	return nil, errors.New("reading a certificate: there is none in the PEM document")
}

// ParseCertificates reads every certificate of a PEM document.
func ParseCertificates(document []byte) ([]*x509.Certificate, error) {
	var out []*x509.Certificate
	for block, rest := pem.Decode(document); block != nil; block, rest = pem.Decode(rest) {
		if block.Type != certificateBlock {
			continue
		}
		cert, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("reading certificate %d of a PEM document: %w", len(out)+1, err)
		}
		out = append(out, cert)
	}
	if len(out) == 0 {
		return nil, errors.New("reading certificates: there is none in the PEM document")
	}
	return out, nil
}

// Fingerprint names the key of a certificate in the form in which kubeadm pins
// authorities: the SHA-256 of its SubjectPublicKeyInfo.
func Fingerprint(cert *x509.Certificate) string {
	sum := sha256.Sum256(cert.RawSubjectPublicKeyInfo)
	return "sha256:" + hex.EncodeToString(sum[:])
}

// Matches tells whether a private key in PEM is that of a certificate.
func Matches(cert *x509.Certificate, key []byte) bool {
	signer, err := ParseKey(key)
	if err != nil {
		return false
	}
	public, ok := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	return ok && public.Equal(signer.Public())
}

// ParseKey reads the first private key of a PEM document, in any of the forms
// that Kubernetes and OpenSSL write.
func ParseKey(document []byte) (crypto.Signer, error) {
	for block, rest := pem.Decode(document); block != nil; block, rest = pem.Decode(rest) {
		var key any
		var err error
		switch block.Type {
		case privateKeyBlock:
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
		case "EC PRIVATE KEY":
			key, err = x509.ParseECPrivateKey(block.Bytes)
		case "RSA PRIVATE KEY":
			key, err = x509.ParsePKCS1PrivateKey(block.Bytes)
		default:
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading a private key: %w", err)
		}
		if signer, ok := key.(crypto.Signer); ok {
			return signer, nil
		}
	}
	return nil, errors.New("reading a private key: there is none in the PEM document")
}

// PublicKey returns the public half of a private key, both in PEM.
func PublicKey(key []byte) ([]byte, error) {
	signer, err := ParseKey(key)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, fmt.Errorf("encoding a public key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: publicKeyBlock, Bytes: der}), nil
}

// NewKey makes a private key that belongs to no certificate, such as the one
// that signs service account tokens.
func NewKey(random io.Reader) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), random)
	if err != nil {
		return nil, fmt.Errorf("making a key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding a key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: privateKeyBlock, Bytes: der}), nil
}
