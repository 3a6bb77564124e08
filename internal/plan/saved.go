package plan

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// SavedKind is the kind of a plan in a file.
const SavedKind = "Plan"

// Saved is a plan that a later create is held to, with all that it was made
// from. It holds no secret: of what is secret there are digests.
type Saved struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"`
	// Program is the version of the program that made it: another one might
	// make something else of the same config.
	Program string    `json:"program"`
	Made    time.Time `json:"made"`
	// State is the URL of the state, empty where it is in the usual folder.
	State string `json:"state,omitempty"`
	// Config is the cluster's, defaults filled in.
	Config json.RawMessage `json:"config"`
	World  World           `json:"world"`
	Plan   *Plan           `json:"plan"`
	// Digest is of everything else. It tells a file that was edited or cut off;
	// it is no signature.
	Digest string `json:"digest"`
}

// World is what a plan was made in.
type World struct {
	// Recorded are the resources that the state records, by URN: a digest of
	// the id and the inputs of each.
	Recorded map[string]string `json:"recorded"`
	// Images is what hosts run: a reference, and the digest of an archive.
	Images string `json:"images"`
	// Addons is a digest of all objects of phase 3.
	Addons string `json:"addons"`
}

// ErrEdited is returned for a file that is not as it was written.
var ErrEdited = errors.New("the file was changed since it was written, or is not complete")

// Write keeps a plan in a file that only its owner reads, in one go.
func (s Saved) Write(path string) error {
	s.Kind = SavedKind
	var err error
	if s.Digest, err = s.digest(); err != nil {
		return err
	}
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding the plan: %w", err)
	}
	// A temporary file has the mode that is wanted: 0600.
	fresh, err := os.CreateTemp(filepath.Dir(path), ".plan-*")
	if err != nil {
		return fmt.Errorf("writing the plan %q: %w", path, err)
	}
	defer os.Remove(fresh.Name())
	_, err = fresh.Write(append(data, '\n'))
	if err = errors.Join(err, fresh.Close()); err == nil {
		err = os.Rename(fresh.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("writing the plan %q: %w", path, err)
	}
	return nil
}

// Read reads a plan from a file, and makes sure that it is as it was written.
func Read(path string) (*Saved, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading the plan: %w", err)
	}
	var s Saved
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	err = decoder.Decode(&s)
	if s.Kind != SavedKind && s.Kind != "" {
		return nil, fmt.Errorf("reading the plan %q: it is a %s; write one with 'kubectl anywhere preview --out FILE'", path, s.Kind)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the plan %q: %w: %w", path, ErrEdited, err)
	}
	digest, err := s.digest()
	if err != nil {
		return nil, err
	}
	if s.Kind == "" || s.Plan == nil || digest != s.Digest {
		return nil, fmt.Errorf("reading the plan %q: %w", path, ErrEdited)
	}
	return &s, nil
}

func (s Saved) digest() (string, error) {
	s.Digest = ""
	data, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("encoding the plan: %w", err)
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:]), nil
}
