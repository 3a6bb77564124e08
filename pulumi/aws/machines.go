package aws

import (
	"encoding/base64"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/ec2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// diskType is that of every disk: the general one, 3,000 operations a second
// whatever its size.
const diskType = "gp3"

// template is what launch templates of both roles have in common: the image,
// an encrypted disk, and a metadata service that answers the host alone. The
// tags are for what comes and goes with a machine.
func (p *program) template(name string, m config.Machine, id *identity, tags pulumi.StringMap) (*ec2.LaunchTemplateArgs, error) {
	image, err := image(p.block, m.Arch)
	if err != nil {
		return nil, err
	}
	return &ec2.LaunchTemplateArgs{
		Name:               pulumi.String(name),
		ImageId:            pulumi.String(image),
		IamInstanceProfile: ec2.LaunchTemplateIamInstanceProfileArgs{Arn: id.profile.Arn},
		BlockDeviceMappings: ec2.LaunchTemplateBlockDeviceMappingArray{ec2.LaunchTemplateBlockDeviceMappingArgs{
			DeviceName: pulumi.String(rootDevice(p.block.OS)),
			Ebs: ec2.LaunchTemplateBlockDeviceMappingEbsArgs{
				Encrypted:           pulumi.String("true"),
				VolumeSize:          pulumi.Int(gibibytes(m.DiskGB)),
				VolumeType:          pulumi.String(diskType),
				DeleteOnTermination: pulumi.String("true"),
			},
		}},
		// Tokens (IMDSv2) and one hop: no pod behind a bridge gets an answer.
		MetadataOptions: ec2.LaunchTemplateMetadataOptionsArgs{
			HttpEndpoint:            pulumi.String("enabled"),
			HttpTokens:              pulumi.String("required"),
			HttpPutResponseHopLimit: pulumi.Int(1),
		},
		TagSpecifications: ec2.LaunchTemplateTagSpecificationArray{
			ec2.LaunchTemplateTagSpecificationArgs{ResourceType: pulumi.String("volume"), Tags: tags},
		},
		Tags: tags,
	}, nil
}

// latest is the version of a template that the program has just written. A
// version by number, for "$Latest" would change without being seen.
func latest(template *ec2.LaunchTemplate) pulumi.StringOutput {
	return template.LatestVersion.ApplyT(strconv.Itoa).(pulumi.StringOutput)
}

// encoded is user-data as the API takes it.
func encoded(userData pulumi.StringOutput) pulumi.StringOutput {
	return userData.ApplyT(func(text string) string {
		return base64.StdEncoding.EncodeToString([]byte(text))
	}).(pulumi.StringOutput)
}

// gibibytes is a disk in AWS's units, 2³⁰ bytes, from the config's, 10⁹: not
// smaller than asked for.
func gibibytes(gigabytes int) int {
	const gib = 1 << 30
	return (gigabytes*1_000_000_000 + gib - 1) / gib
}
