package wizard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// targetPath is the one field that decides which others there are.
const targetPath = "spec.target"

// Refused is an answer that cannot be: what is wrong with it, and what to
// write instead.
type Refused struct{ Problems []diag.Problem }

// Error is each problem with its fix below it.
func (r *Refused) Error() string {
	var lines []string
	for _, p := range r.Problems {
		lines = append(lines, p.Message)
		if p.Fix != "" {
			lines = append(lines, "fix: "+p.Fix)
		}
	}
	return strings.Join(lines, "\n")
}

// try is the draft with an answer, or a *Refused.
func (d *Draft) try(path, text string) (*Draft, error) {
	field := d.schema.Find(path)
	if field == nil {
		return nil, fmt.Errorf("there is no field %q", path)
	}
	before := d.Problems()
	next := d.clone()
	value, err := parse(field, text)
	if err != nil && text != "" {
		return nil, &Refused{[]diag.Problem{{Path: path, Message: err.Error(), Fix: howTo(field)}}}
	}
	// What is not changed keeps the form that it is written in.
	if was, is := d.written(path); is && was == text {
		err = nil
	} else if text == "" {
		err = next.unset(path)
	} else {
		err = next.write(path, value)
	}
	if err != nil {
		return nil, &Refused{[]diag.Problem{{Path: path, Message: err.Error()}}}
	}
	problems := next.about(path, before)
	if text == "" && len(problems) == 0 && field.Required && path == "spec."+next.target()+"."+field.Name {
		// A block that is empty is not there, and nothing in it is missed.
		problems = []diag.Problem{{Path: path, Message: "is missing", Fix: "write one, such as " + field.Example}}
	}
	if len(problems) > 0 {
		return nil, &Refused{problems}
	}
	return next, nil
}

// write sets a value, unless it is the default and the file did not say it.
func (d *Draft) write(path string, value any) error {
	if path == targetPath {
		d.leave(show(value))
		return d.set(path, value)
	}
	if always(path) || d.wasThere(path) || !same(value, d.byDefault(path)) {
		return d.set(path, value)
	}
	return d.unset(path)
}

// always are the fields that stand in every file.
func always(path string) bool {
	return slices.Contains([]string{"apiVersion", "kind", "metadata.name", targetPath}, path)
}

// howTo says how a value of a type is written.
func howTo(f *schema.Field) string {
	switch f.Type {
	case schema.Integer:
		return "write it in decimal digits"
	case schema.Boolean:
		return "write true or false"
	case schema.List:
		return "write values with commas between them, or a list in JSON"
	case schema.Map:
		return "write key=value with commas between them, or an object in JSON"
	}
	return "write it in JSON"
}

// about are the problems of one path, and those that an answer there brings
// upon the target as a whole. What is wrong elsewhere is asked about there.
func (d *Draft) about(path string, before []diag.Problem) []diag.Problem {
	block := "spec." + d.target()
	var out []diag.Problem
	for _, p := range d.Problems() {
		known := slices.ContainsFunc(before, func(b diag.Problem) bool { return b.Path == p.Path && b.Message == p.Message })
		if within(p.Path, path) || (p.Path == block && !known && path != targetPath) {
			out = append(out, p)
		}
	}
	return out
}

// Answer takes an answer over, unless it is wrong: then the error is a
// *Refused and nothing has changed. The notes say which earlier answers it
// made impossible; those are taken back to their defaults.
func (d *Draft) Answer(path, text string) (notes []string, err error) {
	before := d.clone()
	next, err := d.try(path, text)
	if err != nil {
		return nil, err
	}
	known := before.Problems()
	for _, answered := range slices.Clone(next.answers) {
		if _, still := next.written(answered); !still || answered == path || always(answered) {
			continue
		}
		if len(broken(next.Problems(), known, answered)) == 0 {
			continue
		}
		if err := next.unset(answered); err == nil {
			notes = append(notes, fmt.Sprintf("%s is at its default again: what was chosen is not possible any more", answered))
		}
	}
	notes = append(notes, gone(before, next)...)
	next.answers = append(slices.DeleteFunc(next.answers, func(p string) bool { return p == path }), path)
	*d = *next
	return notes, nil
}

// broken are the problems at a path that were not there before.
func broken(after, before []diag.Problem, path string) []diag.Problem {
	var out []diag.Problem
	for _, p := range after {
		known := slices.ContainsFunc(before, func(b diag.Problem) bool { return b.Path == p.Path && b.Message == p.Message })
		if within(p.Path, path) && !known {
			out = append(out, p)
		}
	}
	return out
}

// gone says what another target left no room for.
func gone(before, next *Draft) []string {
	lost := before.foreign(next.target())
	if len(lost) == 0 {
		return nil
	}
	return []string{"the target leaves out " + strings.Join(lost, ", ")}
}

// leave takes out what another target has no use for.
func (d *Draft) leave(target string) {
	for _, path := range d.foreign(target) {
		// It is there, so it can be taken out.
		_ = d.unset(path)
	}
}

// foreign are the paths, of what is written, that are about the target there
// is and mean nothing to another: its block, and the names that its cloud has
// for machines.
func (d *Draft) foreign(target string) []string {
	cluster, _ := d.Cluster()
	if d.target() == target {
		return nil
	}
	var out []string
	for _, other := range d.schema.Targets {
		if path := "spec." + other; other != target {
			if _, found, err := d.document.Get(path); found && err == nil {
				out = append(out, path)
			}
		}
	}
	for _, path := range cluster.OfMachines() {
		if _, found, err := d.document.Get(path); found && err == nil && !countsNodes(path) {
			out = append(out, path)
		}
	}
	return out
}

// countsNodes tells a pool's bounds, which any cloud understands, from the
// names that only one does.
func countsNodes(path string) bool {
	return strings.HasSuffix(path, ".min") || strings.HasSuffix(path, ".max")
}

// ofMachines are the patterns of the fields that only targets with machines
// of a cloud have a use for.
func ofMachines() map[string]bool {
	machine := config.Machine{Type: "t", Arch: "a", DiskGB: 1, Zones: []string{"z"}}
	every := &config.Cluster{Spec: config.Spec{
		ControlPlane: config.ControlPlane{Machine: machine, EtcdDiskGB: 1},
		Pools:        []config.Pool{{Machine: machine, Min: 1, Max: 1, Spot: true}},
	}}
	out := map[string]bool{}
	for _, path := range every.OfMachines() {
		out[schema.Pattern(path)] = true
	}
	return out
}

// makesMachines tells whether a target's hosts are machines of a cloud.
func (d *Draft) makesMachines(target string) bool {
	return config.New(target, d.blocks).Spec.ControlPlane.Machine.Type != ""
}
