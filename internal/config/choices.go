package config

import "maps"

// Choices are the values that a field can take.
type Choices struct {
	// Values are in the order to offer them in.
	Values []string
	// Open tells that others are possible too: the list is what is usual.
	Open bool
	// Of is the path of the field that decides which values there are, such as
	// that of the region; empty where none does.
	Of string
}

// Choosing is a block that knows values of fields, of its own or, where a
// target decides them, of others.
type Choosing interface {
	// Choices are by the path of the field from the document's root, items of
	// lists as [] and of maps as {}: spec.pools[].machine.type.
	Choices(*Cluster) map[string]Choices
}

// Choices are the values of every field that has few, or usual ones. They may
// depend on what the config says elsewhere, such as the region.
func (c *Cluster) Choices() map[string]Choices {
	all := map[string]Choices{
		"apiVersion":                     {Values: []string{APIVersion}},
		"kind":                           {Values: []string{Kind}},
		"spec.kubernetesVersion":         {Values: Releases(), Open: true},
		"spec.controlPlane.count":        {Values: []string{"1", "3", "5"}},
		"spec.controlPlane.machine.arch": {Values: Architectures()},
		"spec.pools[].machine.arch":      {Values: Architectures()},
		"spec.pools[].taints[].effect":   {Values: taintEffects()},
		"spec.network.layer":             {Values: c.layers(), Open: true},
		"spec.network.policy":            {Values: policies()},
		"spec.network.proxyMode":         {Values: proxyModes()},
		"spec.addons[].name":             {Values: c.addonNames(), Open: true},
		"spec.logging.output":            {Values: loggingOutputs()},
	}
	if block, ok := c.Spec.Block.(Choosing); ok {
		maps.Copy(all, block.Choices(c))
	}
	return all
}
