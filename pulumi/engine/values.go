package engine

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"unicode"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
)

// What stands in place of a value that is not for reading, and of one that
// does not exist before the resource does.
const (
	Redacted = "<redacted>"
	Later    = "<later>"
)

// Change is one property that differs, with both its values as text of one
// line: a string as it is, the empty one as "", and anything else as JSON.
type Change struct {
	// Path names the property as Pulumi's diffs do: bootDisk.size,
	// versions[0].name, labels["a.b/c"].
	Path string
	// Old and New are empty where there is no such value. Both are where the
	// provider says that a property differs, and its values do not show it.
	Old, New string
}

// changesOf lists what differs in a step, by path. As Pulumi's own displays do,
// it compares what the state says with the inputs that are wanted, unless the
// provider compared inputs.
func changesOf(step apitype.StepEventMetadata) []Change {
	if step.Old == nil || step.New == nil {
		return nil
	}
	c := comparison{sides: []map[string]any{step.Old.Inputs, step.Old.Outputs, step.New.Inputs, step.New.Outputs}}
	for _, path := range slices.Sorted(maps.Keys(step.DetailedDiff)) {
		c.detailed(step, path, step.DetailedDiff[path])
	}
	if len(step.DetailedDiff) > 0 {
		return c.found
	}
	for _, key := range slices.Sorted(slices.Values(step.Diffs)) {
		if !has(step.Old.Inputs, key) && !has(step.New.Inputs, key) {
			c.found = append(c.found, Change{Path: key}) // nobody asks for a value of it
			continue
		}
		is, wanted := find(step.Old.Outputs, key), find(step.New.Inputs, key)
		if said := find(step.Old.Inputs, key); said != nil && reflect.DeepEqual(is, wanted) {
			is = said
		}
		at := resource.PropertyPath{key}
		c.compare(at.String(), at, is, wanted)
	}
	return c.found
}

// comparison is the changes of one step in the making.
type comparison struct {
	// sides are all that is said of the resource: what is a secret in one of
	// them is none to show of another.
	sides []map[string]any
	found []Change
}

// detailed is what differs at a path that the provider names.
func (c *comparison) detailed(step apitype.StepEventMetadata, path string, diff apitype.PropertyDiff) {
	at, err := resource.ParsePropertyPath(path)
	if err != nil {
		at = resource.PropertyPath{path}
	}
	for _, hidden := range step.New.HideDiffs {
		if hidden.Contains(at) {
			return
		}
	}
	olds, news := step.Old.Outputs, step.New.Inputs
	switch {
	case diff.InputDiff:
		olds = step.Old.Inputs
	case step.Op == apitype.OpRefresh:
		news = step.New.Outputs
	}
	is, wanted := find(olds, at...), find(news, at...)
	switch diff.Kind {
	case apitype.DiffAdd, apitype.DiffAddReplace:
		is = nil
	case apitype.DiffDelete, apitype.DiffDeleteReplace:
		wanted = nil
	}
	c.compare(path, at, is, wanted)
}

func has(properties map[string]any, key string) bool {
	_, is := properties[key]
	return is
}

// find is the value at a path, or nil.
func find(properties map[string]any, path ...any) any {
	var value any = properties
	for _, step := range path {
		switch container := value.(type) {
		case map[string]any:
			key, _ := step.(string)
			value = container[key]
		case []any:
			i, isIndex := step.(int)
			if !isIndex || i < 0 || i >= len(container) {
				return nil
			}
			value = container[i]
		default:
			return nil
		}
	}
	return value
}

// compare adds the innermost properties that differ, or the outer one alone
// where none of them shows it.
func (c *comparison) compare(path string, at resource.PropertyPath, is, wanted any) {
	before := len(c.found)
	c.descend(at, is, wanted)
	switch {
	case len(c.found) > before:
	case hasSecret(is) || hasSecret(wanted):
		c.found = append(c.found, Change{Path: path, Old: Redacted, New: Redacted})
	default:
		c.found = append(c.found, Change{Path: path})
	}
}

func (c *comparison) descend(at resource.PropertyPath, is, wanted any) {
	if reflect.DeepEqual(is, wanted) {
		return
	}
	steps, before, after := parts(is, wanted)
	if steps == nil {
		change := Change{Path: at.String(), Old: text(is), New: text(wanted)}
		if hasSecret(is) || hasSecret(wanted) || c.secretAt(at) {
			change.Old, change.New = hide(change.Old), hide(change.New)
		}
		c.found = append(c.found, change)
	}
	for i, step := range steps {
		c.descend(append(slices.Clone(at), step), before[i], after[i])
	}
}

// parts are what two values of the same kind are made of, in order; none where
// they are to be compared as they are.
func parts(is, wanted any) (steps, before, after []any) {
	switch old := is.(type) {
	case map[string]any:
		new, alike := wanted.(map[string]any)
		if !alike || marked(old) || marked(new) {
			return nil, nil, nil
		}
		steps = []any{}
		keys := maps.Clone(old)
		maps.Copy(keys, new)
		for _, key := range slices.Sorted(maps.Keys(keys)) {
			// Bridged providers note there which values are their own defaults.
			if key != "__defaults" {
				steps, before, after = append(steps, key), append(before, old[key]), append(after, new[key])
			}
		}
	case []any:
		new, alike := wanted.([]any)
		if !alike {
			return nil, nil, nil
		}
		steps = []any{}
		for i := range max(len(old), len(new)) {
			steps, before, after = append(steps, i), append(before, item(old, i)), append(after, item(new, i))
		}
	}
	return steps, before, after
}

// secretAt tells whether what is at a path, or around it, is a secret anywhere.
func (c *comparison) secretAt(at resource.PropertyPath) bool {
	for _, side := range c.sides {
		for end := range at {
			if m, isMap := find(side, at[:end+1]...).(map[string]any); isMap && m[resource.SigKey] == resource.SecretSig {
				return true
			}
		}
	}
	return false
}

func item(list []any, i int) any {
	if i < len(list) {
		return list[i]
	}
	return nil
}

func hide(text string) string {
	if text == "" {
		return ""
	}
	return Redacted
}

// marked tells a secret, an asset or the like from a map of the program's.
func marked(m map[string]any) bool { return m[resource.SigKey] != nil }

// hasSecret tells whether a secret is anywhere in a value. The engine marks
// them; keys are known by their form too, for a provider may forget to.
func hasSecret(value any) bool {
	switch v := value.(type) {
	case map[string]any:
		return v[resource.SigKey] == resource.SecretSig || slices.ContainsFunc(slices.Collect(maps.Values(v)), hasSecret)
	case []any:
		return slices.ContainsFunc(v, hasSecret)
	case string:
		return strings.Contains(v, "PRIVATE KEY-----")
	}
	return false
}

// text is a value in one line; nil has none.
func text(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case string:
		switch {
		case v == plugin.UnknownStringValue:
			return Later
		case v == "":
			return `""`
		}
		return oneLine(v)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(known(value)); err != nil {
		return fmt.Sprint(value)
	}
	return oneLine(strings.TrimSpace(out.String()))
}

// known is a value with words in place of what is not known yet.
func known(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, inner := range v {
			out[key] = known(inner)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, inner := range v {
			out[i] = known(inner)
		}
		return out
	case string:
		if v == plugin.UnknownStringValue {
			return Later
		}
	}
	return value
}

// oneLine writes what would break a line, or do worse to a terminal, as Go
// does.
func oneLine(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r == '\n':
			out.WriteString(`\n`)
		case r == '\t':
			out.WriteString(`\t`)
		case !unicode.IsPrint(r):
			fmt.Fprintf(&out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
