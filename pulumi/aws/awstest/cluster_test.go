package awstest_test

import (
	"encoding/base64"
	"maps"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// inputs are those of one resource, as plain values.
type inputs = map[string]any

// cluster is a cloud that holds one of everything, and what each was made of.
type cluster struct {
	t        *testing.T
	cloud    *targettest.Cloud
	provider pulumirpc.ResourceProviderServer
	good     map[string]inputs
}

func newCluster(t *testing.T) *cluster {
	t.Helper()
	c := &cluster{t: t, cloud: awstest.New(), good: map[string]inputs{}}
	var err error
	if c.provider, err = c.cloud.Provider(); err != nil {
		t.Fatal(err)
	}
	c.network()
	c.rest()
	return c
}

// check asks what is wrong with inputs, as the engine does.
func (c *cluster) check(kind string, in inputs) map[string]string {
	c.t.Helper()
	news, err := plugin.MarshalProperties(resource.NewPropertyMapFromMap(in), plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
	if err != nil {
		c.t.Fatal(err)
	}
	answer, err := c.provider.Check(c.t.Context(), &pulumirpc.CheckRequest{Urn: "urn:pulumi:blue::kubernetes-anywhere::" + kind + "::it", News: news})
	if err != nil {
		c.t.Fatal(err)
	}
	problems := map[string]string{}
	for _, failure := range answer.GetFailures() {
		problems[failure.GetProperty()] += failure.GetReason()
	}
	return problems
}

// make demands that inputs are right, and makes the object.
func (c *cluster) make(kind, name string, in inputs) targettest.Object {
	c.t.Helper()
	if problems := c.check(kind, in); len(problems) > 0 {
		c.t.Fatalf("%s %q is right, and was refused: %v", kind, name, problems)
	}
	object, err := c.cloud.Have(kind, name, resource.NewPropertyMapFromMap(in))
	if err != nil {
		c.t.Fatal(err)
	}
	if _, known := c.good[kind]; !known {
		c.good[kind] = in
	}
	return object
}

// broken are good inputs with some changed; nil takes one away.
func (c *cluster) broken(kind string, changes inputs) inputs {
	in := maps.Clone(c.good[kind])
	for key, value := range changes {
		in[key] = value
		if value == nil {
			delete(in, key)
		}
	}
	return in
}

func output(object targettest.Object, key string) string {
	return object.Outputs[resource.PropertyKey(key)].StringValue()
}

func labels() inputs {
	return inputs{"Name": "blue", "kubernetes-anywhere.cluster": "blue"}
}

// network makes what everything else stands in.
func (c *cluster) network() {
	c.t.Helper()
	vpc := c.make(awstest.Vpc, "blue", inputs{"cidrBlock": "10.240.0.0/16", "enableDnsSupport": true, "enableDnsHostnames": true, "tags": labels()})
	igw := c.make(awstest.InternetGateway, "blue", inputs{"vpcId": vpc.ID, "tags": labels()})
	private := c.make(awstest.Subnet, "private-a", inputs{"vpcId": vpc.ID, "cidrBlock": "10.240.0.0/18", "availabilityZone": "us-east-2a", "mapPublicIpOnLaunch": false, "tags": labels()})
	c.make(awstest.Subnet, "private-b", inputs{"vpcId": vpc.ID, "cidrBlock": "10.240.64.0/18", "availabilityZone": "us-east-2b", "tags": labels()})
	public := c.make(awstest.Subnet, "public-a", inputs{"vpcId": vpc.ID, "cidrBlock": "10.240.255.240/28", "availabilityZone": "us-east-2a", "tags": labels()})
	eip := c.make(awstest.Eip, "nat", inputs{"domain": "vpc", "tags": labels()})
	nat := c.make(awstest.NatGateway, "nat", inputs{"subnetId": public.ID, "allocationId": output(eip, "allocationId"), "tags": labels()})
	table := c.make(awstest.RouteTable, "private", inputs{"vpcId": vpc.ID, "tags": labels()})
	c.make(awstest.Route, "private", inputs{"routeTableId": table.ID, "destinationCidrBlock": "0.0.0.0/0", "natGatewayId": nat.ID})
	c.make(awstest.RouteTableAssociation, "private", inputs{"routeTableId": table.ID, "subnetId": private.ID})
	group := c.make(awstest.SecurityGroup, "nodes", inputs{"name": "kubernetes-anywhere/blue/nodes", "description": "kubernetes-anywhere: nodes", "vpcId": vpc.ID, "tags": labels()})
	c.make(awstest.SecurityGroupIngressRule, "kubelet", inputs{"securityGroupId": group.ID, "ipProtocol": "tcp", "fromPort": 10250, "toPort": 10250, "referencedSecurityGroupId": group.ID, "description": "the kubelet", "tags": labels()})
	c.make(awstest.SecurityGroupEgressRule, "out", inputs{"securityGroupId": group.ID, "ipProtocol": "-1", "cidrIpv4": "0.0.0.0/0", "tags": labels()})
	c.balancer(vpc, private)
	_ = igw
}

func (c *cluster) balancer(vpc, private targettest.Object) {
	c.t.Helper()
	group := c.make(awstest.TargetGroup, "api", inputs{
		"name": "api-blue", "vpcId": vpc.ID, "targetType": "ip", "protocol": "TCP", "port": 6443, "preserveClientIp": "false", "deregistrationDelay": 30,
		"healthCheck": inputs{"protocol": "HTTPS", "path": "/readyz", "port": "6443", "matcher": "200", "interval": 10, "healthyThreshold": 2, "unhealthyThreshold": 2},
		"tags":        labels(),
	})
	balancer := c.make(awstest.LoadBalancer, "api", inputs{"name": "api-blue", "internal": true, "loadBalancerType": "network", "subnets": []any{private.ID}, "tags": labels()})
	c.make(awstest.Listener, "api", inputs{
		"loadBalancerArn": output(balancer, "arn"), "port": 6443, "protocol": "TCP",
		"defaultActions": []any{inputs{"type": "forward", "targetGroupArn": output(group, "arn")}}, "tags": labels(),
	})
	card := c.make(awstest.NetworkInterface, "blue-control-plane-1", inputs{"subnetId": private.ID, "description": "the address", "tags": labels()})
	c.make(awstest.TargetGroupAttachment, "api", inputs{"targetGroupArn": output(group, "arn"), "targetId": output(card, "privateIp"), "port": 6443})
}

// rest makes machines, and what they are and may.
func (c *cluster) rest() {
	c.t.Helper()
	role := c.make(awstest.Role, "worker", inputs{
		"name": "blue-us-east-2-worker", "path": "/kubernetes-anywhere/", "tags": labels(),
		"assumeRolePolicy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole"]}]}`,
	})
	secret := c.make(awstest.Secret, "workers", inputs{"name": "kubernetes-anywhere/blue/workers/bundle", "recoveryWindowInDays": 0, "tags": labels()})
	c.make(awstest.SecretVersion, "workers", inputs{"secretId": secret.ID, "secretString": "the bundle"})
	c.make(awstest.RolePolicy, "worker", inputs{
		"name": "read-bundle", "role": output(role, "name"),
		"policy": `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["secretsmanager:GetSecretValue"],"Resource":["` + output(secret, "arn") + `"]}]}`,
	})
	profile := c.make(awstest.InstanceProfile, "worker", inputs{"name": "blue-us-east-2-worker", "role": output(role, "name"), "tags": labels()})
	template := c.make(awstest.LaunchTemplate, "blue-workers", inputs{
		"name": "blue-workers", "imageId": "resolve:ssm:/aws/service/debian/release/13/latest/amd64", "instanceType": "m6i.large",
		"iamInstanceProfile": inputs{"arn": output(profile, "arn")}, "userData": base64.StdEncoding.EncodeToString([]byte("#cloud-config\n")),
		"blockDeviceMappings": []any{inputs{"deviceName": "/dev/xvda", "ebs": inputs{"encrypted": "true", "volumeSize": 47, "volumeType": "gp3", "deleteOnTermination": "true"}}},
		"metadataOptions":     inputs{"httpEndpoint": "enabled", "httpTokens": "required", "httpPutResponseHopLimit": 1},
		"networkInterfaces":   []any{inputs{"deviceIndex": 0, "associatePublicIpAddress": "false", "deleteOnTermination": "true"}},
		"tagSpecifications":   []any{inputs{"resourceType": "volume", "tags": labels()}}, "tags": labels(),
	})
	card := c.cloud.Find(awstest.NetworkInterface, "blue-control-plane-1")
	instance := c.make(awstest.Instance, "blue-control-plane-1", inputs{
		"launchTemplate": inputs{"id": template.ID, "version": "1"}, "instanceType": "m6i.large", "userDataReplaceOnChange": true,
		"networkInterfaces": []any{inputs{"deviceIndex": 0, "networkInterfaceId": card.ID}}, "userDataBase64": base64.StdEncoding.EncodeToString([]byte("#cloud-config\n")), "tags": labels(),
	})
	disk := c.make(awstest.Volume, "blue-control-plane-1-etcd", inputs{"availabilityZone": "us-east-2a", "size": 19, "type": "gp3", "encrypted": true, "tags": labels()})
	c.make(awstest.VolumeAttachment, "blue-control-plane-1-etcd", inputs{"instanceId": instance.ID, "volumeId": disk.ID, "deviceName": "/dev/sdf", "stopInstanceBeforeDetaching": true})
	subnet := c.cloud.Find(awstest.Subnet, "private-a")
	c.make(awstest.Group, "blue-workers", inputs{
		"name": "blue-workers", "minSize": 2, "maxSize": 3, "desiredCapacity": 2, "vpcZoneIdentifiers": []any{subnet.ID}, "healthCheckType": "EC2",
		"launchTemplate":     inputs{"id": template.ID, "version": "1"},
		"instanceRefresh":    inputs{"strategy": "Rolling", "preferences": inputs{"minHealthyPercentage": 100, "maxHealthyPercentage": 100, "instanceWarmup": "300"}},
		"suspendedProcesses": []any{"AZRebalance"}, "waitForCapacityTimeout": "0",
		"tags": []any{inputs{"key": "Name", "value": "blue", "propagateAtLaunch": true}},
	})
}
