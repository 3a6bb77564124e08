package wizard

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// find is the field at a path and the path as the document has it: names of
// items become positions, and keys of maps get their brackets.
func (d *Draft) find(path string) (*schema.Field, string, error) {
	steps, err := config.ParsePath(path)
	if err != nil {
		return nil, "", err
	}
	field := d.schema.Root
	for i := range steps {
		at := config.JoinPath(steps[:i])
		switch field.Type {
		case schema.Object:
			steps[i].Brackets, steps[i].Index = false, -1
			if field, err = d.inner(field, at, steps[i].Name, path); err != nil {
				return nil, "", err
			}
		case schema.List:
			if steps[i].Index < 0 {
				steps[i] = d.item(at, steps[i])
			}
			if !steps[i].Brackets {
				return nil, "", d.notAnItem(at, steps[i])
			}
			field = field.Item
		case schema.Map:
			steps[i].Brackets, steps[i].Index = true, -1
			field = field.Item
		default:
			return nil, "", fmt.Errorf("%s is a value of its own (%s), in which there is no %q", at, field.Type, steps[i].Name)
		}
	}
	return field, config.JoinPath(steps), nil
}

// notAnItem says how one item of a list is written.
func (d *Draft) notAnItem(list string, step config.Step) error {
	named := step
	named.Brackets = true
	if found := d.item(list, named); found.Index >= 0 {
		return fmt.Errorf("%s is a list: write %s[%s] for that item", list, list, step.Name)
	}
	return fmt.Errorf("%s is a list: write %s[0], or the name of an item in brackets", list, list)
}

// inner is a field of an object, looked for on the way along a path.
func (d *Draft) inner(object *schema.Field, at, name, path string) (*schema.Field, error) {
	var names []string
	for _, f := range object.Fields {
		if f.Name == name {
			return f, nil
		}
		names = append(names, f.Name)
	}
	where := "in " + at
	if at == "" {
		where = "at the top of the config"
	}
	hint := config.Meant(name, names)
	if _, err := d.schema.Resolve("spec." + path); hint == "" && at == "" && err == nil {
		hint = fmt.Sprintf("; did you mean %q?", "spec."+path)
	}
	var unknown *schema.UnknownError
	if _, err := d.schema.Resolve(path); hint == "" && errors.As(err, &unknown) && unknown.Meant != "" {
		hint = fmt.Sprintf("; did you mean %q?", unknown.Meant)
	}
	if hint == "" {
		hint = "; there is " + strings.Join(names, ", ")
	}
	return nil, fmt.Errorf("there is no field %q %s%s", name, where, hint)
}

// item turns the name of a list's item into its position, if there is one.
func (d *Draft) item(list string, step config.Step) config.Step {
	items, _ := d.effective(list).([]any)
	for i, item := range items {
		if object, ok := item.(map[string]any); ok && object["name"] == step.Name && step.Brackets {
			step.Index = i
		}
	}
	return step
}
