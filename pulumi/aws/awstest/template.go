package awstest

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// launchTemplate is what instances are made from.
func (w *world) launchTemplate() spec {
	const data = "LaunchTemplateData."
	return spec{
		calls: []call{{service: "ec2", operation: "CreateLaunchTemplate", given: map[string]any{"LaunchTemplateData": map[string]any{}}, fields: fields{
			"name": to("LaunchTemplateName"), "description": to("VersionDescription"), "tags": tagsOf("launch-template"),
			"imageId": to(data + "ImageId"), "instanceType": to(data + "InstanceType"), "userData": to(data + "UserData"),
			"vpcSecurityGroupIds": to(data + "SecurityGroupIds"), "ebsOptimized": truth(data + "EbsOptimized"),
			"iamInstanceProfile": object(data+"IamInstanceProfile", fields{"arn": to("Arn"), "name": to("Name")}),
			"blockDeviceMappings": list(data+"BlockDeviceMappings", fields{
				"deviceName": to("DeviceName"), "ebs": object("Ebs", fields{
					"encrypted": truth("Encrypted"), "deleteOnTermination": truth("DeleteOnTermination"), "volumeSize": to("VolumeSize"),
					"volumeType": to("VolumeType"), "iops": to("Iops"), "throughput": to("Throughput"), "kmsKeyId": to("KmsKeyId"),
				}),
			}),
			"metadataOptions": object(data+"MetadataOptions", metadataFields()),
			"monitoring":      object(data+"Monitoring", fields{"enabled": to("Enabled")}),
			"networkInterfaces": list(data+"NetworkInterfaces", fields{
				"deviceIndex": to("DeviceIndex"), "associatePublicIpAddress": truth("AssociatePublicIpAddress"), "deleteOnTermination": truth("DeleteOnTermination"),
				"securityGroups": to("Groups"), "subnetId": to("SubnetId"), "networkInterfaceId": to("NetworkInterfaceId"),
			}),
			"instanceMarketOptions": object(data+"InstanceMarketOptions", fields{"marketType": to("MarketType"), "spotOptions": object("SpotOptions", fields{
				"spotInstanceType": to("SpotInstanceType"), "instanceInterruptionBehavior": to("InstanceInterruptionBehavior"), "maxPrice": to("MaxPrice"),
			})}),
			"tagSpecifications": list(data+"TagSpecifications", fields{"resourceType": to("ResourceType"), "tags": tags("Tags")}),
		}}},
		own:   []string{"updateDefaultVersion"},
		needs: []string{"name"},
		refers: map[string]reference{
			"vpcSecurityGroupIds[]": byID(SecurityGroup), "networkInterfaces[].securityGroups[]": byID(SecurityGroup),
			"networkInterfaces[].subnetId": byID(Subnet), "networkInterfaces[].networkInterfaceId": byID(NetworkInterface),
			"iamInstanceProfile.arn": by("arn", InstanceProfile), "iamInstanceProfile.name": by("name", InstanceProfile),
		},
		rules: []rule{
			matches("name", `[a-zA-Z0-9().\-/_]{3,128}`, "it has 3 to 128 letters, digits and ().-/_"),
			matches("imageId", aliasForm, "an image is ami-… or resolve:ssm: and the name of a parameter"),
			matches("tagSpecifications[].resourceType", `instance|volume|network-interface|spot-instances-request|elastic-gpu`, "a template tags what comes with an instance"),
			matches("blockDeviceMappings[].deviceName", `/dev/(sd[a-z][0-9]?|xvd[a-z]{1,2}[0-9]?)|xvd[a-z]{1,2}`, "a device is /dev/sda1, /dev/xvda or alike"),
			userData("userData", true), templateInterfaces,
			func(in values) []targettest.Problem { return fits(in.text("instanceType"), in.text("imageId")) },
			diskRules("blockDeviceMappings[].ebs.", "volumeSize", "volumeType"),
		},
		id:      identifier("lt", LaunchTemplate),
		outputs: w.templateOutputs,
		replace: []string{"name"}, renewed: []string{"latestVersion"},
	}
}

// templateInterfaces refuses what belongs to interfaces where there are some.
func templateInterfaces(in values) (problems []targettest.Problem) {
	if in.has("networkInterfaces") && in.has("vpcSecurityGroupIds") {
		problems = append(problems, problem("vpcSecurityGroupIds", "security groups belong to the network interface, and one is given"))
	}
	if profile := in.at("iamInstanceProfile.arn"); len(profile) > 0 && len(in.at("iamInstanceProfile.name")) > 0 {
		problems = append(problems, problem("iamInstanceProfile", "it is named by its arn or its name, not by both"))
	}
	return problems
}

// templateOutputs count the versions: each change of what instances are made
// from is one more.
func (w *world) templateOutputs(o targettest.Object) targettest.Properties {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.seen[o.ID]
	if !known || !withoutTags(before).DeepEquals(withoutTags(targettest.Plain(o.Inputs))) {
		w.versions[o.ID]++
	}
	version := resource.NewProperty(float64(w.versions[o.ID]))
	outputs := targettest.Properties{"arn": text(arn("ec2", "launch-template/"+o.ID)), "latestVersion": version, "defaultVersion": version}
	if o.Inputs["updateDefaultVersion"].DeepEquals(resource.NewProperty(true)) {
		return outputs
	}
	outputs["defaultVersion"] = resource.NewProperty(1.0)
	return outputs
}

func withoutTags(inputs targettest.Properties) targettest.Properties {
	out := inputs.Copy()
	for _, key := range []resource.PropertyKey{"tags", "updateDefaultVersion"} {
		delete(out, key)
	}
	return out
}
