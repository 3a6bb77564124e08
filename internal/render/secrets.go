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
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// sampleAuthority is a certificate of an authority that nobody holds the key
// of. It stands where the cluster's own will: on the way it is parsed.
//
//go:embed sample-authority.crt
var sampleAuthority string

// sampleToken has the form of a bootstrap token.
const sampleToken = "redact.redactedredacted"

// sampleCredentials stand where the credentials resource's outputs will be.
// The service account key is a key, the same on every run, since its public
// half is worked out from it.
func sampleCredentials() (resource.PropertyMap, error) {
	outputs := resource.PropertyMap{"bootstrapToken": resource.NewProperty(sampleToken)}
	for _, name := range []resource.PropertyKey{"caCertificate", "etcdCACertificate", "frontProxyCACertificate"} {
		outputs[name] = resource.NewProperty(sampleAuthority)
	}
	for _, name := range []resource.PropertyKey{"caKey", "etcdCAKey", "frontProxyCAKey"} {
		// Keys in PEM end a line.
		outputs[name] = resource.NewProperty("sample of " + string(name) + "\n")
	}
	outputs["encryptionKey"] = resource.NewProperty("sample of encryptionKey")
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

// holdsNone makes sure that no secret is in what was rendered, whatever the
// code before it does.
func holdsNone(out *Rendered, records []Record, bundles map[string]bundle) error {
	secrets := map[string]bool{}
	for _, b := range bundles {
		for _, secret := range b.secrets() {
			secrets[strings.TrimSpace(secret.value)] = true
		}
	}
	for _, r := range records {
		for text := range secretTexts(resource.NewProperty(r.Inputs)) {
			secrets[strings.TrimSpace(text)] = true
		}
	}
	for name, content := range out.Files {
		for secret := range secrets {
			if len(secret) >= leastSecret && (bytes.Contains(content, []byte(secret)) ||
				bytes.Contains(content, []byte(base64.StdEncoding.EncodeToString([]byte(secret))))) {
				return fmt.Errorf("rendering %q: it holds a secret, and was to hold none; report this as a bug", name)
			}
		}
		if bytes.Contains(content, []byte("PRIVATE KEY-----")) {
			return fmt.Errorf("rendering %q: it holds a private key, and was to hold none; report this as a bug", name)
		}
	}
	return nil
}

// leastSecret is how long a text is that can be a secret by itself: marked as
// such are also words like true, which any file holds.
const leastSecret = 12

// secretTexts are the strings of a value that are marked secret.
func secretTexts(v resource.PropertyValue) func(yield func(string) bool) {
	return func(yield func(string) bool) { walkSecrets(v, yield) }
}

func walkSecrets(v resource.PropertyValue, yield func(string) bool) bool {
	switch {
	case v.IsSecret():
		return walk(v, yield)
	case v.IsArray():
		for _, item := range v.ArrayValue() {
			if !walkSecrets(item, yield) {
				return false
			}
		}
	case v.IsObject():
		for _, item := range v.ObjectValue() {
			if !walkSecrets(item, yield) {
				return false
			}
		}
	}
	return true
}
