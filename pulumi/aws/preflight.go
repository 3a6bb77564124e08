package aws

import (
	"context"
	"fmt"
	"maps"
	"net/netip"
	"os"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// flight is one run of the checks.
type flight struct {
	api     API
	in      target.Inputs
	block   Block
	demands []live.Demand
	// who the credentials are of.
	who string
}

// Preflight names everything that would make the program fail. Without
// credentials, or in a region that does not answer, little can be asked; all
// else is asked whatever the other answers are.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	f := &flight{in: in, block: block(in.Cluster), demands: live.Demands(in.Cluster)}
	api, err := t.connect(ctx, in.Cluster)
	if err != nil {
		return []diag.Problem{f.unanswered("reaching AWS", err)}
	}
	f.api = api
	if f.who, err = api.Who(ctx); err != nil {
		return []diag.Problem{f.unanswered("asking AWS who you are", err)}
	}
	zones, err := api.Zones(ctx)
	if err != nil {
		return []diag.Problem{f.closed(err)}
	}
	return live.Together(ctx,
		func(context.Context) []diag.Problem { return f.zones(zones) },
		f.machines,
		f.existing,
		f.rights,
	)
}

// closed tells why the region does not answer someone whom AWS knows.
func (f *flight) closed(err error) diag.Problem {
	region := f.block.Region
	switch {
	case live.Because(err, live.NotFound):
		return diag.Problem{
			Path: "spec.aws.region", Message: fmt.Sprintf("AWS has no region %q: %v", region, err),
			Fix: "choose one of 'aws ec2 describe-regions --all-regions --query Regions[].RegionName --output text'",
		}
	case live.Because(err, live.Unauthenticated), live.Because(err, live.Disabled):
		return diag.Problem{
			Path: "spec.aws.region", Message: fmt.Sprintf("region %q does not know %s: it is not enabled for the account: %v", region, f.who, err),
			Fix: fmt.Sprintf("aws account enable-region --region-name %s, or choose another region", region),
		}
	}
	return f.unanswered("listing zones", err)
}

// unanswered is a question that AWS refused, with what makes it answer.
func (f *flight) unanswered(doing string, err error) diag.Problem {
	p := diag.Problem{Message: fmt.Sprintf("%s: %v", doing, err)}
	switch {
	case live.Because(err, live.Unauthenticated):
		p.Fix = login()
	case live.Because(err, live.Denied):
		right := live.About(err)
		if right == "" {
			right = "this"
		}
		p.Message = fmt.Sprintf("%s: %s may not: %v", doing, f.who, err)
		p.Fix = fmt.Sprintf("have %s allowed to it, with the other rights of docs/targets/aws.md; 'aws sts get-caller-identity' shows who you are", right)
	default:
		p.Fix = fmt.Sprintf("look whether this machine reaches AWS: curl -sSI https://ec2.%s.amazonaws.com", f.block.Region)
	}
	return p
}

// login is how to get credentials, for the profile in use if there is one.
func login() string {
	if profile := os.Getenv("AWS_PROFILE"); profile != "" {
		return "log in: aws sso login --profile " + profile
	}
	return "log in: aws sso login, or aws configure; then 'aws sts get-caller-identity' answers"
}

// zones finds those that do not exist, are switched off or ill, once for each
// field.
func (f *flight) zones(known []Zone) []diag.Problem {
	var names []string
	for _, z := range known {
		if z.OptedIn {
			names = append(names, z.Name)
		}
	}
	var problems []diag.Problem
	check := func(path string, zones []string) {
		for i, name := range zones {
			at := slices.IndexFunc(known, func(z Zone) bool { return z.Name == name })
			p := diag.Problem{Path: fmt.Sprintf("%s[%d]", path, i)}
			switch {
			case at < 0:
				p.Message = fmt.Sprintf("the account has no zone %q in region %q", name, f.block.Region)
				p.Fix = "write zones that it has: " + strings.Join(names, ", ")
			case !known[at].OptedIn:
				p.Message = fmt.Sprintf("zone %q is not enabled for the account", name)
				p.Fix = "write zones that are: " + strings.Join(names, ", ")
			case known[at].State != "available":
				p.Message = strings.TrimSuffix(fmt.Sprintf("zone %q is %s: %s", name, known[at].State, strings.Join(known[at].Messages, "; ")), ": ")
				p.Fix = "leave it out for now: https://health.aws.amazon.com/health/status"
			default:
				continue
			}
			problems = append(problems, p)
		}
	}
	check("spec.aws.zones", f.block.Zones)
	for _, d := range f.demands {
		if !slices.Equal(d.Zones, f.block.Zones) {
			check(d.Path+".zones", d.Zones)
		}
	}
	return problems
}

// existing looks at the network that is to be used.
func (f *flight) existing(ctx context.Context) []diag.Problem {
	given := f.block.Existing
	if given.Network == "" {
		return nil
	}
	if _, err := f.api.Network(ctx, given.Network); live.Because(err, live.NotFound) {
		return []diag.Problem{{
			Path: "spec.aws.existing.network", Message: fmt.Sprintf("region %q has no VPC %q", f.block.Region, given.Network),
			Fix: fmt.Sprintf("write the id of one of 'aws ec2 describe-vpcs --region %s', or remove it to have one made", f.block.Region),
		}}
	} else if err != nil {
		return []diag.Problem{f.unanswered("looking at the existing network", err)}
	}
	ids := slices.Concat(slices.Collect(maps.Values(given.Subnets)), slices.Collect(maps.Values(given.PublicSubnets)))
	if len(ids) == 0 {
		return nil // the config's own checks say so
	}
	found, err := f.api.Subnets(ctx, ids)
	if err != nil {
		return []diag.Problem{f.unanswered("looking at the existing subnets", err)}
	}
	problems := f.subnets("spec.aws.existing.subnets", given.Subnets, found)
	return append(append(problems, f.hold(given.Subnets, found)...), f.subnets("spec.aws.existing.publicSubnets", given.PublicSubnets, found)...)
}

// subnets checks that each exists, in its network and its zone.
func (f *flight) subnets(path string, given map[string]string, found []Subnet) []diag.Problem {
	list := fmt.Sprintf("aws ec2 describe-subnets --region %s --filters Name=vpc-id,Values=%s", f.block.Region, f.block.Existing.Network)
	var problems []diag.Problem
	for _, zone := range slices.Sorted(maps.Keys(given)) {
		id := given[zone]
		p := diag.Problem{Path: path + "." + zone, Fix: fmt.Sprintf("write the id of one of '%s'", list)}
		i := slices.IndexFunc(found, func(s Subnet) bool { return s.ID == id })
		switch {
		case i < 0:
			p.Message = fmt.Sprintf("region %q has no subnet %q", f.block.Region, id)
		case found[i].Network != f.block.Existing.Network:
			p.Message = fmt.Sprintf("subnet %q is in VPC %s, not in %s", id, found[i].Network, f.block.Existing.Network)
		case found[i].Zone != zone:
			p.Message = fmt.Sprintf("subnet %q is in zone %s", id, found[i].Zone)
			p.Fix = fmt.Sprintf("write it as %q: %q", found[i].Zone, id)
		default:
			continue
		}
		problems = append(problems, p)
	}
	return problems
}

// hold finds private subnets that reach beyond nodeCIDR, by which the firewall
// knows nodes.
func (f *flight) hold(given map[string]string, found []Subnet) []diag.Problem {
	nodes, err := netip.ParsePrefix(f.in.Cluster.Spec.Network.NodeCIDR)
	if err != nil {
		return nil // the config's own checks say so
	}
	var outside []string
	for _, s := range found {
		prefix, err := netip.ParsePrefix(s.CIDR)
		if err != nil || given[s.Zone] != s.ID || nodes.Bits() <= prefix.Bits() && nodes.Contains(prefix.Addr()) {
			continue
		}
		outside = append(outside, fmt.Sprintf("%s (%s)", s.ID, s.CIDR))
	}
	if len(outside) == 0 {
		return nil
	}
	slices.Sort(outside)
	return []diag.Problem{{
		Path: "spec.network.nodeCIDR", Message: fmt.Sprintf("%s does not hold the existing subnets %s", nodes, strings.Join(outside, ", ")),
		Fix: "write a range that holds all of them, such as that of the VPC",
	}}
}
