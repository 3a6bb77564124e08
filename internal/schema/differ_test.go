package schema_test

import (
	"bytes"
	"encoding/json"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
)

// spot is one thing that differs between two renderings.
type spot struct{ phase, in, what string }

// unread are files that repeat what other files are, or explain them.
func unread(name string) bool {
	switch path.Base(name) {
	case "README.md", "graph.svg", "graph.mmd", "resources.mmd", "graph.dot", "ignition.json", "MODES", "assumed-facts.json":
		return true
	}
	// The first is the addon manager's copy of the config: what it does by it
	// is in the addons. The second lists files.
	return strings.HasSuffix(name, "/tree/etc/kubernetes/cluster.json") || name == "3-addons/kustomization.yaml"
}

// differences are where two renderings differ.
func differences(before, after map[string][]byte) map[spot]bool {
	found := map[spot]bool{}
	old, now := named(before), named(after)
	for name := range union(old, now) {
		phase, in := place(name, old[name], now[name])
		a, b := old[name], now[name]
		switch {
		case bytes.Equal(a, b):
		case a == nil || b == nil:
			found[spot{phase, in, ""}] = true
		default:
			for _, what := range within(name, a, b) {
				found[spot{phase, in, what}] = true
			}
		}
	}
	return found
}

func union[V any](a, b map[string]V) map[string]bool {
	all := map[string]bool{}
	for key := range a {
		all[key] = true
	}
	for key := range b {
		all[key] = true
	}
	return all
}

// hashed is the end of the name of a generated config map, which changes with
// what it holds.
var hashed = regexp.MustCompile(`^configmap-.*(-[a-z0-9]{10})\.yaml$`)

// digest is that of something that changes with the config, and no place of
// what changes it.
var digest = regexp.MustCompile(`\b[0-9a-f]{12,64}\b`)

// named are the files that count, config maps by the names that they have in
// the sources.
func named(files map[string][]byte) map[string][]byte {
	var hashes []string
	for name := range files {
		if match := hashed.FindStringSubmatch(path.Base(name)); match != nil {
			hashes = append(hashes, match[1], "")
		}
	}
	plain := strings.NewReplacer(hashes...)
	out := map[string][]byte{}
	for name, data := range files {
		if !unread(name) {
			out[plain.Replace(name)] = digest.ReplaceAll([]byte(plain.Replace(string(data))), []byte("DIGEST"))
		}
	}
	return out
}

// place names what a file is about.
func place(name string, versions ...[]byte) (phase, in string) {
	phase, rest, _ := strings.Cut(name, "/")
	var object struct {
		Type, Kind string
		Metadata   struct{ Name string }
	}
	for _, data := range versions {
		if phase != render.BootstrapDir && data != nil {
			_ = yaml.Unmarshal(data, &object)
		}
	}
	switch phase {
	case render.ProvisionDir:
		if provider, is := strings.CutPrefix(object.Type, "pulumi:providers:"); is {
			return phase, "provider " + provider
		}
		return phase, object.Type[strings.LastIndex(object.Type, ":")+1:]
	case render.AddonsDir:
		return phase, object.Kind + " " + object.Metadata.Name
	}
	role, file, _ := strings.Cut(rest, "/")
	if role != "control-plane" {
		role = "POOL"
	}
	return phase, role + " " + generalised(strings.TrimPrefix(file, "tree"))
}

var (
	clusterWord = regexp.MustCompile(`\bdemo\b`)
	poolWord    = regexp.MustCompile(`\bworkers\b`)
)

func generalised(text string) string {
	return poolWord.ReplaceAllString(clusterWord.ReplaceAllString(text, "NAME"), "POOL")
}

// within is what differs between two versions of a file.
func within(name string, a, b []byte) []string {
	var was, is any
	structured := map[string]bool{".yaml": true, ".json": true, ".conf": strings.Contains(name, "/etc/kubernetes/")}[path.Ext(name)]
	if !structured || yaml.Unmarshal(a, &was) != nil || yaml.Unmarshal(b, &is) != nil {
		return lines(string(a), string(b))
	}
	found := map[string]bool{}
	compare("", was, is, found)
	return keys(found)
}

func keys(found map[string]bool) []string {
	var out []string
	for key := range found {
		out = append(out, generalised(key))
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// compare notes the paths at which two documents differ.
func compare(at string, a, b any, found map[string]bool) {
	if reflect.DeepEqual(a, b) || at == "dependsOn" {
		return
	}
	was, isObject := a.(map[string]any)
	is, staysObject := b.(map[string]any)
	if isObject && staysObject {
		for key := range union(was, is) {
			compare(strings.TrimPrefix(strings.TrimPrefix(at, "inputs")+"."+key, "."), was[key], is[key], found)
		}
		return
	}
	list, isList := a.([]any)
	other, staysList := b.([]any)
	if isList && staysList {
		compareLists(at, list, other, found)
		return
	}
	text, isText := a.(string)
	next, staysText := b.(string)
	if isText && staysText {
		compareTexts(at, text, next, found)
		return
	}
	found[at] = true
}

// compareLists pairs items by their names or, of flags, by what stands before
// the value, and others by position.
func compareLists(at string, a, b []any, found map[string]bool) {
	was, is := byName(a), byName(b)
	if was == nil || is == nil || len(was) == 0 && len(is) == 0 {
		if len(a) != len(b) {
			found[at] = true
			return
		}
		for i := range a {
			compare(at, a[i], b[i], found)
		}
		return
	}
	for name := range union(was, is) {
		key := at + "[" + name + "]"
		if strings.HasPrefix(name, "--") {
			key = name
		}
		if was[name] == nil || is[name] == nil {
			found[key] = true
			continue
		}
		compare(key, was[name], is[name], found)
	}
}

// byName are the items of a list by their names; nil where one has none.
func byName(list []any) map[string]any {
	out := map[string]any{}
	for i, item := range list {
		name := ""
		switch item := item.(type) {
		case map[string]any:
			name, _ = item["name"].(string)
		case string:
			// A command is its program and then flags.
			if flag, _, _ := strings.Cut(item, "="); strings.HasPrefix(flag, "--") || i == 0 && len(list) > 1 {
				name = flag
			}
		}
		if name == "" {
			return nil
		}
		out[name] = item
	}
	return out
}

// compareTexts looks into documents within a document, and at lines.
func compareTexts(at, a, b string, found map[string]bool) {
	if strings.HasPrefix(at, "--") {
		found[at] = true
		return
	}
	var was, is map[string]any
	if json.Unmarshal([]byte(a), &was) == nil && json.Unmarshal([]byte(b), &is) == nil ||
		strings.Contains(a, "\n") && yaml.Unmarshal([]byte(a), &was) == nil && yaml.Unmarshal([]byte(b), &is) == nil && len(was) > 0 {
		compare(at, was, is, found)
		return
	}
	if strings.Contains(a, "first-boot") && strings.Contains(b, "first-boot") {
		return // the script is a file of phase 2, where it is compared
	}
	found[at] = true
}

var (
	flagWord     = regexp.MustCompile(`--[a-z][a-z0-9-]*`)
	settingStart = regexp.MustCompile(`^\s*([A-Za-z_][A-Za-z0-9_.-]*)\s*=`)
)

// lines tells what the lines are about that only one of two texts has.
func lines(a, b string) []string {
	found := map[string]bool{}
	was, is := lineSet(a), lineSet(b)
	for line := range union(was, is) {
		if was[line] && is[line] {
			continue
		}
		flags := flagWord.FindAllString(line, -1)
		setting := settingStart.FindStringSubmatch(line)
		switch {
		case len(flags) == 1 && strings.HasPrefix(strings.TrimSpace(line), "--"):
			found[flags[0]] = true
		case setting != nil:
			found[setting[1]] = true
		default:
			found[""] = true
		}
	}
	return keys(found)
}

func lineSet(text string) map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(text) {
		set[strings.TrimRight(line, "\n")] = true
	}
	return set
}
