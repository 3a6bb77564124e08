package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// source is the module whose models/apis are the description. It is the last
// release of that SDK: the one after it is generated from models that it does
// not carry.
const source = "github.com/aws/aws-sdk-go@v1.55.8"

// model is a service as the vendor describes it, and as we keep it.
type model struct {
	Metadata   map[string]any            `json:"metadata"`
	Operations map[string]map[string]any `json:"operations"`
	Shapes     map[string]map[string]any `json:"shapes"`
}

// describe writes a file for each service of operations.txt.
func describe(folder string) error {
	wanted, err := operations(filepath.Join(folder, "operations.txt"))
	if err != nil {
		return err
	}
	from, err := fetch()
	if err != nil {
		return err
	}
	for service, names := range wanted {
		whole, err := read(filepath.Join(from, "models", "apis", folderOf(service)))
		if err != nil {
			return fmt.Errorf("reading the model of %q: %w", service, err)
		}
		part, err := whole.trim(names)
		if err != nil {
			return fmt.Errorf("trimming the model of %q: %w", service, err)
		}
		if err := part.write(filepath.Join(folder, service+".json")); err != nil {
			return err
		}
	}
	licence, err := os.ReadFile(filepath.Join(from, "LICENSE.txt"))
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "LICENSE.txt"), licence, 0o644)
}

// operations reads lines of a service and its operations.
func operations(name string) (map[string][]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	wanted := map[string][]string{}
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && fields[0] != "#" {
			wanted[fields[0]] = append(wanted[fields[0]], fields[1:]...)
		}
	}
	return wanted, nil
}

// fetch is where the go command keeps the module, fetched if it must be.
func fetch() (string, error) {
	answer, err := exec.Command("go", "mod", "download", "-json", source).Output()
	if err != nil {
		return "", fmt.Errorf("fetching %s: %w: %s", source, err, answer)
	}
	var module struct{ Dir string }
	err = json.Unmarshal(answer, &module)
	return module.Dir, err
}

// folderOf is what the module calls a service.
func folderOf(service string) string {
	if service == "elbv2" {
		return "elasticloadbalancingv2"
	}
	return service
}

// read reads the newest version of a model.
func read(folder string) (model, error) {
	versions, err := filepath.Glob(filepath.Join(folder, "*", "api-2.json"))
	if err != nil || len(versions) == 0 {
		return model{}, fmt.Errorf("no api-2.json below %q", folder)
	}
	slices.Sort(versions)
	text, err := os.ReadFile(versions[len(versions)-1])
	if err != nil {
		return model{}, err
	}
	var m model
	return m, json.Unmarshal(text, &m)
}

// trim keeps the operations and the shapes they lead to.
func (m model) trim(operations []string) (model, error) {
	part := model{Metadata: keep(m.Metadata, "apiVersion", "protocol", "xmlNamespace", "targetPrefix", "jsonVersion"), Operations: map[string]map[string]any{}, Shapes: map[string]map[string]any{}}
	for _, name := range operations {
		operation, found := m.Operations[name]
		if !found {
			return model{}, fmt.Errorf("there is no operation %q", name)
		}
		part.Operations[name] = keep(operation, "input", "output")
		m.follow(operation["input"], part.Shapes)
		m.follow(operation["output"], part.Shapes)
	}
	return part, nil
}

// follow adds the shape that a reference names, and what that leads to.
func (m model) follow(reference any, into map[string]map[string]any) {
	fields, ok := reference.(map[string]any)
	if !ok {
		return
	}
	name := fields["shape"].(string)
	if _, known := into[name]; known {
		return
	}
	shape := keep(m.Shapes[name], "type", "members", "member", "key", "value", "required", "enum", "pattern", "min", "max", "flattened", "locationName")
	into[name] = shape
	for _, part := range []string{"member", "key", "value"} {
		m.follow(shape[part], into)
	}
	members, _ := shape["members"].(map[string]any)
	for key, member := range members {
		members[key] = keep(member.(map[string]any), "shape", "locationName", "queryName", "flattened")
		m.follow(member, into)
	}
}

// keep copies what we use of a description.
func keep(from map[string]any, keys ...string) map[string]any {
	kept := maps.Clone(from)
	maps.DeleteFunc(kept, func(key string, _ any) bool { return !slices.Contains(keys, key) })
	return kept
}

// write writes a line for each operation and shape, so that a difference can
// be read.
func (m model) write(name string) error {
	var out bytes.Buffer
	metadata, err := json.Marshal(m.Metadata)
	if err != nil {
		return err
	}
	fmt.Fprintf(&out, "{\"metadata\":%s,\n\"operations\":{", metadata)
	if err := lines(&out, m.Operations); err != nil {
		return err
	}
	fmt.Fprint(&out, "},\n\"shapes\":{")
	if err := lines(&out, m.Shapes); err != nil {
		return err
	}
	fmt.Fprint(&out, "}}\n")
	return os.WriteFile(name, out.Bytes(), 0o644)
}

func lines(out *bytes.Buffer, items map[string]map[string]any) error {
	for i, key := range slices.Sorted(maps.Keys(items)) {
		if i > 0 {
			out.WriteString(",")
		}
		value, err := json.Marshal(items[key])
		if err != nil {
			return err
		}
		fmt.Fprintf(out, "\n%q:%s", key, value)
	}
	return nil
}
