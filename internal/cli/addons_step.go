package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// same tells whether two paths are of one file.
func same(a, b string) bool {
	x, err := filepath.Abs(a)
	if err != nil {
		return false
	}
	y, err := filepath.Abs(b)
	return err == nil && x == y
}

// withAddonsOf is a config with what another says of what runs in the cluster,
// but for its network.
func withAddonsOf(name string, data []byte, other *config.Cluster) ([]byte, error) {
	document, err := config.ParseDocument(name, data)
	if err != nil {
		return nil, err
	}
	for _, section := range []struct {
		path  string
		value any
		empty bool
	}{
		{"spec.addons", other.Spec.Addons, len(other.Spec.Addons) == 0},
		{"spec.logging", other.Spec.Logging, other.Spec.Logging == config.Logging{}},
		{"spec.network.policy", other.Spec.Network.Policy, other.Spec.Network.Policy == ""},
	} {
		if section.empty {
			err = document.Unset(section.path)
		} else {
			err = document.Set(section.path, section.value)
		}
		if err != nil {
			return nil, err
		}
	}
	return document.Bytes()
}

// keepInStep has the config that the cluster was created with say of addons
// what another says: it is what commands in other folders read.
func (s *session) keepInStep(cluster *config.Cluster) error {
	data, err := os.ReadFile(s.dir.ConfigFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the config that the cluster was created with: %w", err)
	}
	kept, err := withAddonsOf(s.dir.ConfigFile(), data, cluster)
	if err != nil || bytes.Equal(kept, data) {
		return err
	}
	return s.dir.SaveConfig(kept, s.backend)
}

// sayWhatIsNotLoaded tells where hosts that load images from an archive were
// made with one that has none of a new addon. They may be able to pull.
func (e *addonEdit) sayWhatIsNotLoaded() {
	before := *e.session
	before.cluster = e.was
	had, err := before.inputs()
	if err != nil {
		return // what is in the way of looking is told by who needs it
	}
	if wants, err := e.inputs(); err == nil && wants.ImageArchive == had.ImageArchive {
		return
	}
	e.narrate("The hosts were made with an archive that may lack images of these addons:\n  " + dashed(had.ImageArchive) +
		"\nTheir pods wait until the hosts can pull them.")
}
