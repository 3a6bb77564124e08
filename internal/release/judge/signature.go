package main

import (
	"bytes"
	"crypto"
	"crypto/elliptic"
	"encoding/base64"
	"os"
	"path/filepath"
	"time"

	"github.com/sigstore/sigstore-go/pkg/bundle"
	"github.com/sigstore/sigstore-go/pkg/root"
	"github.com/sigstore/sigstore-go/pkg/verify"
	"github.com/sigstore/sigstore/pkg/cryptoutils"
	"github.com/sigstore/sigstore/pkg/signature"
)

// keys makes cosign.key and cosign.pub. Without a password the key is plain.
func keys(folder, password string) error {
	var ask cryptoutils.PassFunc
	if password != "" {
		ask = cryptoutils.StaticPasswordFunc([]byte(password))
	}
	private, public, err := cryptoutils.GeneratePEMEncodedECDSAKeyPair(elliptic.P256(), ask)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "cosign.key"), private, 0o600); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "cosign.pub"), public, 0o644)
}

func verifier(key string) (signature.Verifier, error) {
	text, err := os.ReadFile(key)
	if err != nil {
		return nil, err
	}
	public, err := cryptoutils.UnmarshalPEMToPublicKey(text)
	if err != nil {
		return nil, err
	}
	return signature.LoadVerifier(public, crypto.SHA256)
}

func plain(key, file string) error {
	v, err := verifier(key)
	if err != nil {
		return err
	}
	line, err := os.ReadFile(file + ".sig")
	if err != nil {
		return err
	}
	sig, err := base64.StdEncoding.DecodeString(string(bytes.TrimSpace(line)))
	if err != nil {
		return err
	}
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer content.Close()
	return v.VerifySignature(bytes.NewReader(sig), content)
}

// bundled reads a bundle without an entry in a public log, as cosign does by
// --insecure-ignore-tlog: the key alone vouches.
func bundled(key, at, file string) error {
	v, err := verifier(key)
	if err != nil {
		return err
	}
	b, err := bundle.LoadJSONFromPath(at)
	if err != nil {
		return err
	}
	trusted := root.NewTrustedPublicKeyMaterial(func(string) (root.TimeConstrainedVerifier, error) {
		return root.NewExpiringKey(v, time.Time{}, time.Time{}), nil
	})
	judge, err := verify.NewVerifier(trusted, verify.WithNoObserverTimestamps())
	if err != nil {
		return err
	}
	content, err := os.Open(file)
	if err != nil {
		return err
	}
	defer content.Close()
	_, err = judge.Verify(b, verify.NewPolicy(verify.WithArtifact(content), verify.WithKey()))
	return err
}
