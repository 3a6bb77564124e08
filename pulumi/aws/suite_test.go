package aws_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest/suite"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestLife_OfClusters(t *testing.T) {
	const region = "us-east-2"
	network, prepare := standing(t)
	suite.Run(t, suite.Words{
		Target: aws.New(), Provider: "aws", Cloud: awstest.New,
		Block: map[string]any{"region": region}, Zones: []string{region + "a", region + "b", region + "c"},
		Existing: map[string]any{"existing": network},
		Prepare:  func(t *testing.T, cloud *targettest.Cloud) { _ = prepare(t, cloud) },

		OtherType: "m6i.xlarge", MostNodes: 5000,
		Labels: labels, Unlabelled: unlabelled(), Open: open, Encrypted: encrypted, Public: public,
		UserData: userData, MostUserData: 16384,
		Secret: awstest.SecretVersion, Disk: awstest.Volume, Machine: awstest.Instance, Group: awstest.Group,
		Update: *update,
	})
}

// standing is a network that is there already, as the block names it, and what
// puts it into a cloud.
func standing(t *testing.T) (block map[string]any, prepare func(*testing.T, *targettest.Cloud) map[string]any) {
	prepare = func(t *testing.T, cloud *targettest.Cloud) map[string]any {
		t.Helper()
		have := func(kind, name string, in map[string]any) string {
			object, err := cloud.Have(kind, "existing-"+name, resource.NewPropertyMapFromMap(in))
			if err != nil {
				t.Fatal(err)
			}
			return object.ID
		}
		vpc := have(awstest.Vpc, "network", map[string]any{"cidrBlock": "10.240.0.0/24"})
		private, public := map[string]any{}, map[string]any{}
		for i, zone := range []string{"us-east-2a", "us-east-2b", "us-east-2c"} {
			private[zone] = have(awstest.Subnet, "private-"+zone, map[string]any{
				"vpcId": vpc, "availabilityZone": zone, "cidrBlock": fmt.Sprintf("10.240.0.%d/26", 64*i),
			})
			public[zone] = have(awstest.Subnet, "public-"+zone, map[string]any{
				"vpcId": vpc, "availabilityZone": zone, "cidrBlock": fmt.Sprintf("10.240.0.%d/28", 192+16*i),
			})
		}
		// Subnets with public addresses are in no network without a door.
		have(awstest.InternetGateway, "door", map[string]any{"vpcId": vpc})
		return map[string]any{"network": vpc, "subnets": private, "publicSubnets": public}
	}
	// Ids are the same in each such cloud.
	return prepare(t, awstest.New()), prepare
}

// unlabelled are the types that AWS cannot tag.
func unlabelled() map[string]string {
	return map[string]string{
		awstest.Route:                 "a line of its table",
		awstest.RouteTableAssociation: "a link between two that are tagged",
		awstest.TargetGroupAttachment: "a link between two that are tagged",
		awstest.VolumeAttachment:      "a link between two that are tagged",
		awstest.RolePolicy:            "a part of its role",
		awstest.SecretVersion:         "a part of its secret",
	}
}

// labels are an object's tags; those of a scaling group are a list.
func labels(o targettest.Object) map[string]string {
	out := map[string]string{}
	switch tags := o.Inputs["tags"]; {
	case tags.IsObject():
		for key, value := range tags.ObjectValue() {
			out[string(key)] = value.StringValue()
		}
	case tags.IsArray():
		for _, tag := range tags.ArrayValue() {
			out[tag.ObjectValue()["key"].StringValue()] = tag.ObjectValue()["value"].StringValue()
		}
	}
	return out
}

// open are the ports of a rule that admits every address.
func open(o targettest.Object) []string {
	if cidr := o.Inputs["cidrIpv4"]; o.Type != awstest.SecurityGroupIngressRule || !cidr.IsString() || cidr.StringValue() != "0.0.0.0/0" {
		return nil
	}
	return []string{fmt.Sprintf("%s/%v", o.Inputs["ipProtocol"].StringValue(), o.Inputs["fromPort"].NumberValue())}
}

// encrypted tells of volumes, and of the disks in launch templates.
func encrypted(o targettest.Object) (bool, bool) {
	switch o.Type {
	case awstest.Volume:
		is := o.Inputs["encrypted"]
		return is.IsBool() && is.BoolValue(), true
	case awstest.LaunchTemplate:
		for _, disk := range o.Inputs["blockDeviceMappings"].ArrayValue() {
			is := disk.ObjectValue()["ebs"].ObjectValue()["encrypted"]
			if !is.IsString() || is.StringValue() != "true" {
				return false, true
			}
		}
		return true, true
	}
	return false, false
}

// public tells of machines, and of what machines are made from.
func public(o targettest.Object) bool {
	switch o.Type {
	case awstest.Instance:
		return !o.Inputs["networkInterfaces"].IsArray()
	case awstest.LaunchTemplate:
		if cards := o.Inputs["networkInterfaces"]; cards.IsArray() {
			return cards.ArrayValue()[0].ObjectValue()["associatePublicIpAddress"].StringValue() != "false"
		}
		return labels(o)[target.RoleLabel] != "control-plane"
	}
	return false
}

// userData is that of a machine, or of a template, decoded.
func userData(o targettest.Object) string {
	key := map[string]resource.PropertyKey{awstest.Instance: "userDataBase64", awstest.LaunchTemplate: "userData"}[o.Type]
	if data := o.Inputs[key]; key != "" && data.IsString() {
		plain, err := base64.StdEncoding.DecodeString(data.StringValue())
		if err != nil {
			return data.StringValue()
		}
		return string(plain)
	}
	return ""
}
