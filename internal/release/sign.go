package release

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"strings"
)

// bundleSuffix ends the name of what 'cosign verify-blob --bundle' reads,
// signatureSuffix that of the bare signature.
const (
	bundleSuffix    = ".sigstore.json"
	signatureSuffix = ".sig"
	// attestationFile is the signed statement of provenance, for 'cosign
	// verify-blob-attestation'.
	attestationFile = "provenance" + bundleSuffix
)

// bundle is sigstore's, version 0.3, as far as a key needs it
// (https://github.com/sigstore/protobuf-specs, sigstore_bundle.proto).
type bundle struct {
	MediaType string       `json:"mediaType"`
	Material  material     `json:"verificationMaterial"`
	Message   *messageSign `json:"messageSignature,omitempty"`
	Envelope  *envelope    `json:"dsseEnvelope,omitempty"`
}

type material struct {
	PublicKey struct {
		Hint string `json:"hint"`
	} `json:"publicKey"`
}

type messageSign struct {
	Digest struct {
		Algorithm string `json:"algorithm"`
		Digest    []byte `json:"digest"`
	} `json:"messageDigest"`
	Signature []byte `json:"signature"`
}

// envelope is DSSE's (https://github.com/secure-systems-lab/dsse).
type envelope struct {
	Payload     []byte          `json:"payload"`
	PayloadType string          `json:"payloadType"`
	Signatures  []dsseSignature `json:"signatures"`
}

type dsseSignature struct {
	Sig []byte `json:"sig"`
}

// payloadType is that of in-toto's statements.
const payloadType = "application/vnd.in-toto+json"

// sign signs every file that is there, and the statement of provenance once
// more in an envelope.
func (r *run) sign(context.Context) error {
	if r.Key == nil {
		r.say("  no key was given: nothing is signed")
		return nil
	}
	entries, err := os.ReadDir(r.dir)
	if err != nil {
		return err
	}
	_, public, err := r.Key.public()
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := r.signFile(e.Name()); err != nil {
			return fmt.Errorf("%s: %w", e.Name(), err)
		}
	}
	if err := r.attest(); err != nil {
		return err
	}
	return r.write("cosign.pub", public)
}

// signFile writes a bare signature and a bundle beside a file.
func (r *run) signFile(name string) error {
	text, _, err := sum(r.at(name))
	if err != nil {
		return err
	}
	digest, err := hex.DecodeString(text)
	if err != nil {
		return err
	}
	signature, err := r.Key.sign([sha256.Size]byte(digest))
	if err != nil {
		return err
	}
	if err := r.write(name+signatureSuffix, []byte(base64.StdEncoding.EncodeToString(signature)+"\n")); err != nil {
		return err
	}
	message := &messageSign{Signature: signature}
	message.Digest.Algorithm, message.Digest.Digest = "SHA2_256", digest
	return r.writeBundle(name+bundleSuffix, bundle{Message: message})
}

// attest signs the statement: what is signed is its type and it, each with its
// length before it.
func (r *run) attest() error {
	payload, err := os.ReadFile(r.at(provenanceFile))
	if err != nil {
		return err
	}
	encoded := strings.Builder{}
	fmt.Fprintf(&encoded, "DSSEv1 %d %s %d %s", len(payloadType), payloadType, len(payload), payload)
	signature, err := r.Key.sign(sha256.Sum256([]byte(encoded.String())))
	if err != nil {
		return err
	}
	return r.writeBundle(attestationFile, bundle{Envelope: &envelope{payload, payloadType, []dsseSignature{{signature}}}})
}

func (r *run) writeBundle(name string, b bundle) error {
	var err error
	b.MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json"
	if b.Material.PublicKey.Hint, err = r.Key.hint(); err != nil {
		return err
	}
	text, err := json.Marshal(b)
	if err != nil {
		return err
	}
	return r.write(name, append(text, '\n'))
}
