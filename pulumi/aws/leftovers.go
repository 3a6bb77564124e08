package aws

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Leftovers lists what still exists of the cluster, what a cloud controller or
// a CSI driver made for it included, in the words of the command that removes
// each. What could not be listed is an error: it may be there.
func (t *Target) Leftovers(ctx context.Context, cluster *config.Cluster) ([]string, error) {
	api, err := t.connect(ctx, cluster)
	if err != nil {
		return nil, fmt.Errorf("reaching AWS: %w; %s", err, login())
	}
	region := block(cluster).Region
	found, err := live.Settled(ctx, t.patience, api.Resources)
	left := []string{}
	for _, r := range found {
		left = append(left, removal(r, region))
	}
	slices.Sort(left)
	if err != nil {
		return left, fmt.Errorf("listing what is left of cluster %q in region %q: %w", cluster.Metadata.Name, region, err)
	}
	return left, nil
}

// removals are the commands that remove each kind, to be followed by the id.
func removals() map[string]string {
	return map[string]string{
		"instance":             "ec2 terminate-instances --instance-ids",
		"volume":               "ec2 delete-volume --volume-id",
		"snapshot":             "ec2 delete-snapshot --snapshot-id",
		"network-interface":    "ec2 delete-network-interface --network-interface-id",
		"elastic-ip":           "ec2 release-address --allocation-id",
		"natgateway":           "ec2 delete-nat-gateway --nat-gateway-id",
		"internet-gateway":     "ec2 delete-internet-gateway --internet-gateway-id",
		"route-table":          "ec2 delete-route-table --route-table-id",
		"subnet":               "ec2 delete-subnet --subnet-id",
		"security-group":       "ec2 delete-security-group --group-id",
		"vpc":                  "ec2 delete-vpc --vpc-id",
		"launch-template":      "ec2 delete-launch-template --launch-template-id",
		"loadbalancer":         "elbv2 delete-load-balancer --load-balancer-arn",
		"classic-loadbalancer": "elb delete-load-balancer --load-balancer-name",
		"targetgroup":          "elbv2 delete-target-group --target-group-arn",
		"autoscaling-group":    "autoscaling delete-auto-scaling-group --force-delete --auto-scaling-group-name",
		"secret":               "secretsmanager delete-secret --force-delete-without-recovery --secret-id",
		"role":                 "iam delete-role --role-name",
		"instance-profile":     "iam delete-instance-profile --instance-profile-name",
	}
}

func removal(r Resource, region string) string {
	command, known := removals()[r.Kind]
	if !known {
		return fmt.Sprintf("%s %s in region %s", r.Kind, r.ID, region)
	}
	where := " --region " + region
	if strings.HasPrefix(command, "iam ") {
		where = "" // an account has one list for all its regions
	}
	return "aws " + command + " " + r.ID + where
}
