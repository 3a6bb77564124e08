package azure

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// machines checks that each machine type is offered, where, and of which
// architecture, and that the quotas have room for all.
func (f *flight) machines(ctx context.Context) []diag.Problem {
	known, err := f.api.MachineTypes(ctx, live.Types(f.demands))
	if err != nil {
		return []diag.Problem{f.unanswered("looking up machine types", err)}
	}
	var problems []diag.Problem
	for _, d := range f.demands {
		kind, found := known[d.Type]
		if !found || !kind.Anywhere {
			said := "does not exist in"
			if found {
				said = "is not offered to the subscription in"
			}
			problems = append(problems, diag.Problem{
				Path: d.Path + ".type", Message: fmt.Sprintf("machine type %q %s %q", d.Type, said, f.block.Location),
				Fix: fmt.Sprintf("choose one of 'az vm list-skus --location %s --resource-type virtualMachines --output table' without a restriction", f.block.Location),
			})
			continue
		}
		problems = append(problems, f.unfit(d, kind)...)
	}
	return append(problems, f.quotas(ctx, known)...)
}

// unfit tells that a type is not offered in a zone, or is of the other
// architecture.
func (f *flight) unfit(d live.Demand, kind MachineType) []diag.Problem {
	var problems []diag.Problem
	missing := slices.DeleteFunc(slices.Clone(d.Zones), func(zone string) bool { return slices.Contains(kind.Zones, zone) })
	if len(missing) > 0 {
		has, fix := "no zone", "choose another type, or another location"
		if len(kind.Zones) > 0 {
			slices.Sort(kind.Zones)
			has = "zone " + strings.Join(kind.Zones, ", ")
			fix = fmt.Sprintf("choose another type, or write zones that have it: %s", strings.Join(kind.Zones, ", "))
		}
		problems = append(problems, diag.Problem{
			Path:    d.Path + ".type",
			Message: fmt.Sprintf("machine type %q is not offered in zone %s of %q (%s has it)", d.Type, strings.Join(missing, ", "), f.block.Location, has),
			Fix:     fix,
		})
	}
	if kind.Arch != "" && kind.Arch != d.Arch {
		problems = append(problems, diag.Problem{
			Path:    d.Path + ".arch",
			Message: fmt.Sprintf("machine type %q is %s, and the config says %s", d.Type, kind.Arch, d.Arch),
			Fix:     fmt.Sprintf("write arch %q, or choose a type of %s", kind.Arch, d.Arch),
		})
	}
	return problems
}
