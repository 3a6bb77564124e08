package gcp

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// machines checks zones, machine types and quotas.
func (f *flight) machines(ctx context.Context, region Region) []diag.Problem {
	zones, err := f.api.Zones(ctx)
	if err != nil {
		return []diag.Problem{f.unanswered("listing zones", err)}
	}
	problems := f.zones(zones)
	cpus, more := f.types(ctx, zones)
	problems = append(problems, more...)
	// What cannot be listed counts as not there: the quota then asks for more
	// than is needed, and Leftovers is where a refusal is an error.
	have, _ := f.api.Resources(ctx)
	wanted := needs(f.in.Cluster, f.block, cpus, region.Quotas, have)
	return append(problems, live.Short(wanted, limits(region.Quotas, region.Name), func(q live.Quota, total float64) string {
		return fmt.Sprintf("ask for %.0f of %s at https://console.cloud.google.com/iam-admin/quotas?project=%s, or plan less of it", total, q.Name, f.block.Project)
	})...)
}

// zones finds those that do not exist or are down, once for each field.
func (f *flight) zones(known []Zone) []diag.Problem {
	var names []string
	for _, z := range known {
		names = append(names, z.Name)
	}
	var problems []diag.Problem
	check := func(path string, zones []string) {
		for i, name := range zones {
			at := slices.IndexFunc(known, func(z Zone) bool { return z.Name == name })
			p := diag.Problem{Path: fmt.Sprintf("%s[%d]", path, i)}
			switch {
			case at < 0:
				p.Message = fmt.Sprintf("region %q has no zone %q", f.block.Region, name)
				p.Fix = "write zones of the region: " + strings.Join(names, ", ")
			case !known[at].Up:
				p.Message = fmt.Sprintf("zone %q is down", name)
				p.Fix = "leave it out for now: https://status.cloud.google.com"
			default:
				continue
			}
			problems = append(problems, p)
		}
	}
	check("spec.gcp.zones", f.block.Zones)
	for _, d := range f.demands {
		if !slices.Equal(d.Zones, f.block.Zones) {
			check(d.Path+".zones", d.Zones)
		}
	}
	return problems
}

// types looks up each machine type in each zone that it is wanted in, and
// returns the processors of each.
func (f *flight) types(ctx context.Context, known []Zone) (map[string]int, []diag.Problem) {
	type question struct{ zone, name string }
	type answer struct {
		MachineType
		err error
	}
	var questions []question
	for _, d := range f.demands {
		for _, zone := range d.Zones {
			q := question{zone, d.Type}
			exists := slices.ContainsFunc(known, func(z Zone) bool { return z.Name == zone })
			if exists && !slices.Contains(questions, q) {
				questions = append(questions, q)
			}
		}
	}
	answers := make([]answer, len(questions))
	live.Each(len(questions), func(i int) {
		answers[i].MachineType, answers[i].err = f.api.MachineType(ctx, questions[i].zone, questions[i].name)
	})
	cpus := map[string]int{}
	var problems []diag.Problem
	for _, d := range f.demands {
		var missing []string
		arch := ""
		for i, q := range questions {
			a := answers[i]
			switch {
			case q.name != d.Type || !slices.Contains(d.Zones, q.zone):
			case live.Because(a.err, live.NotFound), a.err == nil && (a.Deprecated == "OBSOLETE" || a.Deprecated == "DELETED"):
				missing = append(missing, q.zone)
			case a.err != nil:
				problems = append(problems, f.unanswered("looking up machine type "+d.Type+" in "+q.zone, a.err))
			default:
				arch, cpus[d.Type] = a.Arch, a.CPUs
			}
		}
		problems = append(problems, f.unfit(d, missing, arch)...)
	}
	return cpus, problems
}

// unfit tells that a type is not offered, or is of the other architecture.
func (f *flight) unfit(d live.Demand, missing []string, arch string) []diag.Problem {
	var problems []diag.Problem
	if len(missing) > 0 {
		problems = append(problems, diag.Problem{
			Path:    d.Path + ".type",
			Message: fmt.Sprintf("machine type %q is not offered in %s", d.Type, strings.Join(missing, ", ")),
			Fix: fmt.Sprintf("choose one of 'gcloud compute machine-types list --project %s --zones %s', or zones that have it: 'gcloud compute machine-types list --project %s --filter name=%s'",
				f.block.Project, strings.Join(missing, ","), f.block.Project, d.Type),
		})
	}
	if arch != "" && arch != d.Arch {
		problems = append(problems, diag.Problem{
			Path:    d.Path + ".arch",
			Message: fmt.Sprintf("machine type %q is %s, and the config says %s", d.Type, arch, d.Arch),
			Fix:     fmt.Sprintf("write arch %q, or choose a type of %s", arch, d.Arch),
		})
	}
	return problems
}
