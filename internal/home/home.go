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

// Path is the folder itself, which may not be there.
func (d Dir) Path() string { return d.path }

// ConfigFile is where the config that the cluster was created with is kept.
func (d Dir) ConfigFile() string { return filepath.Join(d.path, "cluster.json") }

// Backend is the URL of the cluster's own state.
func (d Dir) Backend() string { return "file://" + filepath.ToSlash(filepath.Join(d.path, "state")) }

// Engine is the private folder of the Pulumi engine.
func (d Dir) Engine() string { return filepath.Join(d.path, "engine") }

// PassphraseFile holds the passphrase where the user gave none.
func (d Dir) PassphraseFile() string { return filepath.Join(d.path, "passphrase") }

// KubeconfigFile is where the kubeconfig is kept that the user's own could not
// take.
func (d Dir) KubeconfigFile() string { return filepath.Join(d.path, "kubeconfig") }

// CredentialFile holds the short-lived credential that was issued last.
func (d Dir) CredentialFile() string { return filepath.Join(d.path, "credential.json") }

func (d Dir) backendFile() string { return filepath.Join(d.path, "backend") }

// Make makes the folder.
func (d Dir) Make() error {
	if err := os.MkdirAll(d.path, 0o700); err != nil {
		return fmt.Errorf("making the cluster's folder: %w", err)
	}
	return os.Chmod(d.path, 0o700)
}

// SaveConfig keeps the config and where the state is, so that later commands
// need not be told. The config comes last: with it the cluster is known.
func (d Dir) SaveConfig(data []byte, backend string) error {
	if err := d.Make(); err != nil {
		return err
	}
	if err := writeWhole(d.backendFile(), backend+"\n"); err != nil {
		return fmt.Errorf("keeping where the state is: %w", err)
	}
	if err := writeWhole(d.ConfigFile(), string(data)); err != nil {
		return fmt.Errorf("keeping the config: %w", err)
	}
	return nil
}

// SavedBackend is the URL of the state of a cluster whose config was saved:
// its own folder where nothing else is said, or nothing for no such cluster.
func (d Dir) SavedBackend() (string, error) {
	if _, err := os.Stat(d.ConfigFile()); errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	data, err := os.ReadFile(d.backendFile())
	if errors.Is(err, fs.ErrNotExist) {
		return d.Backend(), nil
	}
	if err != nil {
		return "", fmt.Errorf("reading where the state is: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// SavedPassphrase reads the cluster's passphrase; empty for none.
func (d Dir) SavedPassphrase() (string, error) {
	data, err := os.ReadFile(d.PassphraseFile())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("reading the passphrase of the state: %w", err)
	}
	return strings.TrimSpace(string(data)), nil
}

// Passphrase reads the cluster's passphrase and makes one when there is none;
// made says which it was.
func (d Dir) Passphrase() (phrase string, made bool, err error) {
	if phrase, err = d.SavedPassphrase(); err != nil || phrase != "" {
		return phrase, false, err
	}
	if err := d.Make(); err != nil {
		return "", false, err
	}
	secret := make([]byte, 32)
	if _, err := rand.Read(secret); err != nil {
		return "", false, fmt.Errorf("making a passphrase: %w", err)
	}
	phrase = base64.RawURLEncoding.EncodeToString(secret)
	if err := writeWhole(d.PassphraseFile(), phrase+"\n"); err != nil {
		return "", false, fmt.Errorf("keeping the passphrase: %w", err)
	}
	return phrase, true, nil
}

// Keep writes a file of the folder, whole, that nobody but its owner may read.
func (d Dir) Keep(path string, data []byte) error {
	if err := d.Make(); err != nil {
		return err
	}
	// A name of its own, for several programs may write at once.
	temporary, err := os.CreateTemp(d.path, filepath.Base(path)+".new-")
	if err != nil {
		return fmt.Errorf("keeping %s: %w", path, err)
	}
	_, err = temporary.Write(data)
	if err = errors.Join(err, temporary.Close()); err == nil {
		err = os.Rename(temporary.Name(), path)
	}
	if err != nil {
		_ = os.Remove(temporary.Name())
		return fmt.Errorf("keeping %s: %w", path, err)
	}
	return nil
}

// Forget removes a file of the folder, if it is there.
func (d Dir) Forget(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("removing %s: %w", path, err)
	}
	return nil
}

// writeWhole writes a file whole, or not at all: a passphrase half written
// would lock its owner out of the state.
func writeWhole(path, content string) error {
	temporary := path + ".new"
	if err := os.WriteFile(temporary, []byte(content), 0o600); err != nil {
		return err
	}
	return os.Rename(temporary, path)
}

// Remove takes the folder away with all that is in it, and the one around it
// where no other cluster is left.
func (d Dir) Remove() error {
	if err := os.RemoveAll(d.path); err != nil {
		return fmt.Errorf("removing the cluster's folder: %w", err)
	}
	// It is refused for a folder that is not empty, which is what we want.
	_ = os.Remove(filepath.Dir(d.path))
	return nil
}
