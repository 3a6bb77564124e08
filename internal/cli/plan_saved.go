package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// save keeps a plan in a file, for a create that is held to it.
func (s *session) save(path string, p *plan.Plan, world plan.World) error {
	data, err := config.Marshal(s.cluster)
	if err != nil {
		return err
	}
	saved := plan.Saved{
		APIVersion: config.APIVersion, Program: thisVersion(s.env).Version, Made: time.Now().UTC().Truncate(time.Second),
		Config: json.RawMessage(data), World: world, Plan: p,
	}
	if s.backend != s.dir.Backend() {
		saved.State = s.backend
	}
	return saved.Write(path)
}

// worldOf is what a plan depends on beside the config.
func (s *session) worldOf(f foundation) (plan.World, error) {
	w := plan.World{Images: f.in.BootstrapImage, Recorded: map[string]string{}}
	if f.in.ImageDigest != "" {
		w.Images += " " + f.in.ImageDigest
	}
	for _, r := range f.records {
		digest, err := digestOf(r)
		if err != nil {
			return w, err
		}
		w.Recorded[r.URN] = digest
	}
	set, err := s.addonSet(f)
	if err != nil || set == nil {
		return w, err
	}
	w.Addons = digestOfFiles(set.Files())
	return w, nil
}

// digestOf is of what the program gave a resource, and of its id, which is
// another once it was replaced. What the provider says of it may differ from
// look to look.
func digestOf(r engine.Record) (string, error) {
	// Secrets and all: a digest of a bundle, which is full of keys, gives
	// nothing away.
	inputs, err := json.Marshal(r.Inputs.MapRepl(nil, revealed))
	if err != nil {
		return "", fmt.Errorf("taking the digest of %q: %w", r.Name, err)
	}
	sum := sha256.Sum256(append(inputs, r.ID...))
	return hex.EncodeToString(sum[:]), nil
}

// revealed is the value within a secret.
func revealed(v resource.PropertyValue) (any, bool) {
	if !v.IsSecret() {
		return nil, false
	}
	return v.SecretValue().Element.MapRepl(nil, revealed), true
}

func digestOfFiles(files map[string][]byte) string {
	sum := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		_, _ = fmt.Fprintf(sum, "%s %d\n%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(sum.Sum(nil))
}
