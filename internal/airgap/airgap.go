// Package airgap packs all that a cluster is made of into one file, the kit,
// and unpacks it where nothing can be downloaded: images, what hosts are made
// of, providers' plugins, each with its checksum.
package airgap

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// What a part of a kit is.
const (
	// Images is the archive of every image that hosts load.
	Images = "images"
	// Bootstrap is the archive of the bootstrap image alone.
	Bootstrap = "bootstrap"
	// HostImage is what the local target makes hosts of.
	HostImage = "host image"
	// Plugin is a file of a provider's plugin, below the folder of plugins.
	Plugin = "plugin"
)

// Version is that of the kit's form.
const Version = 1

// manifestName is the first file of a kit, by which one is known.
const manifestName = "kit.json"

// Manifest says what is in a kit.
type Manifest struct {
	// Version is that of the form; another one is refused.
	Version int `json:"version"`
	// Cluster, Target, KubernetesVersion and Arch are those it was made for.
	Cluster           string `json:"cluster"`
	Target            string `json:"target"`
	KubernetesVersion string `json:"kubernetesVersion"`
	Arch              string `json:"arch"`
	// Parts are the files in it, in their order.
	Parts []Part `json:"parts"`
}

// Part is one file of a kit.
type Part struct {
	// Name is its path in the kit, with slashes.
	Name string `json:"name"`
	// What is one of the constants above.
	What string `json:"what"`
	// Size is in bytes; Mode are the permissions.
	Size   int64       `json:"size"`
	Mode   os.FileMode `json:"mode"`
	SHA256 string      `json:"sha256"`
}

// Find is the name of the first part of a kind; empty where there is none.
func (m *Manifest) Find(what string) string {
	for _, part := range m.Parts {
		if part.What == what {
			return part.Name
		}
	}
	return ""
}

// Source is a file to be packed.
type Source struct {
	// Name and What are those of its part, Path is where it lies.
	Name, What, Path string
}

// measure is a source as a part.
func (s Source) measure() (Part, error) {
	file, err := os.Open(s.Path)
	if err != nil {
		return Part{}, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return Part{}, err
	}
	if !info.Mode().IsRegular() {
		return Part{}, fmt.Errorf("%q is no file", s.Path)
	}
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	return Part{Name: s.Name, What: s.What, Size: size, Mode: info.Mode().Perm(), SHA256: hex.EncodeToString(sum.Sum(nil))}, err
}

// check refuses a manifest that this program cannot unpack.
func (m *Manifest) check() error {
	if m.Version != Version {
		return fmt.Errorf("its form has version %d, and this program reads version %d; make it with this one: 'kubectl anywhere images bundle --out FILE'", m.Version, Version)
	}
	if len(m.Parts) == 0 {
		return errors.New("it has no parts")
	}
	for _, part := range m.Parts {
		if !filepath.IsLocal(filepath.FromSlash(part.Name)) || part.Name == manifestName {
			return fmt.Errorf("a part is called %q", part.Name)
		}
	}
	return nil
}

// digest names a kit: it changes with any part.
func (m *Manifest) digest() (string, error) {
	data, err := json.Marshal(m)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
