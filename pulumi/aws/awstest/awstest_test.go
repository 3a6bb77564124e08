package awstest_test

import (
	"encoding/base64"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// newCluster makes one of each and demands that none is refused.
func TestCloud_TakesEveryTypeOfACluster(t *testing.T) {
	c := newCluster(t)
	for _, kind := range c.cloud.Types() {
		if c.good[kind] == nil {
			t.Errorf("no %s was made", kind)
		}
	}
}

func TestCloud_TakesWhatIsNotKnownYet(t *testing.T) {
	c := newCluster(t)
	unknown := resource.MakeComputed(resource.NewProperty(""))
	for kind, in := range c.good {
		for key := range in {
			if problems := c.check(kind, c.broken(kind, inputs{key: unknown})); len(problems) > 0 {
				t.Errorf("%s with %s not known yet: %v", kind, key, problems)
			}
		}
	}
}

func TestCloud_RefusesInputsThatNoTypeHas(t *testing.T) {
	c := newCluster(t)
	for _, kind := range c.cloud.Types() {
		if problems := c.check(kind, c.broken(kind, inputs{"colour": "blue"})); problems["colour"] == "" {
			t.Errorf("%s takes a colour: %v", kind, problems)
		}
	}
}

func TestCloud_RefusesTagsThatAWSDoes(t *testing.T) {
	c := newCluster(t)
	for kind, in := range c.good {
		if _, tagged := in["tags"].(inputs); !tagged {
			continue
		}
		for key, value := range map[string]string{"aws:cluster": "blue", "Name": strings.Repeat("x", 257), "who": "5 > 3", strings.Repeat("k", 129): ""} {
			problems := c.check(kind, c.broken(kind, inputs{"tags": inputs{key: value}}))
			if problems["tags."+key] == "" {
				t.Errorf("%s takes the tag %q: %q: %v", kind, key, value, problems)
			}
		}
	}
}

// broken are inputs that AWS refuses, each by the property that is to blame
// and a part of the reason.
var broken = []struct {
	kind             string
	changes          inputs
	property, reason string
}{
	{awstest.Vpc, inputs{"cidrBlock": "10.240.0.0"}, "cidrBlock", "no range"},
	{awstest.Vpc, inputs{"cidrBlock": "10.240.0.1/16"}, "cidrBlock", "beyond"},
	{awstest.Vpc, inputs{"cidrBlock": "10.0.0.0/8"}, "cidrBlock", "/16"},
	{awstest.Vpc, inputs{"cidrBlock": nil}, "cidrBlock", "required"},
	{awstest.Vpc, inputs{"enableDnsSupport": false}, "enableDnsHostnames", "needs"},
	{awstest.Vpc, inputs{"enableDnsSupport": "yes"}, "enableDnsSupport", "boolean"},
	{awstest.Subnet, inputs{"cidrBlock": "10.241.0.0/24"}, "cidrBlock", "not inside"},
	{awstest.Subnet, inputs{"cidrBlock": "10.240.0.0/17"}, "cidrBlock", "overlaps"},
	{awstest.Subnet, inputs{"cidrBlock": "10.240.200.0/29"}, "cidrBlock", "/28"},
	{awstest.Subnet, inputs{"availabilityZone": "us-east-2"}, "availabilityZone", "letter"},
	{awstest.Subnet, inputs{"vpcId": "vpc-0123"}, "vpcId", "there is no"},
	{awstest.Eip, inputs{"domain": "classic"}, "domain", "none of"},
	{awstest.NatGateway, inputs{"allocationId": nil}, "allocationId", "address"},
	{awstest.NatGateway, inputs{"connectivityType": "open"}, "connectivityType", "none of"},
	{awstest.Route, inputs{"destinationCidrBlock": "anywhere"}, "destinationCidrBlock", "no range"},
	{awstest.Route, inputs{"natGatewayId": nil}, "gatewayId", "exactly one"},
	{awstest.Route, inputs{"natGatewayId": "nat-0123"}, "natGatewayId", "there is no"},
	{awstest.RouteTableAssociation, inputs{"gatewayId": "igw-1"}, "gatewayId", "exactly one"},
	{awstest.SecurityGroup, inputs{"name": "sg-nodes"}, "name", "Amazon's"},
	{awstest.SecurityGroup, inputs{"description": "the node's"}, "description", "letters"},
	{awstest.SecurityGroup, inputs{"description": nil}, "description", "required"},
	{awstest.SecurityGroupIngressRule, inputs{"fromPort": nil}, "fromPort", "port"},
	{awstest.SecurityGroupIngressRule, inputs{"fromPort": 10251}, "toPort", "below"},
	{awstest.SecurityGroupIngressRule, inputs{"toPort": 65536}, "toPort", "65535"},
	{awstest.SecurityGroupIngressRule, inputs{"cidrIpv4": "0.0.0.0/0"}, "referencedSecurityGroupId", "exactly one"},
	{awstest.SecurityGroupIngressRule, inputs{"ipProtocol": "sctp?"}, "ipProtocol", "protocol"},
	{awstest.SecurityGroupEgressRule, inputs{"fromPort": 443, "toPort": 443}, "fromPort", "no ports"},
	{awstest.SecurityGroupEgressRule, inputs{"cidrIpv4": "10.0.0.1/8"}, "cidrIpv4", "beyond"},
	{awstest.NetworkInterface, inputs{"privateIps": []any{"10.250.0.9"}}, "privateIps[0]", "not in"},
	{awstest.NetworkInterface, inputs{"privateIps": []any{"10.240.0.3"}}, "privateIps[0]", "keeps"},
	{awstest.NetworkInterface, inputs{"securityGroups": []any{"sg-0123"}}, "securityGroups[0]", "there is no"},
	{awstest.Instance, inputs{"launchTemplate": nil}, "ami", "no image"},
	{awstest.Instance, inputs{"ami": "resolve:ssm:/aws/service/debian"}, "ami", "launch templates"},
	{awstest.Instance, inputs{"instanceType": "m6i.huge"}, "instanceType", "none of"},
	{awstest.Instance, inputs{"instanceType": "m6g.large"}, "instanceType", "cannot boot"},
	{awstest.Instance, inputs{"userDataBase64": "no base64!"}, "userDataBase64", "base64"},
	{awstest.Instance, inputs{"userDataBase64": base64.StdEncoding.EncodeToString(make([]byte, 16385))}, "userDataBase64", "16384"},
	{awstest.Instance, inputs{"subnetId": "subnet-1"}, "subnetId", "interface"},
	{awstest.Volume, inputs{"size": 20000}, "size", "16384"},
	{awstest.Volume, inputs{"type": "gp4"}, "type", "none of"},
	{awstest.Volume, inputs{"type": "gp2", "iops": 3000}, "iops", "does not take"},
	{awstest.VolumeAttachment, inputs{"deviceName": "/dev/sda1"}, "deviceName", "sdf"},
	{awstest.VolumeAttachment, inputs{"volumeId": "vol-0123"}, "volumeId", "there is no"},
	{awstest.LaunchTemplate, inputs{"name": "a"}, "name", "3 to 128"},
	{awstest.LaunchTemplate, inputs{"imageId": "debian-13"}, "imageId", "resolve:ssm"},
	{awstest.LaunchTemplate, inputs{"instanceType": "c7g.large"}, "instanceType", "cannot boot"},
	{awstest.LaunchTemplate, inputs{"metadataOptions": inputs{"httpTokens": "always"}}, "metadataOptions.httpTokens", "none of"},
	{awstest.LaunchTemplate, inputs{"metadataOptions": inputs{"httpTokens": "required", "hops": 1}}, "metadataOptions.hops", "no such input"},
	{awstest.LaunchTemplate, inputs{"blockDeviceMappings": []any{inputs{"deviceName": "/dev/xvda", "ebs": inputs{"encrypted": "maybe"}}}}, "blockDeviceMappings[0].ebs.encrypted", "neither"},
	{awstest.LaunchTemplate, inputs{"blockDeviceMappings": []any{inputs{"deviceName": "/dev/xvda", "ebs": inputs{"volumeType": "st1", "volumeSize": 50}}}}, "blockDeviceMappings[0].ebs.volumeSize", "125"},
	{awstest.LaunchTemplate, inputs{"tagSpecifications": []any{inputs{"resourceType": "vpc"}}}, "tagSpecifications[0].resourceType", "template"},
	{awstest.LoadBalancer, inputs{"name": strings.Repeat("a", 33)}, "name", "32"},
	{awstest.LoadBalancer, inputs{"name": "internal-api"}, "name", "Amazon's"},
	{awstest.LoadBalancer, inputs{"loadBalancerType": "classic"}, "loadBalancerType", "none of"},
	{awstest.LoadBalancer, inputs{"subnets": nil}, "subnets", "exactly one"},
	{awstest.LoadBalancer, inputs{"subnets": nil, "subnetMappings": []any{inputs{"allocationId": "eipalloc-1"}}}, "subnetMappings[0].allocationId", "internal"},
	{awstest.TargetGroup, inputs{"port": 0}, "port", "fewer than 1"},
	{awstest.TargetGroup, inputs{"healthCheck": inputs{"protocol": "HTTPS", "path": "readyz"}}, "healthCheck.path", "slash"},
	{awstest.TargetGroup, inputs{"healthCheck": inputs{"protocol": "TCP", "path": "/"}}, "healthCheck.path", "no path"},
	{awstest.TargetGroup, inputs{"healthCheck": inputs{"interval": 4}}, "healthCheck.interval", "fewer than 5"},
	{awstest.TargetGroupAttachment, inputs{"targetId": "10.240.0.99"}, "targetId", "there is no"},
	{awstest.Listener, inputs{"protocol": "HTTPS"}, "protocol", "listens"},
	{awstest.Listener, inputs{"defaultActions": []any{inputs{"type": "forward", "targetGroupArn": "arn:x"}}}, "defaultActions[0].targetGroupArn", "there is no"},
	{awstest.Group, inputs{"desiredCapacity": 4}, "desiredCapacity", "between"},
	{awstest.Group, inputs{"maxSize": 1}, "maxSize", "below"},
	{awstest.Group, inputs{"name": "blue:workers"}, "name", "colon"},
	{awstest.Group, inputs{"suspendedProcesses": []any{"Rebalance"}}, "suspendedProcesses[0]", "no such process"},
	{awstest.Group, inputs{"instanceRefresh": inputs{"strategy": "Canary"}}, "instanceRefresh.strategy", "none of"},
	{awstest.Group, inputs{"instanceRefresh": inputs{"strategy": "Rolling", "preferences": inputs{"maxHealthyPercentage": 110}}}, "instanceRefresh.preferences.maxHealthyPercentage", "minHealthyPercentage"},
	{awstest.Group, inputs{"launchTemplate": inputs{"id": "lt-0123"}}, "launchTemplate.id", "there is no"},
	{awstest.Role, inputs{"name": strings.Repeat("r", 65)}, "name", "64"},
	{awstest.Role, inputs{"path": "kubernetes"}, "path", "does not match"},
	{awstest.Role, inputs{"assumeRolePolicy": "{"}, "assumeRolePolicy", "no policy"},
	{awstest.RolePolicy, inputs{"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*"}]}`}, "policy", "no resource"},
	{awstest.RolePolicy, inputs{"policy": `{"Version":"2008-01-01","Statement":[]}`}, "policy", "2012-10-17"},
	{awstest.RolePolicy, inputs{"role": "nobody"}, "role", "there is no"},
	{awstest.InstanceProfile, inputs{"role": "nobody"}, "role", "there is no"},
	{awstest.Secret, inputs{"name": "bundle of workers"}, "name", "letters"},
	{awstest.Secret, inputs{"name": "workers-bundle"}, "name", "suffix"},
	{awstest.Secret, inputs{"recoveryWindowInDays": 3}, "recoveryWindowInDays", "7 to 30"},
	{awstest.SecretVersion, inputs{"secretString": strings.Repeat("x", 65537)}, "secretString", "65536"},
	{awstest.SecretVersion, inputs{"secretString": nil}, "secretString", "exactly one"},
}

func TestCloud_RefusesWhatAWSWouldByItsProperty(t *testing.T) {
	c := newCluster(t)
	for _, b := range broken {
		problems := c.check(b.kind, c.broken(b.kind, b.changes))
		if !strings.Contains(problems[b.property], b.reason) {
			t.Errorf("%s with %v: %v; want %q of %q", b.kind, b.changes, problems, b.reason, b.property)
		}
	}
}

func TestCloud_RefusesADiskInAnotherZone(t *testing.T) {
	c := newCluster(t)
	far := c.make(awstest.Volume, "far", c.broken(awstest.Volume, inputs{"availabilityZone": "us-east-2b"}))
	if problems := c.check(awstest.VolumeAttachment, c.broken(awstest.VolumeAttachment, inputs{"volumeId": far.ID})); problems["volumeId"] == "" {
		t.Errorf("a disk in another zone was attached: %v", problems)
	}
}

func TestOutputs_AreTheSameEachTimeAndNotShared(t *testing.T) {
	one, other := newCluster(t), newCluster(t)
	ids, addresses := map[string]string{}, map[string]bool{}
	for _, object := range one.cloud.Objects() {
		if twin := other.cloud.Find(object.Type, object.Name); twin == nil || !twin.Outputs.DeepEquals(object.Outputs) {
			t.Errorf("%s %q is another thing each time", object.Type, object.Name)
		}
		if was, twice := ids[object.Type+object.ID]; twice {
			t.Errorf("%s and %s %q have one id, %s", was, object.Type, object.Name, object.ID)
		}
		ids[object.Type+object.ID] = object.Name
	}
	for _, name := range []string{"second", "third"} {
		card := one.make(awstest.NetworkInterface, name, one.good[awstest.NetworkInterface])
		if address := output(card, "privateIp"); addresses[address] || !strings.HasPrefix(address, "10.240.0.") {
			t.Errorf("%q has the address %q", name, address)
		} else {
			addresses[address] = true
		}
	}
}
