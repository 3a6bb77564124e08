// Package migrate turns a config of an earlier version into one of the
// version that this program reads, one version at a time, and says of each
// field what became of it.
package migrate

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// Change is what became of one field.
type Change struct {
	// From is the field in the earlier version, with its value where that says
	// more; never a secret's.
	From string
	// To is the field now; empty for one that has no successor.
	To string
	// Why says what else there is to know, and of a field without a successor
	// always why.
	Why string
}

// Result is a config after its migration.
type Result struct {
	// Current tells that nothing was to be done.
	Current bool
	// Of says what the config was.
	Of string
	// Config is the document in the version of today; that which was read
	// where nothing was to be done.
	Config []byte
	// Changes are in the order in which the fields stood.
	Changes []Change
	// Problems are what is still wrong with it; a *diag.Error, or nil.
	Problems error
}

// Refusal is a config that cannot be migrated, whatever one writes into it.
type Refusal struct {
	// What cannot be, and Instead what can be done.
	What, Instead string
}

// Error says both.
func (r *Refusal) Error() string { return r.What + "; " + r.Instead }

// step leads from one version to the next. A later version adds one at the
// end of the list, and leaves the others as they are.
type step struct {
	// of describes the version it leads from, and is tells a document of it.
	of string
	is func(text []byte) bool
	// convert makes the next version's document.
	convert func(text []byte) ([]byte, []Change, error)
}

func steps() []step {
	return []step{
		{"a config of the first Kubernetes Anywhere, made by Kconfig", isKconfig, fromKconfig},
	}
}

// Run migrates a config; name is what its problems call the file, and blocks
// what config.Load takes. The error is a *Refusal, or that the document cannot
// be read.
func Run(name string, text []byte, blocks map[string]func() config.Block) (*Result, error) {
	result := &Result{Config: text, Current: true}
	for _, s := range steps() {
		if !s.is(result.Config) {
			continue
		}
		if result.Current {
			result.Of, result.Current = s.of, false
		}
		next, changes, err := s.convert(result.Config)
		if err != nil {
			return nil, err
		}
		result.Config = next
		result.Changes = append(result.Changes, changes...)
	}
	if !result.Current {
		name = "the config made of " + name
		return result, result.settle(name, blocks)
	}
	document, err := config.ParseDocument(name, text)
	if err != nil {
		return nil, err
	}
	if version, _, err := document.Get("apiVersion"); err == nil && version != nil && version != config.APIVersion {
		return nil, unknownVersion(version)
	}
	result.check(name, blocks)
	return result, nil
}

func unknownVersion(version any) error {
	return &Refusal{
		What:    fmt.Sprintf("apiVersion %v is none that this program knows; it writes %s", version, config.APIVersion),
		Instead: "a newer program may know it ('kubectl anywhere version' says which this is)",
	}
}

// check notes what is wrong with the config.
func (r *Result) check(name string, blocks map[string]func() config.Block) {
	_, report := config.Load(name, r.Config, blocks)
	r.Problems = report.Err(diag.Source{File: name, Text: r.Config})
}

// settle takes out again what came from the earlier version and cannot be any
// more, such as a size of machines that no longer does: the default is better
// than a config that is refused. What has no default stays, as a problem.
func (r *Result) settle(name string, blocks map[string]func() config.Block) error {
	document, err := config.ParseDocument(name, r.Config)
	if err != nil {
		return fmt.Errorf("migrating the config: %w", err)
	}
	_, report := config.Load(name, r.Config, blocks)
	for _, problem := range report.Problems {
		for i := range r.Changes {
			c := &r.Changes[i]
			if c.To != problem.Path || !optional(c.To) {
				continue
			}
			if err := document.Unset(c.To); err != nil {
				return fmt.Errorf("migrating the config: %w", err)
			}
			c.To, c.Why = "", strings.TrimSpace("the default is taken: "+problem.Message)
		}
	}
	if r.Config, err = document.Bytes(); err != nil {
		return err
	}
	var indented bytes.Buffer
	if json.Indent(&indented, bytes.TrimSpace(r.Config), "", "  ") == nil { // YAML stays as it is
		indented.WriteByte('\n')
		r.Config = indented.Bytes()
	}
	r.check(name, blocks)
	return nil
}

// optional tells the fields that can be left to their default.
func optional(path string) bool {
	return strings.Contains(path, ".machine.") || path == "spec.kubernetesVersion" || strings.HasSuffix(path, ".image") || strings.HasSuffix(path, ".zones")
}
