// Package choice turns addons on and off in a config that a person wrote, and
// tells how each addon of a cluster stands. It talks to nobody.
package choice

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

const addonsPath = "spec.addons"

// Enable has a config say that the cluster has some addons, and that this
// program looks after them. The cluster is what the document says so far. What
// a person should know besides is returned; an error is theirs to mend, and
// nothing has been changed then.
func Enable(doc *config.Document, c *config.Cluster, names []string) (notes []string, err error) {
	for _, name := range names {
		if err := known(c, name); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		declared, _ := catalog.AddonOf(name) // the empty one where it is the user's own
		said, listed := c.Addon(name)
		for _, need := range declared.Needs {
			if !c.HasAddon(need) && !slices.Contains(names, need) {
				notes = append(notes, fmt.Sprintf("%s comes with it: %s needs that.", need, name))
			}
		}
		if _, needs := declared.Permissions[c.Spec.Target]; (needs || declared.CloudController) && !c.HasAddon(name) {
			notes = append(notes, name+" needs hosts that are set up for it, and rights in the cloud: 'kubectl anywhere create' sees to both.")
		}
		switch {
		case listed && said.On() && !said.Unmanaged, !listed && declared.ByDefault(c.Spec.Target), !listed && asked(c, name):
			notes = append(notes, name+" is enabled already.")
			continue
		case listed && declared.ByDefault(c.Spec.Target) && said.Path == "":
			err = unset(doc, item(name))
		case listed && said.Unmanaged:
			notes = append(notes, fmt.Sprintf("%s is looked after again: what you changed of it meanwhile is shown as a conflict, and kept.", name))
			err = unset(doc, item(name)+".enabled", item(name)+".unmanaged")
		case listed:
			err = unset(doc, item(name)+".enabled")
		default:
			err = add(doc, config.Addon{Name: name})
		}
		if err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// Disable has a config say that the cluster does not have some addons, or with
// unmanaged that they are the user's to look after. It refuses what a cluster
// cannot be without, and what an addon that stays needs.
func Disable(doc *config.Document, c *config.Cluster, names []string, unmanaged bool) (notes []string, err error) {
	for _, name := range names {
		if err := known(c, name); err != nil {
			return nil, err
		}
		if err := dispensable(c, name, names); err != nil && !unmanaged {
			return nil, err
		}
		if said, _ := c.Addon(name); unmanaged && said.Path != "" {
			return nil, fmt.Errorf("%s is your own, from %q: to look after it yourself, disable it", name, said.Path)
		}
	}
	for _, name := range names {
		declared, _ := catalog.AddonOf(name)
		said, listed := c.Addon(name)
		if said.Unmanaged && !unmanaged && said.On() {
			notes = append(notes, fmt.Sprintf("%s was in your hands: what there is of it stays in the cluster.", name))
			err = unset(doc, item(name)+".unmanaged")
		}
		switch {
		case err != nil:
		case unmanaged && said.Unmanaged:
			notes = append(notes, name+" is in your hands already.")
		case listed && !said.On():
			notes = append(notes, name+" is not enabled.")
		case unmanaged && listed:
			err = doc.Set(item(name)+".unmanaged", true)
		case unmanaged:
			err = add(doc, config.Addon{Name: name, Unmanaged: true})
		case !listed && !c.HasAddon(name):
			notes = append(notes, name+" is not enabled.")
		case listed && (said.Path != "" || declared.ByDefault(c.Spec.Target)):
			err = doc.Set(item(name)+".enabled", false)
		case listed:
			err = unset(doc, item(name))
		case declared.ByDefault(c.Spec.Target):
			err = add(doc, config.Addon{Name: name, Enabled: new(false)})
		}
		if err != nil {
			return nil, err
		}
	}
	return notes, nil
}

// Names are all that can be named of a cluster: what is built in for its
// target, and the user's own.
func Names(c *config.Cluster) []string {
	var names []string
	for _, name := range catalog.AddonNames() {
		if declared, err := catalog.AddonOf(name); err == nil && declared.On(c.Spec.Target) {
			names = append(names, name)
		}
	}
	for _, said := range c.Spec.Addons {
		if said.Path != "" {
			names = append(names, said.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// known refuses a name that is no addon of this cluster.
func known(c *config.Cluster, name string) error {
	if slices.Contains(Names(c), name) {
		return nil
	}
	if slices.Contains(catalog.LayerNames(), name) {
		return fmt.Errorf("%s is a network layer, not an addon; to change to it: kubectl anywhere network switch %s", name, name)
	}
	if declared, err := catalog.AddonOf(name); err == nil {
		return fmt.Errorf("%s is for target %s, not for %s", name, declared.Where(), c.Spec.Target)
	}
	return fmt.Errorf("there is no addon %q%s\n'kubectl anywhere addons list --all' shows them; one of your own is added to %s with its path",
		name, config.Meant(name, Names(c)), addonsPath)
}

// asked tells whether another field of the config wants an addon.
func asked(c *config.Cluster, name string) bool {
	return name == config.PolicyAddon && c.Spec.Network.Policy == config.PolicyAddon
}

// dispensable is nil for an addon that can be disabled together with some.
func dispensable(c *config.Cluster, name string, together []string) error {
	declared, err := catalog.AddonOf(name)
	if err != nil {
		return nil // the user's own
	}
	if declared.Required {
		return fmt.Errorf("a cluster without %s does not work; to look after it yourself: kubectl anywhere addons disable %s --unmanaged", name, name)
	}
	if asked(c, name) {
		return fmt.Errorf("spec.network.policy asks for %s; take that out first: kubectl anywhere config set spec.network.policy-", name)
	}
	var needing []string
	for _, other := range c.EnabledAddons() {
		if needs, err := catalog.AddonOf(other); err == nil && slices.Contains(needs.Needs, name) && !slices.Contains(together, other) {
			needing = append(needing, other)
		}
	}
	if len(needing) == 0 {
		return nil
	}
	return fmt.Errorf("%s is needed by %s; disable both: kubectl anywhere addons disable %s %s",
		name, strings.Join(needing, ", "), strings.Join(needing, " "), strings.Join(together, " "))
}

// item is the path of an addon's entry.
func item(name string) string { return fmt.Sprintf("%s[%q]", addonsPath, name) }

// add lists an addon.
func add(doc *config.Document, entry config.Addon) error {
	list, found, err := doc.Get(addonsPath)
	if err != nil {
		return err
	}
	if items, isList := list.([]any); !found || isList && len(items) == 0 {
		return doc.Set(addonsPath, []config.Addon{entry})
	}
	return doc.Set(item(entry.Name), entry)
}

// unset takes out what stands at some paths, and the list with its last entry.
func unset(doc *config.Document, paths ...string) error {
	for _, path := range paths {
		if err := doc.Unset(path); err != nil {
			return err
		}
	}
	if list, found, err := doc.Get(addonsPath); err != nil || !found {
		return err
	} else if items, isList := list.([]any); isList && len(items) == 0 {
		return doc.Unset(addonsPath)
	}
	return nil
}
