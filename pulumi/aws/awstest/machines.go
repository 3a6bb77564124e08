package awstest

import (
	"encoding/base64"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// mostUserData is how many bytes EC2 takes, once they are out of their base64.
const mostUserData = 16384

const (
	imageForm = `ami-[0-9a-f]{8,17}`
	aliasForm = imageForm + `|resolve:ssm:[A-Za-z0-9_.\-/]+(:[A-Za-z0-9_.\-]+)?`
)

// machines are network interfaces, instances and what instances are made from.
func (w *world) machines() map[string]spec {
	return map[string]spec{
		NetworkInterface: {
			calls: []call{
				{service: "ec2", operation: "CreateNetworkInterface", fields: fields{
					"subnetId": to("SubnetId"), "description": to("Description"), "securityGroups": to("Groups"), "tags": tagsOf("network-interface"),
					"privateIps": addresses, "privateIp": to("PrivateIpAddress"), "interfaceType": to("InterfaceType"),
				}},
				{service: "ec2", operation: "ModifyNetworkInterfaceAttribute", given: map[string]any{"NetworkInterfaceId": api.Unknown{}}, fields: fields{
					"sourceDestCheck": wrapped("SourceDestCheck"),
				}},
			},
			needs:   []string{"subnetId"},
			refers:  map[string]reference{"subnetId": byID(Subnet), "securityGroups[]": byID(SecurityGroup)},
			rules:   []rule{matches("description", `.{0,255}`, "it may have 255 characters"), w.inSubnet("privateIps[]"), w.inSubnet("privateIp")},
			id:      identifier("eni", NetworkInterface),
			outputs: w.cardOutputs,
			replace: []string{"subnetId", "interfaceType"}, references: []string{"privateIp"},
		},
		Instance: {
			calls: []call{
				{service: "ec2", operation: "RunInstances", given: map[string]any{"MinCount": int64(1), "MaxCount": int64(1)}, fields: fields{
					"launchTemplate": object("LaunchTemplate", fields{"id": to("LaunchTemplateId"), "name": to("LaunchTemplateName"), "version": to("Version")}),
					"ami":            to("ImageId"), "instanceType": to("InstanceType"), "subnetId": to("SubnetId"), "privateIp": to("PrivateIpAddress"),
					"vpcSecurityGroupIds": to("SecurityGroupIds"), "userDataBase64": to("UserData"), "userData": to("UserData"),
					"networkInterfaces": list("NetworkInterfaces", fields{
						"deviceIndex": to("DeviceIndex"), "networkInterfaceId": to("NetworkInterfaceId"), "deleteOnTermination": to("DeleteOnTermination"),
					}),
					"availabilityZone":   to("Placement.AvailabilityZone"),
					"iamInstanceProfile": to("IamInstanceProfile.Name"), "ebsOptimized": to("EbsOptimized"), "monitoring": to("Monitoring.Enabled"),
					"metadataOptions": object("MetadataOptions", metadataFields()), "tags": tagsOf("instance"), "disableApiTermination": to("DisableApiTermination"),
				}},
			},
			own: []string{"userDataReplaceOnChange", "volumeTags"},
			refers: map[string]reference{
				"launchTemplate.id": byID(LaunchTemplate), "launchTemplate.name": by("name", LaunchTemplate), "subnetId": byID(Subnet),
				"vpcSecurityGroupIds[]": byID(SecurityGroup), "networkInterfaces[].networkInterfaceId": byID(NetworkInterface), "iamInstanceProfile": by("name", InstanceProfile),
			},
			rules: []rule{
				matches("ami", imageForm, "an instance takes the id of an image; aliases are for launch templates"),
				userData("userDataBase64", true), userData("userData", false), w.wholeInstance, ownInterface, w.sameArchitecture,
			},
			id:      identifier("i", Instance),
			outputs: w.instanceOutputs,
			replace: []string{"ami", "availabilityZone", "ebsOptimized", "launchTemplate", "networkInterfaces", "privateIp", "subnetId", "userData", "userDataBase64"},
		},
		LaunchTemplate: w.launchTemplate(),
	}
}

// metadataFields are the options of the metadata service.
func metadataFields() fields {
	return fields{
		"httpEndpoint": to("HttpEndpoint"), "httpTokens": to("HttpTokens"), "httpPutResponseHopLimit": to("HttpPutResponseHopLimit"),
		"instanceMetadataTags": to("InstanceMetadataTags"), "httpProtocolIpv6": to("HttpProtocolIpv6"),
	}
}

// addresses puts addresses of an interface, the first of which is its own.
func addresses(r *request, from string, value any) []targettest.Problem {
	given, ok := value.([]any)
	if !ok {
		r.put("PrivateIpAddresses", value, from)
		return nil
	}
	items := []any{}
	for i, address := range given {
		items = append(items, map[string]any{"PrivateIpAddress": address, "Primary": i == 0})
	}
	r.put("PrivateIpAddresses", items, from)
	return nil
}

// userData demands user-data that fits, in base64 or not.
func userData(name string, encoded bool) rule {
	return func(in values) []targettest.Problem {
		text := in.text(name)
		if encoded {
			plain, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				return []targettest.Problem{problem(name, "is not base64: %v", err)}
			}
			text = string(plain)
		}
		if len(text) > mostUserData {
			return []targettest.Problem{problem(name, "is %d bytes long, and %d is the most", len(text), mostUserData)}
		}
		return nil
	}
}

// wholeInstance demands an image and a type, from here or from the template.
func (w *world) wholeInstance(in values) (problems []targettest.Problem) {
	template := valuesOf(w.inputsOf(in.text("launchTemplate.id")))
	if in.has("launchTemplate") && len(template) == 0 {
		return nil // not known yet, or found missing elsewhere
	}
	if !in.has("ami") && !template.has("imageId") {
		problems = append(problems, problem("ami", "there is no image, here or in the launch template"))
	}
	if !in.has("instanceType") && !template.has("instanceType") {
		problems = append(problems, problem("instanceType", "there is no type, here or in the launch template"))
	}
	if in.has("networkInterfaces") && template.has("vpcSecurityGroupIds") {
		problems = append(problems, problem("networkInterfaces", "the launch template has security groups, which belong to interfaces where there are some"))
	}
	return problems
}

// ownInterface refuses what belongs to an interface where one is given.
func ownInterface(in values) (problems []targettest.Problem) {
	if !in.has("networkInterfaces") {
		return nil
	}
	for _, name := range []string{"subnetId", "vpcSecurityGroupIds", "privateIp"} {
		if in.has(name) {
			problems = append(problems, problem(name, "belongs to the network interface, and one is given"))
		}
	}
	return problems
}

// sameArchitecture refuses a type that cannot boot its image, where the alias
// of the image names its architecture.
func (w *world) sameArchitecture(in values) []targettest.Problem {
	if template := w.inputsOf(in.text("launchTemplate.id")); template != nil {
		return fits(in.text("instanceType"), valuesOf(template).text("imageId"))
	}
	return fits(in.text("instanceType"), in.text("imageId"))
}

func fits(kind, image string) []targettest.Problem {
	arm := regexp.MustCompile(`^[a-z]+[0-9]+g[a-z]*\.|^a1\.`).MatchString(kind)
	if kind != "" && (arm && strings.Contains(image, "/amd64") || !arm && strings.Contains(image, "/arm64")) {
		return []targettest.Problem{problem("instanceType", "%s cannot boot %s", kind, image)}
	}
	return nil
}

func (w *world) cardOutputs(o targettest.Object) targettest.Properties {
	address := w.addressOf(o.ID, valuesOf(o.Inputs))
	return targettest.Properties{
		"arn": text(arn("ec2", "network-interface/"+o.ID)), "ownerId": text(Account), "privateIp": text(address), "privateIps": texts(address),
		"macAddress": text("02:00:00:" + digest(o.ID)[:2] + ":" + digest(o.ID)[2:4] + ":" + digest(o.ID)[4:6]),
	}
}

func (w *world) instanceOutputs(o targettest.Object) targettest.Properties {
	in := valuesOf(o.Inputs)
	card := in.text("networkInterfaces[].networkInterfaceId")
	subnet := in.text("subnetId")
	if card != "" {
		subnet = valuesOf(w.inputsOf(card)).text("subnetId")
	}
	address := w.addressOf(card, in)
	return targettest.Properties{
		"arn": text(arn("ec2", "instance/"+o.ID)), "instanceState": text("running"), "primaryNetworkInterfaceId": text(card),
		"availabilityZone": text(valuesOf(w.inputsOf(subnet)).text("availabilityZone")), "privateIp": text(address),
		"privateDns": text("ip-" + strings.ReplaceAll(address, ".", "-") + "." + Region + ".compute.internal"), "publicIp": resource.NewProperty(""),
	}
}
