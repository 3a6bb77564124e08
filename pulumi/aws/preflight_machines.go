package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// machines checks machine types and quotas.
func (f *flight) machines(ctx context.Context) []diag.Problem {
	known, err := f.api.MachineTypes(ctx, live.Types(f.demands))
	if err != nil {
		return []diag.Problem{f.unanswered("looking up machine types", err)}
	}
	var problems []diag.Problem
	cpus := map[string]int{}
	for _, d := range f.demands {
		kind, found := known[d.Type]
		if !found {
			problems = append(problems, diag.Problem{
				Path: d.Path + ".type", Message: fmt.Sprintf("region %q has no machine type %q", f.block.Region, d.Type),
				Fix: fmt.Sprintf("choose one of 'aws ec2 describe-instance-type-offerings --region %s --query InstanceTypeOfferings[].InstanceType'", f.block.Region),
			})
			continue
		}
		cpus[d.Type] = kind.CPUs
		problems = append(problems, f.unfit(d, kind)...)
	}
	return append(problems, f.quotas(ctx, cpus)...)
}

// unfit tells that a type is not offered in a zone, or is of the other
// architecture.
func (f *flight) unfit(d live.Demand, kind MachineType) []diag.Problem {
	var problems []diag.Problem
	missing := slices.DeleteFunc(slices.Clone(d.Zones), func(zone string) bool { return slices.Contains(kind.Zones, zone) })
	if len(missing) > 0 {
		fix := "choose another type"
		if len(kind.Zones) > 0 {
			slices.Sort(kind.Zones)
			fix += fmt.Sprintf(", or zones that have it: %s.zones %s", d.Path, strings.Join(kind.Zones, ", "))
		}
		problems = append(problems, diag.Problem{
			Path: d.Path + ".type", Message: fmt.Sprintf("machine type %q is not offered in %s", d.Type, strings.Join(missing, ", ")), Fix: fix,
		})
	}
	if len(kind.Archs) > 0 && !slices.Contains(kind.Archs, d.Arch) {
		problems = append(problems, diag.Problem{
			Path:    d.Path + ".arch",
			Message: fmt.Sprintf("machine type %q is %s, and the config says %s", d.Type, strings.Join(kind.Archs, " or "), d.Arch),
			Fix:     fmt.Sprintf("write arch %q, or choose a type of %s", kind.Archs[0], d.Arch),
		})
	}
	return problems
}
