package credentials

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"math/big"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// lifetime of an authority. The certificates it signs are renewed on the
// hosts; the authority itself lives as long as the cluster may.
const lifetime = 10 * 365 * 24 * time.Hour

// generate makes all secrets of a new cluster.
func generate(cluster string, now time.Time) (node.Credentials, error) {
	var made node.Credentials
	for _, authority := range []struct {
		name string
		into *node.Authority
	}{
		{"kubernetes-ca", &made.CA},
		{"etcd-ca", &made.EtcdCA},
		{"front-proxy-ca", &made.FrontProxyCA},
	} {
		var err error
		if *authority.into, err = newAuthority(cluster, authority.name, now); err != nil {
			return node.Credentials{}, fmt.Errorf("making the authority %q of cluster %q: %w", authority.name, cluster, err)
		}
	}
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return node.Credentials{}, fmt.Errorf("making the service account key of cluster %q: %w", cluster, err)
	}
	// RSA, because tokens of other algorithms are refused by some who verify
	// them outside the cluster.
	if made.ServiceAccountKey, err = keyPEM(key); err != nil {
		return node.Credentials{}, err
	}
	made.EncryptionKey = base64.StdEncoding.EncodeToString(random(32))
	made.BootstrapToken = tokenText(6) + "." + tokenText(16)
	return made, nil
}

// newAuthority makes a self-signed authority.
func newAuthority(cluster, name string, now time.Time) (node.Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return node.Authority{}, err
	}
	template := &x509.Certificate{
		SerialNumber:          new(big.Int).SetBytes(random(16)),
		Subject:               pkix.Name{CommonName: name, Organization: []string{cluster}},
		NotBefore:             now.Add(-time.Hour), // clocks of hosts differ
		NotAfter:              now.Add(lifetime),
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return node.Authority{}, err
	}
	text, err := keyPEM(key)
	if err != nil {
		return node.Authority{}, err
	}
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return node.Authority{Certificate: string(certificate), Key: text}, nil
}

func keyPEM(key any) (string, error) {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", fmt.Errorf("writing a private key: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), nil
}

// random bytes; crypto/rand does not fail on the systems we run on, it stops
// the program instead.
func random(n int) []byte {
	bytes := make([]byte, n)
	_, _ = rand.Read(bytes)
	return bytes
}

// tokenText is n characters of a bootstrap token, each as likely as the other.
func tokenText(n int) string {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	text := make([]byte, 0, n)
	for len(text) < n {
		// Values past the last whole multiple would favour its first letters.
		if b := random(1)[0]; int(b) < 256-256%len(alphabet) {
			text = append(text, alphabet[int(b)%len(alphabet)])
		}
	}
	return string(text)
}
