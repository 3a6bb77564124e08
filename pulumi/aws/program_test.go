package aws

import (
	"encoding/base64"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/store"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// three control planes and three pools of different kinds.
func three(spec, _ object) {
	spec["controlPlane"] = object{"count": 3}
	spec["pools"] = []object{
		{"name": "workers", "count": 2},
		{"name": "elastic", "count": 1, "min": 0, "max": 9, "spot": true},
		{"name": "arm", "count": 0, "machine": object{"arch": "arm64", "zones": []string{"us-east-2b"}}},
	}
}

func TestProgram_DeclaresNoMoreForMoreWorkers(t *testing.T) {
	sized := func(count int) []string {
		made := declare(t, inputs(t, written(func(spec, _ object) {
			spec["network"] = object{"nodeCIDR": "172.20.0.0/16", "podCIDR": "10.0.0.0/11", "serviceCIDR": "10.96.0.0/16"}
			spec["pools"] = []object{{"name": "workers", "count": count}}
		})))
		var names []string
		for name := range made {
			names = append(names, name)
		}
		slices.Sort(names)
		return names
	}
	if diff := cmp.Diff(sized(5), sized(5000)); diff != "" {
		t.Error(diff)
	}
}

func TestProgram_SpreadsControlPlanesOverZones(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	for n, zone := range []string{"us-east-2a", "us-east-2b", "us-east-2c"} {
		name := target.ControlPlaneName("demo", n+1)
		if got := text(made.of("NetworkInterface")[name], "subnetId"); got != "demo-private-"+zone+"-id" {
			t.Errorf("%s is in %q", name, got)
		}
		disk := target.EtcdDiskName("demo", n+1)
		if got := text(made.of("Volume")[disk], "availabilityZone"); got != zone {
			t.Errorf("%s is in %q", disk, got)
		}
	}
}

func TestProgram_GivesControlPlanesWhatStays(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	for n := 1; n <= 3; n++ {
		name, disk := target.ControlPlaneName("demo", n), target.EtcdDiskName("demo", n)
		instance := made.of("Instance")[name]
		if got := text(instance, "networkInterfaces", 0, "networkInterfaceId"); got != name+"-id" {
			t.Errorf("%s has interface %q", name, got)
		}
		if plain(instance, "userDataReplaceOnChange") != true || text(instance, "launchTemplate", "version") != "3" {
			t.Errorf("%s is not made anew when its first boot changes: %v", name, instance)
		}
		link := made.of("VolumeAttachment")[name+"-attachment"]
		if text(link, "volumeId") != disk+"-id" || text(link, "instanceId") != name+"-id" || plain(link, "stopInstanceBeforeDetaching") != true {
			t.Errorf("%s: %v", disk, link)
		}
		bundle := text(made.of("SecretVersion")["demo-control-plane"], "secretString")
		if want := "/dev/disk/by-id/nvme-Amazon_Elastic_Block_Store_" + strings.ReplaceAll(disk+"-id", "-", ""); !strings.Contains(bundle, want) {
			t.Errorf("the bundle lacks %s", want)
		}
		for _, purpose := range []string{"api", "node-api"} {
			if made.of("TargetGroupAttachment")[name+"-"+purpose] == nil {
				t.Errorf("%s is not behind %s", name, purpose)
			}
		}
	}
}

func TestProgram_MakesNodesUseTheInternalEndpoint(t *testing.T) {
	made := declare(t, inputs(t, written()))
	for _, who := range []string{"control-plane", "workers"} {
		bundle := text(made.of("SecretVersion")["demo-"+who], "secretString")
		if !strings.Contains(bundle, `"endpoint": "demo-node-api.elb.example.com:6443"`) || !strings.Contains(bundle, `"cloud": "aws"`) {
			t.Errorf("%s is told\n%s", who, bundle)
		}
	}
	// The certificate has every name that users can have.
	bundle := text(made.of("SecretVersion")["demo-control-plane"], "secretString")
	if !strings.Contains(bundle, "demo-api.elb.example.com") || !strings.Contains(bundle, "203.0.113.7") {
		t.Errorf("users' names are missing in\n%s", bundle)
	}
}

func TestProgram_ChecksThatTheAPIIsReady(t *testing.T) {
	made := declare(t, inputs(t, written()))
	keeps := map[string]string{"demo-api": "true", "demo-node-api": "false"}
	for name, group := range made.of("TargetGroup") {
		if text(group, "healthCheck", "protocol") != "HTTPS" || text(group, "healthCheck", "path") != "/readyz" || text(group, "healthCheck", "port") != "6443" {
			t.Errorf("%s checks %v", name, plain(group, "healthCheck"))
		}
		if text(group, "preserveClientIp") != keeps[name] {
			t.Errorf("%s keeps callers' addresses: %q", name, text(group, "preserveClientIp"))
		}
	}
	if got := made.names("TargetGroup"); len(got) != 2 {
		t.Errorf("got %v", got)
	}
}

func TestProgram_MakesNothingPublicOfAPrivateEndpoint(t *testing.T) {
	made := declare(t, inputs(t, written(func(_, block object) {
		block["access"] = object{"privateEndpoint": true}
	})))
	if got := made.names("LoadBalancer"); !slices.Equal(got, []string{"demo-node-api"}) {
		t.Errorf("got %v", got)
	}
	if plain(made.of("LoadBalancer")["demo-node-api"], "internal") != true {
		t.Error("the load balancer is not internal")
	}
	for _, address := range made.names("Eip") {
		if !strings.Contains(address, "nat") {
			t.Errorf("%s is public", address)
		}
	}
}

func TestProgram_MakesNoNetworkWhereOneIsGiven(t *testing.T) {
	made := declare(t, inputs(t, written(existing)))
	for _, kind := range []string{"Vpc", "Subnet", "InternetGateway", "NatGateway", "RouteTable", "Route", "RouteTableAssociation"} {
		if got := made.names(kind); len(got) > 0 {
			t.Errorf("it makes %v", got)
		}
	}
	if got := text(made.of("SecurityGroup")["demo-worker"], "vpcId"); got != "vpc-0123456789abcdef0" {
		t.Errorf("the group is in %q", got)
	}
	if got := text(made.of("LoadBalancer")["demo-api"], "subnetMappings", 0, "subnetId"); got != "subnet-0123456789abcde10" {
		t.Errorf("the load balancer is in %q", got)
	}
	if got := plain(made.of("Group")["demo-workers"], "vpcZoneIdentifiers"); !cmp.Equal(got, []any{"subnet-0123456789abcde00", "subnet-0123456789abcde01"}) {
		t.Errorf("the pool is in %v", got)
	}
}

// existing is a network of two zones, one of which has a public subnet.
func existing(_, block object) {
	block["existing"] = object{
		"network":       "vpc-0123456789abcdef0",
		"subnets":       object{"us-east-2a": "subnet-0123456789abcde00", "us-east-2b": "subnet-0123456789abcde01"},
		"publicSubnets": object{"us-east-2a": "subnet-0123456789abcde10"},
	}
}

func TestProgram_MakesANATGatewayInEachZoneWhereAsked(t *testing.T) {
	for perZone, want := range map[bool]int{false: 1, true: 3} {
		made := declare(t, inputs(t, written(func(_, block object) { block["natPerZone"] = perZone })))
		if got := made.names("NatGateway"); len(got) != want {
			t.Errorf("got %v", got)
		}
		gateways := map[string]bool{}
		for name, route := range made.of("Route") {
			if strings.Contains(name, "private") {
				gateways[text(route, "natGatewayId")] = true
			}
		}
		if len(gateways) != want {
			t.Errorf("private subnets go out by %v", gateways)
		}
	}
}

func TestProgram_ReplacesNodesOneByOne(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	for name, group := range made.of("Group") {
		refresh := plain(group, "instanceRefresh", "preferences")
		if !cmp.Equal(refresh, map[string]any{"minHealthyPercentage": 100.0, "maxHealthyPercentage": 100.0, "instanceWarmup": "300"}) {
			t.Errorf("%s: %v", name, refresh)
		}
		if text(group, "launchTemplate", "version") != "3" {
			t.Errorf("%s would not notice a new template", name)
		}
	}
}

func TestProgram_BoundsPools(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	for name, want := range map[string]string{
		// One more than there are, for a replacement begins with it.
		"demo-workers": "2 2 3",
		"demo-elastic": "0 1 9",
		"demo-arm":     "0 0 1",
	} {
		group := made.of("Group")[name]
		if got := fmt.Sprint(plain(group, "minSize"), plain(group, "desiredCapacity"), plain(group, "maxSize")); got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
}

func TestProgram_MakesMachinesAsTheConfigSays(t *testing.T) {
	made := declare(t, inputs(t, written(three, func(spec, _ object) {
		spec["pools"].([]object)[0]["machine"] = object{"type": "c7a.xlarge", "diskGB": 100}
	})))
	templates := made.of("LaunchTemplate")
	for name, want := range map[string]string{
		"demo-workers":       "c7a.xlarge resolve:ssm:/aws/service/debian/release/13/latest/amd64 94 <nil>",
		"demo-elastic":       "m6i.large resolve:ssm:/aws/service/debian/release/13/latest/amd64 47 spot",
		"demo-arm":           "m6g.large resolve:ssm:/aws/service/debian/release/13/latest/arm64 47 <nil>",
		"demo-control-plane": "<nil> resolve:ssm:/aws/service/debian/release/13/latest/amd64 47 <nil>",
	} {
		of := templates[name]
		got := fmt.Sprint(plain(of, "instanceType"), " ", plain(of, "imageId"), " ",
			plain(of, "blockDeviceMappings", 0, "ebs", "volumeSize"), " ", plain(of, "instanceMarketOptions", "marketType"))
		if got != want {
			t.Errorf("%s: got %s, want %s", name, got, want)
		}
	}
	if got := plain(made.of("Group")["demo-arm"], "vpcZoneIdentifiers"); !cmp.Equal(got, []any{"demo-private-us-east-2b-id"}) {
		t.Errorf("the pool is in %v", got)
	}
}

func TestProgram_BootsEachSystemInItsOwnWay(t *testing.T) {
	for os, want := range map[string]struct{ begins, device, image string }{
		"debian-13":    {"#cloud-config\n", "/dev/xvda", "resolve:ssm:/aws/service/debian/release/13/latest/amd64"},
		"ubuntu-24.04": {"#cloud-config\n", "/dev/sda1", "resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/amd64/hvm/ebs-gp3/ami-id"},
		"flatcar":      {"{\n  \"ignition\":", "/dev/xvda", "ami-0123456789abcdef0"},
	} {
		made := declare(t, inputs(t, written(func(_, block object) {
			block["os"] = os
			if os == "flatcar" {
				block["image"] = "ami-0123456789abcdef0"
			}
		})))
		template := made.of("LaunchTemplate")["demo-workers"]
		data, err := base64.StdEncoding.DecodeString(text(template, "userData"))
		if err != nil || !strings.HasPrefix(string(data), want.begins) {
			t.Errorf("%s boots by %.80q, %v", os, data, err)
		}
		if got := text(template, "blockDeviceMappings", 0, "deviceName"); got != want.device {
			t.Errorf("%s has its disk at %q", os, got)
		}
		if got := text(template, "imageId"); got != want.image {
			t.Errorf("%s starts from %q", os, got)
		}
	}
}

func TestProgram_LeavesTheNamesThatTheGuardKnowsToWhatTheyName(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	for n := 1; n <= 3; n++ {
		for key := range made {
			kind, name, _ := strings.Cut(key, " ")
			if name == target.EtcdDiskName("demo", n) && kind != "Volume" {
				t.Errorf("a %s would be taken for etcd's disk", kind)
			}
		}
	}
}

func TestProgram_NamesBundlesAsHostsReadThem(t *testing.T) {
	made := declare(t, inputs(t, written()))
	for name, inputs := range map[string]string{
		"control-plane": text(made.of("Instance")["demo-control-plane-1"], "userDataBase64"),
		"workers":       text(made.of("LaunchTemplate")["demo-workers"], "userData"),
	} {
		data, err := base64.StdEncoding.DecodeString(inputs)
		if err != nil {
			t.Fatal(err)
		}
		_, after, _ := strings.Cut(string(data), "BUNDLE='")
		url, _, found := strings.Cut(after, "'")
		if want := "awssecretsmanager://kubernetes-anywhere/demo/" + name + "/bundle?region=us-east-2"; !found || url != want {
			t.Errorf("%s reads %q", name, url)
		}
		if _, err := (store.Stores{}).Open(url); err != nil {
			t.Errorf("%s: %v", url, err)
		}
	}
}
