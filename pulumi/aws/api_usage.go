package aws

import (
	"context"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

func (c *client) Quota(ctx context.Context, service, code string) (float64, error) {
	got, err := c.quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &service, QuotaCode: &code})
	if live.Because(fault(err), live.NotFound) {
		// What was never changed has AWS's default.
		usual, err := c.quotas.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: &service, QuotaCode: &code})
		if err != nil || usual.Quota == nil {
			return 0, fault(err)
		}
		return awssdk.ToFloat64(usual.Quota.Value), nil
	}
	if err != nil || got.Quota == nil {
		return 0, fault(err)
	}
	return awssdk.ToFloat64(got.Quota.Value), nil
}

// Usage counts what there is: AWS tells limits, not how much of them is taken.
func (c *client) Usage(ctx context.Context) (Usage, error) {
	var u Usage
	pages := ec2.NewDescribeInstancesPaginator(c.ec2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{filter("instance-state-name", "pending", "running")},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return u, fault(err)
		}
		for _, r := range page.Reservations {
			for _, i := range r.Instances {
				u.add(i)
			}
		}
	}
	disks := ec2.NewDescribeVolumesPaginator(c.ec2, &ec2.DescribeVolumesInput{Filters: []types.Filter{filter("volume-type", diskType)}})
	for disks.HasMorePages() {
		page, err := disks.NextPage(ctx)
		if err != nil {
			return u, fault(err)
		}
		for _, v := range page.Volumes {
			u.DiskGiB += int(awssdk.ToInt32(v.Size))
		}
	}
	addresses, err := c.ec2.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil {
		return u, fault(err)
	}
	networks, err := c.ec2.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil {
		return u, fault(err)
	}
	u.Addresses, u.Networks = len(addresses.Addresses), len(networks.Vpcs)
	return u, nil
}

func (u *Usage) add(i types.Instance) {
	if !standard(string(i.InstanceType)) || i.CpuOptions == nil {
		return
	}
	cpus := int(awssdk.ToInt32(i.CpuOptions.CoreCount) * awssdk.ToInt32(i.CpuOptions.ThreadsPerCore))
	if i.InstanceLifecycle == types.InstanceLifecycleTypeSpot {
		u.SpotCPUs += cpus
	} else {
		u.CPUs += cpus
	}
}

// standard tells whether a machine type is of the families that share one
// quota: A, C, D, H, I, M, R, T and Z, by the letters before the generation.
// Source: https://docs.aws.amazon.com/ec2/latest/instancetypes/ec2-instance-quotas.html
func standard(machineType string) bool {
	letters, _, _ := strings.Cut(machineType, ".")
	if i := strings.IndexAny(letters, "0123456789"); i >= 0 {
		letters = letters[:i]
	}
	switch letters {
	case "a", "c", "d", "h", "i", "im", "is", "m", "r", "t", "z":
		return true
	}
	return false
}
