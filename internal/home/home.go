// Package home is the folder of one cluster on the user's machine: its
// config as last created, its state where no other backend is named, and the
// passphrase that encrypts the secrets in that state.
package home

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Dir is the folder of one cluster. Nobody but its owner may read it.
type Dir struct{ path string }

// Root is the folder that holds those of all clusters: ~/.kube/anywhere.
func Root() (string, error) {
	user, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding your home folder: %w (set HOME)", err)
	}
	return filepath.Join(user, ".kube", "anywhere"), nil
}

// Of is the folder of the named cluster below root. It is not made yet.
func Of(root, cluster string) Dir { return Dir{filepath.Join(root, cluster)} }

// Clusters lists the clusters that have a folder below root.
func Clusters(root string) ([]string, error) {
	entries, err := os.ReadDir(root)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("listing clusters: %w", err)
	}
	var names []string
	for _, e := range entries {
		if _, err := os.Stat(Of(root, e.Name()).ConfigFile()); err == nil {
			names = append(names, e.Name())
		}
	}
	return names, nil
}

// ConfigFile is where the config that the cluster was created with is kept.
func (d Dir) ConfigFile() string { return filepath.Join(d.path, "cluster.json") }

// Backend is the URL of the cluster's own state.
func (d Dir) Backend() string { return "file://" + filepath.Join(d.path, "state") }

// Engine is the private folder of the Pulumi engine.
func (d Dir) Engine() string { return filepath.Join(d.path, "engine") }

// PassphraseFile holds the passphrase where the user gave none.
func (d Dir) PassphraseFile() string { return filepath.Join(d.path, "passphrase") }

// Make makes the folder.
func (d Dir) Make() error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("making the cluster's folder: %w", err)
	}
	return os.Chmod(d.path, 0o700)
}

// SaveConfig keeps the config, so that later commands need not be told it.
func (d Dir) SaveConfig(data []byte) error {
	if err := d.Make(); err != nil {
		return err
	}
	temporary := d.ConfigFile() + ".new"
	if err := os.WriteFile(temporary, data, 0o600); err != nil {
		return fmt.Errorf("keeping the config: %w", err)
	}
	return os.Rename(temporary, d.ConfigFile())
}

// Passphrase reads the cluster's passphrase and makes one when there is none;
// made says which it was.
func (d Dir) Passphrase() (phrase string, made bool, err error) {
	data, err := os.ReadFile(d.PassphraseFile())
	if err == nil {
		return strings.TrimSpace(string(data)), false, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", false, fmt.Errorf("reading the passphrase of the state: %w", err)
	}
	if err := d.Make(); err != nil {
		return "", false, err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", false, fmt.Errorf("making a passphrase: %w", err)
	}
	phrase = base64.RawURLEncoding.EncodeToString(secret)
	return phrase, true, writeOnce(d.PassphraseFile(), phrase+"\n")
}

// writeOnce writes a file whole, or not at all: a passphrase half written
// would lock its owner out of the state.
func writeOnce(path, content string) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(content), 0o600); err != nil {
		return fmt.Errorf("keeping the passphrase: %w", err)
	}
	return os.Rename(temporary, path)
}

// Remove takes the folder away with all that is in it.
func (d Dir) Remove() error {
	if err := os.RemoveAll(d.path); err != nil {
		return fmt.Errorf("removing the cluster's folder: %w", err)
	}
	return nil
}
