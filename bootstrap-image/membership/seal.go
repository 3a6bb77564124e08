package membership

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"golang.org/x/crypto/nacl/secretbox"
)

// Lengths of what secretbox takes, in bytes.
const (
	keyLength   = 32
	nonceLength = 24
)

// newKey makes a certificate key, in hexadecimal as kubeadm writes it.
func newKey(random io.Reader) (string, error) {
	key := make([]byte, keyLength)
	if _, err := io.ReadFull(random, key); err != nil {
		return "", fmt.Errorf("making a certificate key: %w", err)
	}
	return hex.EncodeToString(key), nil
}

// readKey reads a certificate key as people paste it.
func readKey(text string) (*[keyLength]byte, error) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != keyLength {
		return nil, input("reading --certificate-key: it is not %d hexadecimal digits", 2*keyLength)
	}
	return (*[keyLength]byte)(raw), nil
}

// seal encrypts what a control plane must know. The key goes by way of the
// person who pastes the line; the API has only what is sealed.
func seal(credentials node.Credentials, key string, random io.Reader) ([]byte, error) {
	secret, err := readKey(key)
	if err != nil {
		return nil, err
	}
	credentials.BootstrapToken = ""
	document, err := json.Marshal(credentials)
	if err != nil {
		return nil, fmt.Errorf("encoding the credentials of a control plane: %w", err)
	}
	var nonce [nonceLength]byte
	if _, err := io.ReadFull(random, nonce[:]); err != nil {
		return nil, fmt.Errorf("sealing the credentials of a control plane: %w", err)
	}
	return secretbox.Seal(nonce[:], document, &nonce, secret), nil
}

// unseal decrypts and refuses what was changed, or sealed with another key.
func unseal(sealed []byte, key string) (node.Credentials, error) {
	var credentials node.Credentials
	secret, err := readKey(key)
	if err != nil {
		return credentials, err
	}
	if len(sealed) < nonceLength+secretbox.Overhead {
		return credentials, errors.New("opening the credentials of a control plane: they are cut off; make a new line with 'token create --control-plane'")
	}
	document, ok := secretbox.Open(nil, sealed[nonceLength:], (*[nonceLength]byte)(sealed[:nonceLength]), secret)
	if !ok {
		return credentials, errors.New("opening the credentials of a control plane: --certificate-key is not of this token; paste the whole line that 'token create --control-plane' printed")
	}
	if err := json.Unmarshal(document, &credentials); err != nil {
		return credentials, fmt.Errorf("reading the credentials of a control plane: %w", err)
	}
	return credentials, nil
}
