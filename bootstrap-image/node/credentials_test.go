package node

import (
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"regexp"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func TestNewCredentials_MakesAuthoritiesOfTenYears(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	made, err := NewCredentials("demo", now, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, authority := range map[string]Authority{"kubernetes-ca": made.CA, "etcd-ca": made.EtcdCA, "front-proxy-ca": made.FrontProxyCA} {
		pair, err := tls.X509KeyPair([]byte(authority.Certificate), []byte(authority.Key))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		certificate, err := x509.ParseCertificate(pair.Certificate[0])
		if err != nil {
			t.Fatal(err)
		}
		if !certificate.IsCA || certificate.Subject.CommonName != name || certificate.CheckSignatureFrom(certificate) != nil {
			t.Errorf("%s is no authority of that name", name)
		}
		if got := certificate.NotAfter.Sub(now); got != pki.AuthorityLife {
			t.Errorf("%s lives %s", name, got)
		}
	}
	block, _ := pem.Decode([]byte(made.ServiceAccountKey))
	if _, err := x509.ParsePKCS8PrivateKey(block.Bytes); err != nil {
		t.Error(err)
	}
	if key, err := base64.StdEncoding.DecodeString(made.EncryptionKey); err != nil || len(key) != 32 {
		t.Errorf("the encryption key has %d bytes (%v)", len(key), err)
	}
	if !regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`).MatchString(made.BootstrapToken) {
		t.Errorf("%q is no bootstrap token", made.BootstrapToken)
	}
}
