package gcp

import (
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// ours picks the cluster's from what a project has: by label, by the mark that
// descriptions begin with, by the cluster's own network, and by what belongs to
// those: load balancers of Services carry neither label nor mark.
func (c *client) ours(found map[string][]object) []Resource {
	networks := map[string]bool{}
	for _, n := range found["networks"] {
		networks[n.SelfLink] = c.marked(n)
	}
	managed := map[string]bool{}
	for _, m := range found["instanceGroupManagers"] {
		managed[m.Name] = c.marked(m)
	}
	pools := map[string]bool{}
	for _, p := range found["targetPools"] {
		pools[p.SelfLink] = slices.ContainsFunc(p.Instances, c.isNode)
	}
	rules := map[string]bool{}
	for _, r := range found["forwardingRules"] {
		rules[r.SelfLink] = c.marked(r) || networks[r.Network] || pools[r.Target]
	}
	var all []Resource
	for _, k := range kinds() {
		for _, o := range found[k.list] {
			of := c.marked(o) || networks[o.Network]
			switch k.list {
			case "instanceGroups":
				of = of && !managed[o.Name] // it goes with its manager
			case "targetPools":
				of = of || pools[o.SelfLink]
			case "forwardingRules":
				of = of || rules[o.SelfLink]
			case "addresses":
				of = of || slices.ContainsFunc(o.Users, func(user string) bool { return rules[user] })
			}
			if of {
				all = append(all, resourceOf(k, o))
			}
		}
	}
	return all
}

// marked tells whether an object says itself that it is the cluster's.
func (c *client) marked(o object) bool {
	key := LabelKey(target.ClusterLabel)
	return o.Labels[key] == c.cluster || o.Properties.Labels[key] == c.cluster || strings.HasPrefix(o.Description, Mark(c.cluster))
}

// isNode tells whether a link is to one of the cluster's machines, by its name.
func (c *client) isNode(link string) bool {
	name := path.Base(link)
	if regexp.MustCompile(`^` + regexp.QuoteMeta(c.cluster) + `-control-plane-[0-9]$`).MatchString(name) {
		return true
	}
	return slices.ContainsFunc(c.workers, func(base string) bool {
		rest, found := strings.CutPrefix(name, base+"-")
		return found && len(rest) == 4 // what a group adds to the name of each
	})
}

func resourceOf(k kind, o object) Resource {
	r := Resource{Kind: k.command, Name: o.Name, GB: o.SizeGB, External: o.AddressType == "EXTERNAL"}
	switch {
	case o.Zone != "":
		r.Scope = "--zone " + path.Base(o.Zone)
	case o.Region != "":
		r.Scope = "--region " + path.Base(o.Region)
	case !k.global && k.list != "instanceTemplates":
		r.Scope = "--global"
	}
	if o.MachineType != "" {
		r.Type = path.Base(o.MachineType)
	} else if k.list == "disks" {
		r.Type = path.Base(o.Type)
	}
	return r
}
