package gcp

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Google's names of the APIs that the program and this target call.
const (
	computeAPI         = "compute.googleapis.com"
	resourceManagerAPI = "cloudresourcemanager.googleapis.com"
)

func neededAPIs() []string {
	return []string{resourceManagerAPI, computeAPI, "iam.googleapis.com", "secretmanager.googleapis.com"}
}

// flight is one run of the checks.
type flight struct {
	api     API
	in      target.Inputs
	block   Block
	demands []live.Demand
}

// Preflight names everything that would make the program fail. Without
// credentials, or without the Compute Engine API, little can be asked; all
// else is asked whatever the other answers are.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	f := &flight{in: in, block: block(in.Cluster), demands: live.Demands(in.Cluster)}
	api, err := t.connect(ctx, in.Cluster)
	if err != nil {
		return []diag.Problem{f.unanswered("reaching Google Cloud", err)}
	}
	f.api = api
	var region Region
	var regionErr error
	problems := live.Together(ctx, f.services, func(ctx context.Context) []diag.Problem {
		region, regionErr = api.Region(ctx)
		return nil
	})
	if regionErr != nil {
		return f.closed(regionErr, problems)
	}
	if !region.Up {
		problems = append(problems, diag.Problem{
			Path: "spec.gcp.region", Message: fmt.Sprintf("region %q is down", region.Name),
			Fix: "choose another region, or wait: https://status.cloud.google.com",
		})
	}
	checks := []live.Check{f.existing, func(ctx context.Context) []diag.Problem { return f.machines(ctx, region) }}
	if !mention(problems, resourceManagerAPI) {
		checks = append(checks, f.rights)
	}
	return append(problems, live.Together(ctx, checks...)...)
}

// closed tells why the region could not be asked for; without it there is
// nothing more to ask.
func (f *flight) closed(err error, others []diag.Problem) []diag.Problem {
	switch {
	case live.Because(err, live.Unauthenticated):
		return []diag.Problem{f.unanswered("asking Google Cloud", err)} // all others say the same
	case live.Because(err, live.Disabled) && mention(others, computeAPI):
		return others
	case live.Because(err, live.NotFound) && strings.Contains(err.Error(), "/regions/"):
		return append(others, diag.Problem{
			Path: "spec.gcp.region", Message: fmt.Sprintf("Google Cloud has no region %q", f.block.Region),
			Fix: fmt.Sprintf("choose one of 'gcloud compute regions list --project %s'", f.block.Project),
		})
	case live.Because(err, live.NotFound):
		return append(others, diag.Problem{
			Path: "spec.gcp.project", Message: fmt.Sprintf("there is no project %q, or %s may not see it", f.block.Project, f.api.Who()),
			Fix: "write the id (not the name or the number) of one of 'gcloud projects list'",
		})
	}
	return append(others, f.unanswered("reading the region and its quotas", err))
}

// mention tells whether any of the problems is about an API.
func mention(problems []diag.Problem, api string) bool {
	return slices.ContainsFunc(problems, func(p diag.Problem) bool { return strings.Contains(p.Message, api) })
}

// unanswered is a question that the cloud refused, with what makes it answer.
func (f *flight) unanswered(doing string, err error) diag.Problem {
	p := diag.Problem{Message: fmt.Sprintf("%s: %v", doing, err)}
	project := f.block.Project
	switch {
	case live.Because(err, live.Unauthenticated):
		p.Fix = "log in: gcloud auth application-default login"
	case live.Because(err, live.Disabled):
		service := live.About(err)
		if service == "" {
			service = computeAPI
		}
		p.Path, p.Fix = "spec.gcp.project", enable(project, service)
	case live.Because(err, live.Denied):
		p.Path = "spec.gcp.project"
		p.Message = fmt.Sprintf("%s: %s may not: %v", doing, f.api.Who(), err)
		p.Fix = fmt.Sprintf("have the roles of docs/targets/gcp.md given to it: gcloud projects add-iam-policy-binding %s --member %s --role roles/compute.admin",
			project, member(f.api.Who()))
	default:
		p.Fix = "look whether this machine reaches Google: curl -sSI https://compute.googleapis.com"
	}
	return p
}

func enable(project string, services ...string) string {
	return fmt.Sprintf("gcloud services enable %s --project %s", strings.Join(services, " "), project)
}

// member is who the credentials are of, as gcloud writes it.
func member(who string) string {
	switch {
	case strings.HasSuffix(who, ".gserviceaccount.com"):
		return "serviceAccount:" + who
	case strings.Contains(who, "@"):
		return "user:" + who
	}
	return "user:EMAIL"
}

// services finds APIs that are not enabled, all in one command.
func (f *flight) services(ctx context.Context) []diag.Problem {
	disabled, err := f.api.Services(ctx, neededAPIs())
	switch {
	case live.Because(err, live.Denied), live.Because(err, live.Disabled), live.Because(err, live.NotFound):
		// Not everyone who may make a cluster may look, and an API that looks
		// is itself one to be enabled: the calls to the others will tell.
		return nil
	case err != nil:
		return []diag.Problem{f.unanswered("asking which APIs are enabled", err)}
	case len(disabled) == 0:
		return nil
	}
	return []diag.Problem{{
		Path:    "spec.gcp.project",
		Message: fmt.Sprintf("project %q has not enabled %s", f.block.Project, strings.Join(disabled, ", ")),
		Fix:     enable(f.block.Project, disabled...),
	}}
}

// taken finds a network of the cluster's name that is not the cluster's.
func (f *flight) taken(ctx context.Context) []diag.Problem {
	name := f.in.Cluster.Metadata.Name
	ours, err := f.api.Network(ctx, name)
	switch {
	case err == nil && ours, live.Because(err, live.NotFound):
		return nil
	case err != nil:
		return []diag.Problem{f.unanswered(fmt.Sprintf("looking for a network %q", name), err)}
	}
	return []diag.Problem{{
		Path: "metadata.name", Message: fmt.Sprintf("project %q has a network %q that is not this cluster's", f.block.Project, name),
		Fix: fmt.Sprintf("choose another name, or use the network as it is: spec.gcp.existing.network %q", name),
	}}
}

// existing looks at the network that is to be used, and whether there is room
// in it.
func (f *flight) existing(ctx context.Context) []diag.Problem {
	network := f.block.Existing.Network
	if network == "" {
		return f.taken(ctx)
	}
	const path = "spec.gcp.existing"
	list := fmt.Sprintf("gcloud compute networks subnets list --network %s --project %s", network, f.block.Project)
	_, err := f.api.Network(ctx, network)
	if live.Because(err, live.NotFound) {
		return []diag.Problem{{
			Path: path + ".network", Message: fmt.Sprintf("project %q has no network %q", f.block.Project, network),
			Fix: fmt.Sprintf("write the name of one of 'gcloud compute networks list --project %s', or remove it to have one made", f.block.Project),
		}}
	}
	if err != nil {
		return []diag.Problem{f.unanswered("looking at the existing network", err)}
	}
	subnets, err := f.api.Subnetworks(ctx, network)
	if err != nil {
		return []diag.Problem{f.unanswered("looking at the existing network's subnets", err)}
	}
	if f.block.Existing.Subnetwork == "" {
		return f.room(subnets, list)
	}
	return f.subnetwork(subnets, list)
}

// room finds what a new subnet of nodeCIDR would overlap.
func (f *flight) room(subnets []Subnetwork, list string) []diag.Problem {
	cidr := f.in.Cluster.Spec.Network.NodeCIDR
	wanted, err := netip.ParsePrefix(cidr)
	if err != nil {
		return nil // the config's own checks say so
	}
	for _, s := range subnets {
		if prefix, err := netip.ParsePrefix(s.CIDR); err == nil && !s.Ours && prefix.Overlaps(wanted) {
			return []diag.Problem{{
				Path: "spec.network.nodeCIDR", Message: fmt.Sprintf("%s overlaps subnet %q (%s, %s) of the existing network", cidr, s.Name, s.CIDR, s.Region),
				Fix: fmt.Sprintf("write a range that none of '%s' has", list),
			}}
		}
	}
	return nil
}

// subnetwork checks the subnet that hosts are to stand in.
func (f *flight) subnetwork(subnets []Subnetwork, list string) []diag.Problem {
	name, cidr := f.block.Existing.Subnetwork, f.in.Cluster.Spec.Network.NodeCIDR
	i := slices.IndexFunc(subnets, func(s Subnetwork) bool { return s.Name == name && s.Region == f.block.Region })
	if i < 0 {
		return []diag.Problem{{
			Path: "spec.gcp.existing.subnetwork", Message: fmt.Sprintf("network %q has no subnet %q in region %s", f.block.Existing.Network, name, f.block.Region),
			Fix: fmt.Sprintf("write the name of one of '%s --regions %s'", list, f.block.Region),
		}}
	}
	wanted, err := netip.ParsePrefix(cidr)
	range_, rangeErr := netip.ParsePrefix(subnets[i].CIDR)
	if err != nil || rangeErr != nil || range_.Bits() <= wanted.Bits() && range_.Contains(wanted.Addr()) {
		return nil
	}
	return []diag.Problem{{
		Path: "spec.network.nodeCIDR", Message: fmt.Sprintf("%s is not within subnet %q, which is %s", cidr, name, subnets[i].CIDR),
		Fix: fmt.Sprintf("write %q, or a part of it", subnets[i].CIDR),
	}}
}
