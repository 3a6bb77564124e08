package migrate

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// The first Kubernetes Anywhere kept its config as Kconfig writes it, in
// .config, and made a JSON object of it, .config.json, whose keys are the
// parts of Kconfig's names (github.com/kubernetes-retired/kubernetes-anywhere,
// Makefile and util/config_to_json).

// kconfigLine is .phase1.num_nodes=3, the dot in front left out or not.
var kconfigLine = regexp.MustCompile(`(?m)^\s*\.?(phase[123]\.[A-Za-z0-9_.]+)=(.*)$`)

func isKconfig(text []byte) bool {
	if kconfigLine.Match(text) {
		return true
	}
	var top map[string]json.RawMessage
	if err := json.Unmarshal(bytes.TrimPrefix(text, []byte("\ufeff")), &top); err != nil {
		return false
	}
	return top["phase1"] != nil || top["phase2"] != nil || top["phase3"] != nil
}

// fields are the values of an old config by their dotted names, as text.
type fields map[string]string

func readKconfig(text []byte) (fields, error) {
	out := fields{}
	if kconfigLine.Match(text) {
		lines := bufio.NewScanner(bytes.NewReader(text))
		for lines.Scan() {
			match := kconfigLine.FindStringSubmatch(lines.Text())
			if match == nil {
				continue // a comment, or "# … is not set"
			}
			value := strings.TrimSpace(match[2])
			if unquoted, err := strconv.Unquote(value); err == nil {
				value = unquoted
			}
			out[match[1]] = map[string]string{"y": "true", "Y": "true", "n": "false", "N": "false"}[value]
			if out[match[1]] == "" {
				out[match[1]] = value
			}
		}
		return out, lines.Err()
	}
	decoder := json.NewDecoder(bytes.NewReader(bytes.TrimPrefix(text, []byte("\ufeff"))))
	decoder.UseNumber()
	var whole map[string]any
	if err := decoder.Decode(&whole); err != nil {
		return nil, fmt.Errorf("reading the config of Kconfig: %w", err)
	}
	out.flatten("", whole)
	return out, nil
}

func (f fields) flatten(path string, object map[string]any) {
	for name, value := range object {
		at := strings.TrimPrefix(path+"."+name, ".")
		if inner, ok := value.(map[string]any); ok {
			f.flatten(at, inner)
			continue
		}
		if value == nil {
			continue
		}
		f[at] = fmt.Sprint(value)
	}
}

// kconfig is a conversion under way.
type kconfig struct {
	old     fields
	set     map[string]any
	changes []Change
}

// fromKconfig makes a config of v1alpha1 of one that Kconfig made.
func fromKconfig(text []byte) ([]byte, []Change, error) {
	old, err := readKconfig(text)
	if err != nil {
		return nil, nil, err
	}
	k := &kconfig{old: old, set: map[string]any{}}
	if err := k.provider(); err != nil {
		return nil, nil, err
	}
	for _, name := range slices.Sorted(maps.Keys(old)) {
		k.field(name, old[name])
	}
	document, err := k.document()
	return document, k.changes, err
}

// provider chooses the target, or refuses.
func (k *kconfig) provider() error {
	const instead = "set up the machines yourself and list them for target baremetal: 'kubectl anywhere config --target baremetal'"
	switch provider := k.old["phase1.cloud_provider"]; provider {
	case "gce", "": // gce was the default
		k.set["spec.target"] = "gcp"
	case "azure":
		k.set["spec.target"] = "azure"
	case "vsphere":
		return &Refusal{"this cluster is on vSphere, for which there is no target", instead}
	case "openstack":
		return &Refusal{"this cluster is on OpenStack, for which there is no target", instead}
	default:
		return &Refusal{fmt.Sprintf("phase1.cloud_provider is %q, for which there is no target", provider), instead}
	}
	return nil
}

// order is that of the fields of the document.
func order() []string {
	return []string{
		"metadata.name", "spec.target", "spec.kubernetesVersion", "spec.controlPlane", "spec.pools[0].name",
		"spec.pools[0].count", "spec.pools[0].machine", "spec.network", "spec.images", "spec.gcp", "spec.azure",
	}
}

func (k *kconfig) document() ([]byte, error) {
	if _, named := k.set["metadata.name"]; !named {
		k.set["metadata.name"] = "kubernetes" // as it was by default
	}
	k.set["spec.pools[0].name"] = config.DefaultPoolName
	if _, counted := k.set["spec.pools[0].count"]; !counted {
		k.set["spec.pools[0].count"] = 3 // as it was by default
	}
	start := fmt.Sprintf(`{"apiVersion": %q, "kind": %q, "metadata": {}, "spec": {"target": %q}}`, config.APIVersion, config.Kind, k.set["spec.target"])
	document, err := config.ParseDocument("kconfig", []byte(start))
	if err != nil {
		return nil, fmt.Errorf("migrating the config: %w", err)
	}
	for _, prefix := range order() {
		for _, path := range slices.Sorted(maps.Keys(k.set)) {
			if path != prefix && !strings.HasPrefix(path, prefix+".") {
				continue
			}
			if err := document.Set(path, k.set[path]); err != nil {
				return nil, fmt.Errorf("migrating the config: %w", err)
			}
		}
	}
	return document.Bytes()
}

// became notes a field that has a successor, or several.
func (k *kconfig) became(name string, value any, why string, paths ...string) {
	for _, path := range paths {
		k.set[path] = value
		k.changes = append(k.changes, Change{From: name, To: path, Why: why})
	}
}

// ended notes a field that has none.
func (k *kconfig) ended(name, why string) {
	k.changes = append(k.changes, Change{From: name, Why: why})
}
