package release

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"

	"golang.org/x/crypto/nacl/secretbox"
	"golang.org/x/crypto/scrypt"
)

// Key signs as cosign does: ECDSA on P-256 over SHA-256.
type Key struct{ private *ecdsa.PrivateKey }

// encrypted is how cosign stores a key under a password
// (github.com/secure-systems-lab/go-securesystemslib/encrypted).
type encrypted struct {
	KDF struct {
		Name   string `json:"name"`
		Params struct {
			N int `json:"N"`
			R int `json:"r"`
			P int `json:"p"`
		} `json:"params"`
		Salt []byte `json:"salt"`
	} `json:"kdf"`
	Cipher struct {
		Name  string `json:"name"`
		Nonce []byte `json:"nonce"`
	} `json:"cipher"`
	Ciphertext []byte `json:"ciphertext"`
}

// ParseKey reads what 'cosign generate-key-pair' writes to cosign.key, or a
// key without a password as PKCS #8.
func ParseKey(text, password []byte) (*Key, error) {
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, errors.New("reading the key: it is not PEM; make one with: cosign generate-key-pair")
	}
	der := block.Bytes
	switch block.Type {
	case "PRIVATE KEY":
	case "ENCRYPTED SIGSTORE PRIVATE KEY", "ENCRYPTED COSIGN PRIVATE KEY":
		var err error
		if der, err = decrypt(der, password); err != nil {
			return nil, fmt.Errorf("reading the key: %w", err)
		}
	default:
		return nil, fmt.Errorf("reading the key: it is a %q; make one with: cosign generate-key-pair", block.Type)
	}
	any, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("reading the key: %w", err)
	}
	private, ok := any.(*ecdsa.PrivateKey)
	if !ok || private.Curve != elliptic.P256() {
		return nil, errors.New("reading the key: it is not of ECDSA on P-256, as cosign's are; make one with: cosign generate-key-pair")
	}
	return &Key{private}, nil
}

func decrypt(text, password []byte) ([]byte, error) {
	e := encrypted{}
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, err
	}
	p := e.KDF.Params
	if e.KDF.Name != "scrypt" || e.Cipher.Name != "nacl/secretbox" || len(e.Cipher.Nonce) != 24 {
		return nil, fmt.Errorf("it is encrypted by %s and %s, which is not known here", e.KDF.Name, e.Cipher.Name)
	}
	if p.N > 1<<20 || p.R > 64 || p.P > 16 {
		return nil, errors.New("the parameters of scrypt ask for more memory than a key should")
	}
	derived, err := scrypt.Key(password, e.KDF.Salt, p.N, p.R, p.P, 32)
	if err != nil {
		return nil, err
	}
	plain, ok := secretbox.Open(nil, e.Ciphertext, (*[24]byte)(e.Cipher.Nonce), (*[32]byte)(derived))
	if !ok {
		return nil, errors.New("the password does not open it: set COSIGN_PASSWORD")
	}
	return plain, nil
}

// sign is the signature of a digest. It is always the same: no chance is in
// it (RFC 6979), so that a release can be made again byte by byte.
func (k *Key) sign(digest [sha256.Size]byte) ([]byte, error) {
	return k.private.Sign(nil, digest[:], crypto.SHA256)
}

// public is the public half: as DER, and as PEM as cosign.pub has it.
func (k *Key) public() (der, text []byte, err error) {
	der, err = x509.MarshalPKIXPublicKey(k.private.Public())
	return der, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), err
}

// hint names the key in bundles as cosign names it: by the digest of its
// public half.
func (k *Key) hint() (string, error) {
	der, _, err := k.public()
	digest := sha256.Sum256(der)
	return base64.StdEncoding.EncodeToString(digest[:]), err
}
