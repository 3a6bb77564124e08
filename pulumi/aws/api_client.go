package aws

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	scaling "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// client is API on AWS's own libraries.
type client struct {
	cfg     awssdk.Config
	http    *http.Client
	ec2     *ec2.Client
	scaling *autoscaling.Client
	quotas  *servicequotas.Client
	sts     *sts.Client
	tagged  *resourcegroupstaggingapi.Client

	region, cluster string
}

var _ API = (*client)(nil)

func newClient(cfg awssdk.Config, cluster *config.Cluster) *client {
	region := block(cluster).Region
	return &client{
		cfg: cfg, http: &http.Client{Timeout: callTimeout},
		ec2: ec2.NewFromConfig(cfg), scaling: autoscaling.NewFromConfig(cfg), quotas: servicequotas.NewFromConfig(cfg),
		sts: sts.NewFromConfig(inRegion(cfg, identityRegion(region))), tagged: resourcegroupstaggingapi.NewFromConfig(cfg),
		region: region, cluster: cluster.Metadata.Name,
	}
}

func (c *client) Who(ctx context.Context) (string, error) {
	got, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fault(err)
	}
	return awssdk.ToString(got.Arn), nil
}

func (c *client) Zones(ctx context.Context) ([]Zone, error) {
	got, err := c.ec2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{
		AllAvailabilityZones: awssdk.Bool(true),
		Filters:              []types.Filter{filter("zone-type", "availability-zone")},
	})
	if err != nil {
		return nil, fault(err)
	}
	var zones []Zone
	for _, z := range got.AvailabilityZones {
		zone := Zone{Name: awssdk.ToString(z.ZoneName), State: string(z.State), OptedIn: z.OptInStatus != types.AvailabilityZoneOptInStatusNotOptedIn}
		for _, m := range z.Messages {
			zone.Messages = append(zone.Messages, awssdk.ToString(m.Message))
		}
		zones = append(zones, zone)
	}
	return zones, nil
}

func filter(name string, values ...string) types.Filter {
	return types.Filter{Name: awssdk.String(name), Values: values}
}

func (c *client) MachineTypes(ctx context.Context, names []string) (map[string]MachineType, error) {
	found := map[string]MachineType{}
	kinds := ec2.NewDescribeInstanceTypesPaginator(c.ec2, &ec2.DescribeInstanceTypesInput{Filters: []types.Filter{filter("instance-type", names...)}})
	for kinds.HasMorePages() {
		page, err := kinds.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, t := range page.InstanceTypes {
			found[string(t.InstanceType)] = machineType(t)
		}
	}
	offered := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.ec2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: types.LocationTypeAvailabilityZone,
		Filters:      []types.Filter{filter("instance-type", names...)},
	})
	for offered.HasMorePages() {
		page, err := offered.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, o := range page.InstanceTypeOfferings {
			if kind, known := found[string(o.InstanceType)]; known {
				kind.Zones = append(kind.Zones, awssdk.ToString(o.Location))
				found[string(o.InstanceType)] = kind
			}
		}
	}
	return found, nil
}

func machineType(t types.InstanceTypeInfo) MachineType {
	kind := MachineType{}
	if t.VCpuInfo != nil {
		kind.CPUs = int(awssdk.ToInt32(t.VCpuInfo.DefaultVCpus))
	}
	if t.ProcessorInfo == nil {
		return kind
	}
	for _, arch := range t.ProcessorInfo.SupportedArchitectures {
		switch arch {
		case types.ArchitectureTypeX8664:
			kind.Archs = append(kind.Archs, "amd64")
		case types.ArchitectureTypeArm64:
			kind.Archs = append(kind.Archs, "arm64")
		}
	}
	return kind
}

func (c *client) Network(ctx context.Context, id string) ([]string, error) {
	got, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{id}})
	if err != nil {
		return nil, fault(err)
	}
	var cidrs []string
	for _, vpc := range got.Vpcs {
		for _, a := range vpc.CidrBlockAssociationSet {
			cidrs = append(cidrs, awssdk.ToString(a.CidrBlock))
		}
	}
	return cidrs, nil
}

func (c *client) Subnets(ctx context.Context, ids []string) ([]Subnet, error) {
	// By a filter, not by ids: one that is missing would hide the others.
	got, err := c.ec2.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []types.Filter{filter("subnet-id", ids...)}})
	if err != nil {
		return nil, fault(err)
	}
	var subnets []Subnet
	for _, s := range got.Subnets {
		subnets = append(subnets, Subnet{
			ID: awssdk.ToString(s.SubnetId), Zone: awssdk.ToString(s.AvailabilityZone),
			CIDR: awssdk.ToString(s.CidrBlock), Network: awssdk.ToString(s.VpcId),
		})
	}
	return subnets, nil
}

// mostInFilter is how many values a filter takes.
const mostInFilter = 200

func (c *client) Instances(ctx context.Context, ids []string) ([]Instance, error) {
	var all []Instance
	for len(ids) > 0 {
		n := min(len(ids), mostInFilter)
		some, err := c.instances(ctx, filter("instance-id", ids[:n]...))
		if err != nil {
			return nil, err
		}
		all, ids = append(all, some...), ids[n:]
	}
	return all, nil
}

func (c *client) instances(ctx context.Context, filters ...types.Filter) ([]Instance, error) {
	var all []Instance
	pages := ec2.NewDescribeInstancesPaginator(c.ec2, &ec2.DescribeInstancesInput{Filters: filters})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fault(err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				all = append(all, instance(i))
			}
		}
	}
	return all, nil
}

func instance(i types.Instance) Instance {
	one := Instance{ID: awssdk.ToString(i.InstanceId), Type: string(i.InstanceType), Address: awssdk.ToString(i.PrivateIpAddress)}
	if i.Placement != nil {
		one.Zone = awssdk.ToString(i.Placement.AvailabilityZone)
	}
	if i.State != nil {
		one.State = string(i.State.Name)
	}
	for _, disk := range i.BlockDeviceMappings {
		// Its launch is the last start; its disks came when it was made.
		if disk.Ebs != nil && disk.Ebs.AttachTime != nil && (one.Created.IsZero() || disk.Ebs.AttachTime.Before(one.Created)) {
			one.Created = *disk.Ebs.AttachTime
		}
	}
	if i.StateReason != nil {
		one.Reason = awssdk.ToString(i.StateReason.Message)
	}
	return one
}

func (c *client) Console(ctx context.Context, id string) (string, error) {
	// Only machines on Nitro give the latest; others what they wrote at boot.
	got, err := c.ec2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: awssdk.Bool(true)})
	var answer smithy.APIError
	if errors.As(err, &answer) && strings.HasPrefix(answer.ErrorCode(), "Unsupported") {
		got, err = c.ec2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id})
	}
	if err != nil {
		return "", fault(err)
	}
	text, err := base64.StdEncoding.DecodeString(awssdk.ToString(got.Output))
	if err != nil {
		return "", fmt.Errorf("reading what AWS sent of the console: %w", err)
	}
	return string(text), nil
}

func (c *client) Group(ctx context.Context, name string) (Group, error) {
	got, err := c.scaling.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{AutoScalingGroupNames: []string{name}})
	if err != nil {
		return Group{}, fault(err)
	}
	if len(got.AutoScalingGroups) == 0 {
		return Group{}, &live.Fault{Reason: live.NotFound, Of: name, Err: fmt.Errorf("there is no auto scaling group %q", name)}
	}
	group := Group{Size: int(awssdk.ToInt32(got.AutoScalingGroups[0].DesiredCapacity))}
	var ids []string
	for _, i := range got.AutoScalingGroups[0].Instances {
		ids = append(ids, awssdk.ToString(i.InstanceId))
	}
	if group.Instances, err = c.Instances(ctx, ids); err != nil {
		return group, err
	}
	did, err := c.scaling.DescribeScalingActivities(ctx, &autoscaling.DescribeScalingActivitiesInput{AutoScalingGroupName: &name, MaxRecords: awssdk.Int32(20)})
	if err == nil {
		group.Error = lastError(did.Activities)
	}
	return group, fault(err)
}

// lastError is what the newest of the activities failed of, unless one has
// succeeded since.
func lastError(activities []scaling.Activity) string {
	var newest time.Time
	said := ""
	for _, a := range activities {
		if a.StartTime == nil || a.StartTime.Before(newest) {
			continue
		}
		newest, said = *a.StartTime, ""
		if a.StatusCode == scaling.ScalingActivityStatusCodeFailed || a.StatusCode == scaling.ScalingActivityStatusCodeCancelled {
			said = awssdk.ToString(a.StatusMessage)
		}
	}
	return said
}
