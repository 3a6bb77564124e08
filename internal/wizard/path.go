package wizard

import (
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
			if field, err = inner(field, at, steps[i].Name); err != nil {
				return nil, "", err
			}
		case schema.List:
			if steps[i].Index < 0 {
				steps[i] = d.item(at, steps[i])
			}
			if !steps[i].Brackets {
				return nil, "", fmt.Errorf("%s is a list: write %s[0], or the name of an item in brackets", at, at)
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

// inner is a field of an object.
func inner(object *schema.Field, at, name string) (*schema.Field, error) {
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
