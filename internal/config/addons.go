package config

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// LoggingAddon is the addon that spec.logging is of.
const LoggingAddon = "fluent-bit"

// Where logs can go.
const (
	LogsToStdout = "stdout"
	LogsToFile   = "file"
	LogsToHTTP   = "http"
	// DefaultLogFolder is where files are written to; the addon names it, too.
	DefaultLogFolder = "/var/log/kubernetes-anywhere"
)

func loggingOutputs() []string { return []string{LogsToStdout, LogsToFile, LogsToHTTP} }

// On tells whether the config wants the addon in the cluster.
func (a Addon) On() bool { return a.Enabled == nil || *a.Enabled }

// Addon is what the config says of an addon; one that it does not mention is
// not listed.
func (c *Cluster) Addon(name string) (said Addon, listed bool) {
	for _, a := range c.Spec.Addons {
		if a.Name == name {
			return a, true
		}
	}
	return Addon{Name: name}, false
}

// addonNames are the built-in addons that can be this cluster's.
func (c *Cluster) addonNames() []string {
	return slices.DeleteFunc(catalog.AddonNames(), func(name string) bool {
		declared, err := catalog.AddonOf(name)
		return err != nil || !declared.On(c.Spec.Target)
	})
}

// HasAddon tells whether the cluster has a built-in addon, whoever looks after
// it.
func (c *Cluster) HasAddon(name string) bool { return slices.Contains(c.EnabledAddons(), name) }

// EnabledAddons are the built-in addons of the cluster: those of every cluster
// of its target, with what the config says, and with what these need. Each
// comes after those that it needs.
func (c *Cluster) EnabledAddons() []string {
	var all []string
	var add func(name string)
	add = func(name string) {
		declared, err := catalog.AddonOf(name)
		if err != nil || slices.Contains(all, name) || !declared.On(c.Spec.Target) {
			return
		}
		for _, need := range declared.Needs {
			add(need)
		}
		all = append(all, name)
	}
	for _, name := range catalog.AddonNames() {
		if c.wants(name) {
			add(name)
		}
	}
	return all
}

// wants tells whether the config wants an addon for its own sake.
func (c *Cluster) wants(name string) bool {
	declared, err := catalog.AddonOf(name)
	if err != nil {
		return false
	}
	if name == PolicyAddon && c.Spec.Network.Policy == PolicyAddon {
		return true
	}
	if said, listed := c.Addon(name); listed {
		return said.On()
	}
	return declared.ByDefault(c.Spec.Target)
}

// Sink is where logs go.
func (l Logging) Sink() string {
	if l.Output == "" {
		return LogsToStdout
	}
	return l.Output
}

// Folder is where files are written to.
func (l Logging) Folder() string {
	if l.Path == "" {
		return DefaultLogFolder
	}
	return l.Path
}

// addons checks what is said of addons.
func (f *findings) addons(at string, c *Cluster) {
	seen := map[string]bool{}
	for i, a := range c.Spec.Addons {
		here := fmt.Sprintf("%s[%d]", at, i)
		f.name(here+".name", a.Name, longestName)
		if seen[a.Name] {
			f.add(here+".name", "say all of it in one place", "addon %q is listed twice", a.Name)
		}
		seen[a.Name] = true
		if a.Path != "" {
			f.ownAddon(here, a)
			continue
		}
		f.builtInAddon(here, a, c)
	}
}

// ownAddon checks a kustomization of the user's.
func (f *findings) ownAddon(at string, a Addon) {
	if slices.Contains(catalog.AddonNames(), a.Name) {
		f.add(at+".name", "write another name", "%q is an addon that is built in; to look after it yourself, list it with \"unmanaged\": true and yours under another name", a.Name)
	}
	if strings.Contains(a.Path, "://") {
		f.add(at+".path", "clone it and write the folder's path", "%q is a URL, not the path of a folder", a.Path)
	}
	if a.Unmanaged {
		f.add(at+".unmanaged", "leave it out, or the whole addon", "an addon of your own that is not applied is none")
	}
}

// builtInAddon checks an addon of this program's.
func (f *findings) builtInAddon(at string, a Addon, c *Cluster) {
	names := catalog.AddonNames()
	declared, err := catalog.AddonOf(a.Name)
	switch {
	case err != nil && a.Name != "":
		f.add(at+".name", "write one of "+strings.Join(names, ", ")+`, or a path for one of your own`, "there is no addon %q%s", a.Name, meant(a.Name, names))
	case err != nil:
	case !declared.On(c.Spec.Target):
		f.add(at+".name", "take it out", "%s is for target %s, not for %s", a.Name, declared.Where(), c.Spec.Target)
	case a.Unmanaged && !a.On():
		f.add(at+".unmanaged", "leave one of the two out", "enabled is false, by which it would be taken away, and what is unmanaged is left alone")
	case declared.Required && !a.On():
		f.add(at+".enabled", `write "unmanaged": true to bring your own`, "a cluster without %s does not work", a.Name)
	case a.On():
		f.needs(at, declared, c)
	}
}

// needs checks that what an addon needs is not turned off.
func (f *findings) needs(at string, declared catalog.Addon, c *Cluster) {
	for _, need := range declared.Needs {
		if said, listed := c.Addon(need); listed && !said.On() {
			f.add(at+".name", "enable "+need+" too", "%s needs %s, which is disabled", declared.Name, need)
		}
	}
}

// logging checks where logs go.
func (f *findings) logging(at string, c *Cluster) {
	l := c.Spec.Logging
	if l == (Logging{}) {
		return
	}
	if !c.HasAddon(LoggingAddon) {
		f.add(at, fmt.Sprintf(`add {"name": %q} to spec.addons`, LoggingAddon), "nothing sends logs: addon %s is not enabled", LoggingAddon)
	}
	f.oneOf(at+".output", "output", l.Output, loggingOutputs(), true)
	switch {
	case l.Output == LogsToHTTP && l.Endpoint == "":
		f.add(at+".endpoint", `write a URL, such as "https://logs.example.com:9880/kubernetes"`, "is empty, and output is http")
	case l.Endpoint != "" && !strings.HasPrefix(l.Endpoint, "http://") && !strings.HasPrefix(l.Endpoint, "https://"):
		f.add(at+".endpoint", "write a URL that begins with http:// or https://", "%q is no such URL", l.Endpoint)
	}
	if l.Path != "" && (!path.IsAbs(l.Path) || path.Clean(l.Path) == "/") {
		f.add(at+".path", fmt.Sprintf("write %q", DefaultLogFolder), "%q is no absolute path of a folder", l.Path)
	}
}
