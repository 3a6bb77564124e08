package wizard

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// Blocks makes the empty block of each target, as config.Load takes it.
type Blocks = map[string]func() config.Block

// Draft is a config that is being written. What it does not understand of a
// file it keeps as it was.
type Draft struct {
	name     string
	schema   *schema.Schema
	blocks   Blocks
	document *config.Document
	// found is the file as it was, nil where there was none.
	found []byte
	// answers are the paths that were set since, which are taken back where a
	// later change makes them wrong.
	answers []string
	// seen is what was worked out of the document as it is.
	seen *seen
}

// seen is what a document says, worked out once: a person who types must not
// wait for it.
type seen struct {
	cluster  *config.Cluster
	report   *diag.Report
	tree     any
	defaults map[string]any
}

// New begins a config where there is no file. The name tells whether it is to
// be YAML.
func New(name string, s *schema.Schema, blocks Blocks) (*Draft, error) {
	text := fmt.Sprintf("{\n  \"$schema\": %q,\n  \"apiVersion\": %q,\n  \"kind\": %q,\n  \"metadata\": { \"name\": %q },\n  \"spec\": {\n    \"target\": %q\n  }\n}\n",
		schema.URL, config.APIVersion, config.Kind, config.DefaultName, config.DefaultTarget)
	if ext := filepath.Ext(name); ext == ".yaml" || ext == ".yml" {
		text = fmt.Sprintf("# yaml-language-server: $schema=%s\napiVersion: %s\nkind: %s\nmetadata:\n  name: %s\nspec:\n  target: %s\n",
			schema.URL, config.APIVersion, config.Kind, config.DefaultName, config.DefaultTarget)
	}
	d, err := Open(name, []byte(text), s, blocks)
	if err != nil {
		return nil, err
	}
	d.found = nil
	return d, nil
}

// Open goes on with the config of a file. The error is a *diag.Error where it
// cannot be read.
func Open(name string, data []byte, s *schema.Schema, blocks Blocks) (*Draft, error) {
	document, err := config.ParseDocument(name, data)
	if err != nil {
		return nil, err
	}
	return &Draft{name: name, schema: s, blocks: blocks, document: document, found: data}, nil
}

// Describe has the file name its schema, where it names none.
func (d *Draft) Describe() {
	d.seen = nil
	d.document.Describe(schema.URL)
}

// Bytes is the file's text.
func (d *Draft) Bytes() ([]byte, error) { return d.document.Bytes() }

// Cluster is the config as far as it can be read, with defaults, and all that
// is wrong with it.
func (d *Draft) Cluster() (*config.Cluster, *diag.Report) {
	seen := d.look()
	return seen.cluster, seen.report
}

func (d *Draft) look() *seen {
	if d.seen != nil {
		return d.seen
	}
	d.seen = &seen{report: &diag.Report{}, defaults: map[string]any{}}
	data, err := d.Bytes()
	if err == nil {
		d.seen.cluster, d.seen.report = config.LoadUnfinished(d.name, data, d.blocks)
	} else {
		d.seen.report.Add(diag.Problem{Message: err.Error()})
	}
	if d.seen.cluster == nil {
		d.seen.cluster = config.New("", d.blocks)
	}
	d.seen.tree = plainly(d.seen.cluster)
	return d.seen
}

// target is the one that is chosen.
func (d *Draft) target() string { return d.look().cluster.Spec.Target }

// set and unset change the document.
func (d *Draft) set(path string, value any) error {
	d.seen = nil
	return d.document.Set(path, value)
}

func (d *Draft) unset(path string) error {
	d.seen = nil
	return d.document.Unset(path)
}

// Problems are all that is wrong.
func (d *Draft) Problems() []diag.Problem {
	_, report := d.Cluster()
	return report.Problems
}

// Err is nil where the config is right, and a *diag.Error otherwise.
func (d *Draft) Err() error {
	data, err := d.Bytes()
	if err != nil {
		return err
	}
	_, report := config.Load(d.name, data, d.blocks)
	return report.Err(diag.Source{File: d.name, Text: data})
}

// Set writes what a person wrote at a path; see parse. The empty text takes
// the value out, so that the default holds.
func (d *Draft) Set(path, text string) error {
	field, path, err := d.find(path)
	if err != nil {
		return err
	}
	if text == "" {
		return d.unset(path)
	}
	value, err := parse(field, text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if path == targetPath {
		d.leave(show(value))
	}
	return d.set(path, value)
}

// Unset takes out what stands at a path.
func (d *Draft) Unset(path string) error {
	if _, found, err := d.find(path); err == nil {
		path = found
	} else {
		return err
	}
	return d.unset(path)
}

// written is what the document says at a path, as text.
func (d *Draft) written(path string) (string, bool) {
	value, found, err := d.document.Get(path)
	return show(plainly(value)), found && err == nil
}

// effective is what holds at a path, as JSON has it: what is written, or else
// the default.
func (d *Draft) effective(path string) any {
	value := d.look().tree
	steps, err := config.ParsePath(path)
	if err != nil {
		return nil
	}
	for _, step := range steps {
		switch container := value.(type) {
		case map[string]any:
			value = container[step.Name]
		case []any:
			if step.Index < 0 || step.Index >= len(container) {
				return nil
			}
			value = container[step.Index]
		default:
			return nil
		}
	}
	return value
}

// byDefault is what would hold at a path if nothing were written there.
func (d *Draft) byDefault(path string) any {
	known := d.look().defaults
	if value, is := known[path]; is {
		return value
	}
	if _, found, err := d.document.Get(path); !found && err == nil {
		known[path] = d.effective(path)
		return known[path]
	}
	without := d.clone()
	if without.unset(path) == nil {
		known[path] = without.effective(path)
	}
	return known[path]
}

// defaultOf is byDefault for a person: the zero of a field that must be written
// is no default.
func (d *Draft) defaultOf(path string, f *schema.Field) any {
	value := d.byDefault(path)
	if f.Required && (same(value, 0) || same(value, "")) {
		return nil
	}
	return value
}

// clone is a draft to try something with.
func (d *Draft) clone() *Draft {
	other := *d
	other.answers, other.seen = slices.Clone(d.answers), nil
	data, err := d.Bytes()
	if err == nil {
		// What was written can be read.
		other.document, err = config.ParseDocument(d.name, data)
	}
	if err != nil {
		panic(fmt.Sprintf("a config that was read cannot be read again: %v", err))
	}
	return &other
}

// wasThere tells whether the file that was found says something at a path.
func (d *Draft) wasThere(path string) bool {
	if d.found == nil {
		return false
	}
	document, err := config.ParseDocument(d.name, d.found)
	if err != nil {
		return false
	}
	_, found, err := document.Get(path)
	return found && err == nil
}

// plainly is a value as JSON has it, whose numbers are all of one type.
func plainly(value any) any {
	data, err := json.Marshal(value)
	if err != nil {
		return value
	}
	var plain any
	if json.Unmarshal(data, &plain) != nil {
		return value
	}
	return plain
}

func same(a, b any) bool { return reflect.DeepEqual(plainly(a), plainly(b)) }

// within tells whether a path is another one or below it.
func within(path, root string) bool {
	rest, found := strings.CutPrefix(path, root)
	return found && (rest == "" || rest[0] == '.' || rest[0] == '[')
}

// Get is the value at a path, as JSON has it: what is in effect, or only what
// is written.
func (d *Draft) Get(path string, written bool) (any, error) {
	if path == "" {
		value, _, err := d.document.Get("")
		if !written {
			value = d.effective("")
		}
		return plainly(value), err
	}
	_, found, err := d.find(path)
	if err != nil {
		return nil, err
	}
	if !written {
		if value := d.effective(found); value != nil {
			return value, nil
		}
		return nil, fmt.Errorf("%s is not set and has no default", path)
	}
	value, there, err := d.document.Get(found)
	if err == nil && !there {
		err = fmt.Errorf("%s does not say %s; without --written its default is shown", d.name, path)
	}
	return plainly(value), err
}
