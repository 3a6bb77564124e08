package node

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"fmt"
	"io"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// What the authorities of a cluster call themselves; the cluster's name is
// their organization.
const (
	CAName           = "kubernetes-ca"
	EtcdCAName       = "etcd-ca"
	FrontProxyCAName = "front-proxy-ca"
)

// serviceAccountBits is the length of the key that signs tokens: the shortest
// that nobody refuses.
const serviceAccountBits = 2048

// NewCredentials makes all secrets of a new cluster.
func NewCredentials(cluster string, now time.Time, random io.Reader) (Credentials, error) {
	var made Credentials
	for _, authority := range []struct {
		name string
		into *Authority
	}{
		{CAName, &made.CA}, {EtcdCAName, &made.EtcdCA}, {FrontProxyCAName, &made.FrontProxyCA},
	} {
		var err error
		if *authority.into, err = NewAuthority(cluster, authority.name, now, random); err != nil {
			return Credentials{}, err
		}
	}
	// RSA, because tokens of other algorithms are refused by some who verify
	// them outside the cluster.
	key, err := rsa.GenerateKey(random, serviceAccountBits)
	if err != nil {
		return Credentials{}, fmt.Errorf("making the service account key of cluster %q: %w", cluster, err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return Credentials{}, fmt.Errorf("encoding the service account key of cluster %q: %w", cluster, err)
	}
	made.ServiceAccountKey = string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
	encryption := make([]byte, 32)
	if _, err := io.ReadFull(random, encryption); err != nil {
		return Credentials{}, fmt.Errorf("making the encryption key of cluster %q: %w", cluster, err)
	}
	made.EncryptionKey = base64.StdEncoding.EncodeToString(encryption)
	made.BootstrapToken, err = NewToken(random)
	return made, err
}

// NewAuthority makes one self-signed authority of ten years, by one of the
// names above.
func NewAuthority(cluster, name string, now time.Time, random io.Reader) (Authority, error) {
	pair, err := pki.Issuer{Now: now, Rand: random}.NewAuthority(name, cluster)
	if err != nil {
		return Authority{}, fmt.Errorf("making the authority %q of cluster %q: %w", name, cluster, err)
	}
	return Authority{Certificate: string(pair.Certificate), Key: string(pair.Key)}, nil
}

// NewToken makes a bootstrap token, "id.secret".
func NewToken(random io.Reader) (string, error) {
	id, err := tokenText(random, tokenIDLength)
	if err != nil {
		return "", err
	}
	secret, err := tokenText(random, tokenSecretLength)
	return id + "." + secret, err
}

// tokenText is n characters of a bootstrap token, each as likely as the other.
func tokenText(random io.Reader, n int) (string, error) {
	const alphabet = "abcdefghijklmnopqrstuvwxyz0123456789"
	text, one := make([]byte, 0, n), make([]byte, 1)
	for len(text) < n {
		if _, err := io.ReadFull(random, one); err != nil {
			return "", fmt.Errorf("making a bootstrap token: %w", err)
		}
		// Values past the last whole multiple would favour its first letters.
		if b := int(one[0]); b < 256-256%len(alphabet) {
			text = append(text, alphabet[b%len(alphabet)])
		}
	}
	return string(text), nil
}
