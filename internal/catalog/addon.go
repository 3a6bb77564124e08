package catalog

import (
	"fmt"
	"io/fs"
	"slices"
	"strings"
)

// Addon is what a folder of addons/ declares of itself in its addon.yaml.
type Addon struct {
	// Name is that of its folder, and what spec.addons[].name says.
	Name string `json:"-"`
	// Description is one line for lists.
	Description string `json:"description"`
	// Version is upstream's, with its v; empty where there is no program.
	Version string `json:"version,omitempty"`
	// Required tells that a cluster without it does not work; it can be left
	// to the user's hands and not be disabled.
	Required bool `json:"required,omitempty"`
	// Targets are where it makes sense; none means everywhere.
	Targets []string `json:"targets,omitempty"`
	// Default are the targets on which it is part of a cluster that does not
	// mention it, or "*" for all.
	Default []string `json:"default,omitempty"`
	// Hosts tells that hosts are set up in another way with it, so that they are
	// told of it.
	Hosts bool `json:"hosts,omitempty"`
	// Needs are addons that come before it. They are enabled with it.
	Needs []string `json:"needs,omitempty"`
	// Permissions are what phase 1 must let the hosts of a cloud do that it
	// runs on, by the target's name.
	Permissions map[string]Permissions `json:"permissions,omitempty"`
	// CloudController tells that it sets up nodes in their cloud's stead of
	// the kubelet, which is then started so as to wait for it.
	CloudController bool `json:"cloudController,omitempty"`
	// Parts are components of its folder of which spec.logging and the like
	// choose, by what they are called there.
	Parts []string `json:"parts,omitempty"`
}

// Permissions are what hosts of a cloud may do for an addon, in the cloud's own
// words: actions of AWS, permissions of Google Cloud, actions of Azure.
type Permissions struct {
	// On is the hosts whose identity gets them: control-plane or nodes, which
	// is every host.
	On string `json:"on"`
	// Actions are the single things allowed.
	Actions []string `json:"actions,omitempty"`
	// Owned are further ones, of AWS, that are allowed only on what carries the
	// cluster's own tag.
	Owned []string `json:"owned,omitempty"`
	// Tagged are further ones, of AWS, that make something, allowed only where
	// the same call gives it that tag.
	Tagged []string `json:"tagged,omitempty"`
	// Why is for the reader of the policy that is made of it.
	Why string `json:"why"`
}

const addonFile = "addon.yaml"

// Addons are all that are built in, by name.
func Addons() ([]Addon, error) {
	entries, err := fs.ReadDir(files(), ".")
	if err != nil {
		return nil, fmt.Errorf("listing addons: %w", err)
	}
	var all []Addon
	for _, entry := range entries {
		if !entry.IsDir() || entry.Name() == "network" {
			continue
		}
		addon, err := AddonOf(entry.Name())
		if err != nil {
			return nil, err
		}
		all = append(all, addon)
	}
	return all, nil
}

// AddonNames are what spec.addons[].name can name of what is built in.
func AddonNames() []string {
	entries, err := fs.ReadDir(files(), ".")
	if err != nil {
		return nil
	}
	var names []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "network" {
			names = append(names, entry.Name())
		}
	}
	return names
}

// AddonOf is the declaration of one addon, which is not to be changed.
func AddonOf(name string) (Addon, error) {
	if known, found := builtInAddons()[name]; found {
		return known.declared, known.err
	}
	return readAddon(name)
}

func readAddon(name string) (Addon, error) {
	folder, err := fs.Sub(files(), name)
	if err != nil {
		return Addon{}, fmt.Errorf("reading addon %q: %w", name, err)
	}
	addon := Addon{Name: name}
	if err := read(folder, addonFile, &addon); err != nil {
		return Addon{}, fmt.Errorf("reading addon %q: %w", name, err)
	}
	if addon.Description == "" {
		return Addon{}, fmt.Errorf("reading addon %q: it has no description", name)
	}
	return addon, nil
}

// On tells whether the addon can be used on a target.
func (a Addon) On(target string) bool {
	return len(a.Targets) == 0 || slices.Contains(a.Targets, target)
}

// ByDefault tells whether a cluster on the target has the addon unasked.
func (a Addon) ByDefault(target string) bool {
	return a.On(target) && (a.Required || slices.Contains(a.Default, "*") || slices.Contains(a.Default, target))
}

// Where says on which targets it can be used, for messages.
func (a Addon) Where() string { return strings.Join(a.Targets, ", ") }
