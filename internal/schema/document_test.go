package schema_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

// object is a part of a config as JSON has it.
type object = map[string]any

// base is a small valid config of a target: what it asks for and no more.
func base(target string) object {
	spec := object{
		"target":       target,
		"controlPlane": object{"count": 1},
		"pools":        []any{object{"name": "workers", "count": 2}},
	}
	switch target {
	case "gcp":
		spec["gcp"] = object{"project": "my-project"}
	case "azure":
		spec["azure"] = object{"subscription": "00000000-0000-0000-0000-000000000000"}
	case "baremetal":
		spec["baremetal"] = object{"key": "/keys/one", "hosts": []any{
			object{"address": "10.240.0.11", "role": "control-plane"},
			object{"address": "10.240.0.12", "role": "worker"},
			object{"address": "10.240.0.13", "role": "worker"},
		}}
	}
	return object{"apiVersion": config.APIVersion, "kind": config.Kind, "metadata": object{"name": "demo"}, "spec": spec}
}

// load reads a config; a problem is its path and what is wrong.
func load(t *testing.T, whole object) (*config.Cluster, []string) {
	t.Helper()
	data, err := json.Marshal(whole)
	if err != nil {
		t.Fatal(err)
	}
	cluster, report := config.Load("config.json", data, targets.Blocks())
	var problems []string
	for _, p := range report.Problems {
		problems = append(problems, p.Path+": "+p.Message)
	}
	return cluster, problems
}

// steps are those of a path: names, and positions as numbers.
func steps(path string) []any {
	var out []any
	for part := range strings.SplitSeq(strings.NewReplacer("[", ".[", "{", ".{").Replace(path), ".") {
		switch {
		case part == "[]":
			out = append(out, 0)
		case strings.HasPrefix(part, `["`):
			out = append(out, strings.TrimSuffix(strings.TrimPrefix(part, `["`), `"]`))
		case strings.HasPrefix(part, "["):
			n, _ := strconv.Atoi(strings.Trim(part, "[]"))
			out = append(out, n)
		default:
			out = append(out, part)
		}
	}
	return out
}

// set writes a value at a path, and what leads there where it is missing.
func set(t *testing.T, whole object, path string, value any) {
	t.Helper()
	all := steps(path)
	changed := put(whole, all, value)
	if _, ok := changed.(object); !ok {
		t.Fatalf("%s leads nowhere", path)
	}
}

func put(at any, rest []any, value any) any {
	if len(rest) == 0 {
		return value
	}
	switch step := rest[0].(type) {
	case string:
		m, _ := at.(object)
		if m == nil {
			m = object{}
		}
		m[step] = put(m[step], rest[1:], value)
		return m
	case int:
		list, _ := at.([]any)
		for len(list) <= step {
			list = append(list, nil)
		}
		list[step] = put(list[step], rest[1:], value)
		return list
	}
	panic(fmt.Sprintf("no step: %v", rest[0]))
}

// remove takes a field out.
func remove(whole object, path string) {
	all := steps(path)
	at := whole
	for _, step := range all[:len(all)-1] {
		at = at[step.(string)].(object)
	}
	delete(at, all[len(all)-1].(string))
}

// with are the targets that have a field and do not refuse it.
func with(f *schema.Field) []string {
	var out []string
	for target := range targets.Blocks() {
		if f.Block != "" && f.Block != target || ofMachines(f.Path) && (target == "local" || target == "baremetal") {
			continue
		}
		out = append(out, target)
	}
	slices.Sort(out)
	return out
}

// ofMachines tells the fields that targets without machines refuse.
func ofMachines(path string) bool {
	return strings.Contains(path, ".machine.") || strings.HasSuffix(path, ".etcdDiskGB") ||
		path == "spec.pools[].min" || path == "spec.pools[].max" || path == "spec.pools[].spot"
}

// withField is a base in which a field can be set alone, and the field's path
// with a position for each list.
func withField(t *testing.T, target, pattern string) (object, string) {
	t.Helper()
	whole := base(target)
	switch pattern {
	case "spec.pools[].min":
		set(t, whole, "spec.pools[0].max", 1<<16)
	case "spec.pools[].count":
		// A target's own limits are lower than those of all.
		set(t, whole, "spec.pools[0].max", 0)
	case "spec.logging.output":
		set(t, whole, "spec.addons", []any{object{"name": config.LoggingAddon}})
		set(t, whole, "spec.logging.endpoint", "https://logs.example.com")
	case "spec.baremetal.jump.port":
		set(t, whole, "spec.baremetal.jump.address", "jump.example.com")
	case "spec.baremetal.hosts[].jump.port":
		set(t, whole, "spec.baremetal.hosts[0].jump.address", "jump.example.com")
	}
	return whole, strings.ReplaceAll(pattern, "[]", "[0]")
}
