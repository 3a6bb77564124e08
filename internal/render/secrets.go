package render

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	_ "embed"
	"encoding/base64"
	"encoding/pem"
	"fmt"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sampleAuthority is a certificate of an authority that nobody holds the key
// of. It stands where the cluster's own will: on the way it is parsed.
//
//go:embed sample-authority.crt
var sampleAuthority string

// sampleToken has the form of a bootstrap token.
const sampleToken = "redact.redactedredacted"

// redacted says what stands in a secret's place, in words that YAML takes for
// a plain string.
func redacted(what string) string {
	return "<redacted (" + what + ", a secret in the encrypted state)>"
}

// secretOutputs are what stands for each secret, by the name of the
// credentials' output: files of keys end with a newline, as those in PEM do.
func secretOutputs() map[resource.PropertyKey]string {
	return map[resource.PropertyKey]string{
		"caKey":           redacted("the key of the cluster's authority") + "\n",
		"etcdCAKey":       redacted("the key of etcd's authority") + "\n",
		"frontProxyCAKey": redacted("the key of the front proxy's authority") + "\n",
		"encryptionKey":   redacted("the key of encryption at rest"),
	}
}

// sampleCredentials stand where the credentials resource's outputs will be:
// the words of each say what it will be. The service account key is a key,
// the same on every run, since its public half is worked out from it.
func sampleCredentials() (resource.PropertyMap, error) {
	outputs := resource.PropertyMap{"bootstrapToken": resource.NewProperty(sampleToken)}
	for _, name := range []resource.PropertyKey{"caCertificate", "etcdCACertificate", "frontProxyCACertificate"} {
		outputs[name] = resource.NewProperty(sampleAuthority)
	}
	for name, words := range secretOutputs() {
		outputs[name] = resource.NewProperty(words)
	}
	key, err := sampleKey()
	if err != nil {
		return nil, err
	}
	outputs["serviceAccountKey"] = resource.NewProperty(string(key))
	return outputs, nil
}

// sampleKey is a private key that anybody can work out: it protects nothing.
func sampleKey() ([]byte, error) {
	seed := sha256.Sum256([]byte("kubernetes-anywhere render"))
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), seed[:])
	if err != nil {
		return nil, fmt.Errorf("working out the sample key: %w", err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, fmt.Errorf("encoding the sample key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

// redact puts words where a sample stands for a secret or for what is worked
// out from one, in plain or, as in kubeconfigs, in base64.
func redact(content []byte) []byte {
	if bytes.Contains(content, []byte("PRIVATE KEY")) {
		return []byte(redacted("the key that signs service account tokens") + "\n")
	}
	if bytes.Contains(content, []byte("PUBLIC KEY")) {
		return []byte("<the public half of the key that signs service account tokens>\n")
	}
	content = bytes.ReplaceAll(content, []byte(sampleAuthority), []byte(authorityWords+"\n"))
	content = bytes.ReplaceAll(content, []byte(sampleToken), []byte(redacted("the bootstrap token")))
	for words, sample := range map[string]string{
		authorityWords: sampleAuthority, leafWords: leafWords + "\n", leafKeyWords: leafKeyWords + "\n",
	} {
		content = bytes.ReplaceAll(content, []byte(base64.StdEncoding.EncodeToString([]byte(sample))), []byte(words))
	}
	return content
}

// What certificates and digests are described by.
const (
	authorityWords = "<the certificate of an authority, made with the cluster>"
	leafWords      = "<a certificate, issued on the host>"
	leafKeyWords   = "<a private key, made on the host, which it never leaves>"
	digestWords    = "<the SHA-256 of the node bundle, known once it is made>"
)
