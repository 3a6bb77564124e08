package aws

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ config.Choosing = (*Block)(nil)

// Choices are what a config can say about AWS, or usually does. Only the
// account knows all of it: preflight asks.
func (b *Block) Choices(cluster *config.Cluster) map[string]config.Choices {
	used := block(cluster)
	zones := config.Choices{Values: used.Zones, Of: "spec.aws.zones"}
	return map[string]config.Choices{
		"spec.aws.region":                   {Values: regions(), Open: true},
		"spec.aws.zones[]":                  {Values: regionZones(used.Region), Open: true, Of: "spec.aws.region"},
		"spec.aws.os":                       {Values: target.OperatingSystems()},
		"spec.controlPlane.machine.type":    usual("spec.controlPlane.machine.arch", cluster.Spec.ControlPlane.Machine),
		"spec.controlPlane.machine.zones[]": zones,
		"spec.pools[].machine.type":         usual("spec.pools[].machine.arch", target.PoolMachines(cluster)...),
		"spec.pools[].machine.zones[]":      zones,
	}
}

// usual are types of the architectures of the given machines; arch is where the
// config says those.
func usual(arch string, machines ...config.Machine) config.Choices {
	return target.UsualMachines(arch, usualTypes(), architecture, machines...)
}

// usualTypes are general ones of today's families, the defaults among them;
// package ec2's enumeration InstanceType has each.
func usualTypes() []string {
	return []string{
		"m6i.large", "m6i.xlarge", "m6i.2xlarge", "m7i.large", "m7i.xlarge", "m7i.2xlarge",
		"m7a.large", "m7a.xlarge", "t3.large", "t3.xlarge", "c7i.xlarge", "r7i.large",
		"m6g.large", "m6g.xlarge", "m6g.2xlarge", "m7g.large", "m7g.xlarge", "m7g.2xlarge",
		"t4g.large", "t4g.xlarge", "c7g.xlarge", "r7g.large",
	}
}

// regions are those of the partition that accounts are in unless they were
// opened for a government or in China, by partitions.json of aws-sdk-go-v2
// v1.47.7 (internal/endpoints/awsrulesfn).
func regions() []string {
	return []string{
		"us-east-1", "us-east-2", "us-west-1", "us-west-2", "ca-central-1", "ca-west-1", "mx-central-1", "sa-east-1",
		"eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3",
		"af-south-1", "il-central-1", "me-central-1", "me-south-1",
		"ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2",
		"ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7",
	}
}
