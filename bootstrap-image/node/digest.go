package node

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/vincent-petithory/dataurl"
)

// Content is what a file of a config will hold.
func Content(file types.File) ([]byte, error) {
	if file.Contents.Source == nil {
		return nil, nil
	}
	decoded, err := dataurl.DecodeString(*file.Contents.Source)
	if err != nil {
		return nil, fmt.Errorf("decoding the content of %q: %w", file.Path, err)
	}
	return decoded.Data, nil
}

// Restart is a unit that must be restarted when its digest has changed since
// it was last started.
type Restart struct {
	Unit   string
	Digest string
}

// Restarts are the units to start, in order, each with a digest of what it
// reads once. A kubelet rereads its certificates and its bootstrap token by
// itself, so those are not part of it.
func Restarts(config types.Config) ([]Restart, error) {
	reads := []struct {
		unit  string
		files []string
	}{
		{"containerd.service", []string{ContainerdConfigPath, containerdDropIn}},
		// Before the kubelet, which reaches the API by it.
		{BalancerUnit, []string{pkiPath("ca.crt")}},
		{KubeletUnit, []string{kubeletConfig, kubeletKubeconfig, pkiPath("ca.crt"), metadataRules}},
		{RenewTimer, nil},
		{SnapshotTimer, nil},
	}
	content := map[string][]byte{}
	for _, file := range config.Storage.Files {
		data, err := Content(file)
		if err != nil {
			return nil, err
		}
		content[file.Path] = data
	}
	for _, unit := range config.Systemd.Units {
		content[unit.Name] = []byte(*unit.Contents)
	}
	var out []Restart
	for _, r := range reads {
		if content[r.unit] == nil && r.unit != "containerd.service" {
			continue // a unit of ours that this host has not: a worker has no timer
		}
		sum := sha256.New()
		for _, name := range append([]string{r.unit}, r.files...) {
			_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(content[name]), content[name])
		}
		out = append(out, Restart{Unit: r.unit, Digest: hex.EncodeToString(sum.Sum(nil))})
	}
	return out, nil
}
