package live

import (
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Demand is a number of alike machines that a config asks for.
type Demand struct {
	// Path is where the machine stands in the config: spec.pools[0].machine.
	Path string
	// For says what they are: "the control plane", "pool workers".
	For string
	config.Machine
	// Count is how many there are to begin with: what a create makes. To what
	// a pool may be scaled later is no reason to refuse it now.
	Count int
	Spot  bool
}

// Demands are all machines of a config, defaults filled in.
func Demands(cluster *config.Cluster) []Demand {
	spec := cluster.Spec
	all := []Demand{{
		Path: "spec.controlPlane.machine", For: "the control plane",
		Machine: spec.ControlPlane.Machine, Count: spec.ControlPlane.Count,
	}}
	for i, pool := range spec.Pools {
		all = append(all, Demand{
			Path: fmt.Sprintf("spec.pools[%d].machine", i), For: "pool " + pool.Name,
			Machine: pool.Machine, Count: max(pool.Count, pool.Min), Spot: pool.Spot,
		})
	}
	return all
}

// Missing is what of the demands does not exist yet, given how many machines
// of each type the cluster has: a cluster that is created again needs no
// quota for what it has already.
func Missing(demands []Demand, have map[string]int) []Demand {
	left := map[string]int{}
	for kind, n := range have {
		left[kind] = n
	}
	missing := slices.Clone(demands)
	for i := range missing {
		there := min(missing[i].Count, left[missing[i].Type])
		missing[i].Count -= there
		left[missing[i].Type] -= there
	}
	return missing
}

// Types are the different machine types of the demands, each with the demands
// that name it first.
func Types(demands []Demand) []string {
	var types []string
	for _, d := range demands {
		if !slices.Contains(types, d.Type) {
			types = append(types, d.Type)
		}
	}
	return types
}
