package plan

import "strings"

// Fate is what phase 1 does with the hosts of a role or pool.
type Fate string

// The fates of hosts, the gentlest first.
const (
	// Stays: they are not touched.
	Stays Fate = ""
	// Made: there were none.
	Made Fate = "made"
	// Updated: they are told another config, and apply it in place.
	Updated Fate = "updated"
	// Rolled: their scaling group replaces them in turn.
	Rolled Fate = "rolled"
	// Replaced: phase 1 deletes them and makes others.
	Replaced Fate = "replaced"
)

// FateOf reads the fate of some hosts from what the engine would do, whichever
// target they are on. hosts are the changes of hosts that are resources, group
// the changes of the scaling group that makes them; was is how many there were.
func FateOf(hosts, group []Resource, was int) Fate {
	fate := Stays
	for _, r := range hosts {
		fate = graver(fate, map[string]Fate{Update: Updated, Replace: Replaced}[r.Op])
	}
	for _, r := range group {
		switch {
		case r.Op == Replace:
			fate = graver(fate, Replaced)
		case r.Op == Update && rolls(r.Diff):
			fate = graver(fate, Rolled)
		}
	}
	if was == 0 {
		return Made
	}
	return fate
}

func graver(a, b Fate) Fate {
	rank := map[Fate]int{Stays: 0, Made: 1, Updated: 2, Rolled: 3, Replaced: 4}
	if rank[b] > rank[a] {
		return b
	}
	return a
}

// rolls tells whether a scaling group is given another template, and not only
// another size or another label. The properties are those that the programs of
// the clouds give their groups: versions[].instanceTemplate (gcp),
// launchTemplate and mixedInstancesPolicy (aws), virtualMachineProfile
// (azure-native).
func rolls(diff []string) bool {
	for _, property := range diff {
		property = strings.ToLower(property)
		for _, word := range []string{"template", "versions", "mixedinstancespolicy", "virtualmachineprofile"} {
			if strings.Contains(property, word) {
				return true
			}
		}
	}
	return false
}
