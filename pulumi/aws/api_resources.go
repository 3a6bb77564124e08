package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagging "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// tag is one that marks what is the cluster's.
type tag struct{ key, value string }

// tags are the program's own, and the one that AWS's cloud controller and CSI
// driver put on what they make for a cluster.
func (c *client) tags() []tag {
	return []tag{{target.ClusterLabel, c.cluster}, {"kubernetes.io/cluster/" + c.cluster, "owned"}}
}

func (c *client) Resources(ctx context.Context) ([]Resource, error) {
	questions := []func(context.Context) ([]Resource, error){c.groups, c.identities}
	for _, t := range c.tags() {
		questions = append(questions,
			func(ctx context.Context) ([]Resource, error) { return c.ofEC2(ctx, t) },
			func(ctx context.Context) ([]Resource, error) { return c.ofOthers(ctx, t) },
		)
	}
	found, failures := make([][]Resource, len(questions)), make([]error, len(questions))
	live.Each(len(questions), func(i int) { found[i], failures[i] = questions[i](ctx) })
	var all []Resource
	for _, r := range slices.Concat(found...) {
		if !slices.Contains(all, r) {
			all = append(all, r)
		}
	}
	return all, errors.Join(failures...)
}

// ofEC2 asks EC2 itself, whose tags are exact, and leaves out what it still
// lists for a while although it is gone.
func (c *client) ofEC2(ctx context.Context, t tag) ([]Resource, error) {
	var all []Resource
	pages := ec2.NewDescribeTagsPaginator(c.ec2, &ec2.DescribeTagsInput{Filters: []types.Filter{filter("key", t.key), filter("value", t.value)}})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing what is tagged %s: %w", t.key, fault(err))
		}
		for _, d := range page.Tags {
			// A rule goes with its group.
			if kind := string(d.ResourceType); kind != "security-group-rule" {
				all = append(all, Resource{Kind: kind, ID: awssdk.ToString(d.ResourceId)})
			}
		}
	}
	instances, err := c.instances(ctx, filter("tag:"+t.key, t.value), filter("instance-state-name", "pending", "running", "stopping", "stopped"))
	if err != nil {
		return nil, fmt.Errorf("listing instances tagged %s: %w", t.key, err)
	}
	gateways, err := c.ec2.DescribeNatGateways(ctx, &ec2.DescribeNatGatewaysInput{
		Filter: []types.Filter{filter("tag:"+t.key, t.value), filter("state", "pending", "available", "failed", "deleting")},
	})
	if err != nil {
		return nil, fmt.Errorf("listing NAT gateways tagged %s: %w", t.key, fault(err))
	}
	alive := map[string]string{}
	for _, i := range instances {
		alive[i.ID] = i.Type
	}
	for _, g := range gateways.NatGateways {
		alive[awssdk.ToString(g.NatGatewayId)] = ""
	}
	var there []Resource
	for _, r := range all {
		kind, found := alive[r.ID]
		if r.Kind != "instance" && r.Kind != "natgateway" || found {
			r.Type = kind
			there = append(there, r)
		}
	}
	return there, nil
}

// ofOthers asks the list of everything tagged, for what is not EC2's.
func (c *client) ofOthers(ctx context.Context, t tag) ([]Resource, error) {
	var all []Resource
	pages := resourcegroupstaggingapi.NewGetResourcesPaginator(c.tagged, &resourcegroupstaggingapi.GetResourcesInput{
		TagFilters:          []tagging.TagFilter{{Key: &t.key, Values: []string{t.value}}},
		ResourceTypeFilters: []string{"elasticloadbalancing", "secretsmanager"},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing load balancers and secrets tagged %s: %w", t.key, fault(err))
		}
		for _, m := range page.ResourceTagMappingList {
			if r, counts := byARN(awssdk.ToString(m.ResourceARN)); counts {
				all = append(all, r)
			}
		}
	}
	return all, nil
}

// byARN tells a resource by its ARN; what goes with another does not count.
func byARN(arn string) (Resource, bool) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 {
		return Resource{Kind: "resource", ID: arn}, true
	}
	kind, rest, _ := strings.Cut(parts[5], "/")
	switch {
	case parts[2] == "secretsmanager":
		return Resource{Kind: "secret", ID: arn}, true
	case strings.HasPrefix(kind, "listener"):
		return Resource{}, false
	case kind == "loadbalancer" && !strings.Contains(rest, "/"):
		return Resource{Kind: "classic-loadbalancer", ID: rest}, true
	}
	return Resource{Kind: kind, ID: arn}, true
}

// groups are the auto scaling groups.
func (c *client) groups(ctx context.Context) ([]Resource, error) {
	var all []Resource
	pages := autoscaling.NewDescribeAutoScalingGroupsPaginator(c.scaling, &autoscaling.DescribeAutoScalingGroupsInput{
		Filters: []scaling.Filter{{Name: awssdk.String("tag:" + target.ClusterLabel), Values: []string{c.cluster}}},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("listing auto scaling groups: %w", fault(err))
		}
		for _, g := range page.AutoScalingGroups {
			all = append(all, Resource{Kind: "autoscaling-group", ID: awssdk.ToString(g.AutoScalingGroupName)})
		}
	}
	return all, nil
}
