package emulator_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/emulator"
)

// aws is an emulator and the client of a test.
type aws struct {
	*emulator.Emulator
	t *testing.T
}

func open(t *testing.T) *aws {
	t.Helper()
	e, err := emulator.New()
	if err != nil {
		t.Fatal(err)
	}
	return &aws{e, t}
}

// ec2 calls an operation with pairs of names and values.
func (a *aws) ec2(operation string, pairs ...string) (status int, answer string) {
	return a.form("2016-11-15", operation, pairs...)
}

func (a *aws) form(version, operation string, pairs ...string) (status int, answer string) {
	a.t.Helper()
	form := url.Values{"Action": {operation}, "Version": {version}}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	recorder := httptest.NewRecorder()
	a.ServeHTTP(recorder, httptest.NewRequest(http.MethodPost, "/", strings.NewReader(form.Encode())))
	text, err := io.ReadAll(recorder.Result().Body)
	if err != nil {
		a.t.Fatal(err)
	}
	return recorder.Code, string(text)
}

// id is what an answer calls what was made.
func (a *aws) id(element, answer string) string {
	a.t.Helper()
	found := regexp.MustCompile("<" + element + ">([^<]+)<").FindStringSubmatch(answer)
	if found == nil {
		a.t.Fatalf("no %s in %s", element, answer)
	}
	return found[1]
}

func (a *aws) made(element, operation string, pairs ...string) string {
	a.t.Helper()
	status, answer := a.ec2(operation, pairs...)
	if status != http.StatusOK {
		a.t.Fatalf("%s: %d %s", operation, status, answer)
	}
	return a.id(element, answer)
}

func (a *aws) refused(code, operation string, pairs ...string) {
	a.t.Helper()
	if status, answer := a.ec2(operation, pairs...); status != http.StatusBadRequest || !strings.Contains(answer, "<Code>"+code+"</Code>") {
		a.t.Errorf("%s %v: %d %s; want %s", operation, pairs, status, answer, code)
	}
}

func TestEmulator_KeepsWhatIsInUse(t *testing.T) {
	a := open(t)
	vpc := a.made("vpcId", "CreateVpc", "CidrBlock", "10.0.0.0/16")
	subnet := a.made("subnetId", "CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.0.0/24", "AvailabilityZone", "us-east-2a")
	a.refused("DependencyViolation", "DeleteVpc", "VpcId", vpc)
	card := a.made("networkInterfaceId", "CreateNetworkInterface", "SubnetId", subnet)
	a.refused("DependencyViolation", "DeleteSubnet", "SubnetId", subnet)
	for _, step := range [][]string{{"DeleteNetworkInterface", "NetworkInterfaceId", card}, {"DeleteSubnet", "SubnetId", subnet}, {"DeleteVpc", "VpcId", vpc}} {
		if status, answer := a.ec2(step[0], step[1:]...); status != http.StatusOK {
			t.Errorf("%v: %s", step, answer)
		}
	}
	if left := a.Left(); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
}

func TestEmulator_RefusesTheImpossible(t *testing.T) {
	a := open(t)
	vpc := a.made("vpcId", "CreateVpc", "CidrBlock", "10.0.0.0/16")
	a.made("subnetId", "CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.0.0/24")
	a.made("groupId", "CreateSecurityGroup", "VpcId", vpc, "GroupName", "nodes", "GroupDescription", "nodes")
	a.refused("InvalidSubnet.Range", "CreateSubnet", "VpcId", vpc, "CidrBlock", "10.1.0.0/24")
	a.refused("InvalidSubnet.Conflict", "CreateSubnet", "VpcId", vpc, "CidrBlock", "10.0.0.128/25")
	a.refused("InvalidVpcID.NotFound", "CreateSubnet", "VpcId", "vpc-1", "CidrBlock", "10.0.0.0/24")
	a.refused("InvalidGroup.Duplicate", "CreateSecurityGroup", "VpcId", vpc, "GroupName", "nodes", "GroupDescription", "nodes")
	a.refused("InvalidAllocationID.NotFound", "ReleaseAddress", "AllocationId", "eipalloc-1")
	a.refused("ValidationError", "CreateSubnet", "CidrBlock", "10.0.3.0/24")
	a.refused("ValidationError", "CreateVpc", "CidrBlock", "10.0.0.0/16", "InstanceTenancy", "shared")
	a.refused("UnknownParameter", "CreateVpc", "CIDR", "10.0.0.0/16")
	a.refused("InvalidParameterValue", "DescribeVpcs", "Filter.1.Name", "colour", "Filter.1.Value.1", "blue")
	if counts := a.Objects(); counts["vpc"] != 1 || counts["subnet"] != 1 {
		t.Errorf("what was refused was made: %v", counts)
	}
}

func TestEmulator_MakesNothingTwiceForOneToken(t *testing.T) {
	a := open(t)
	one := a.made("volumeId", "CreateVolume", "AvailabilityZone", "us-east-2a", "Size", "20", "ClientToken", "one")
	if again := a.made("volumeId", "CreateVolume", "AvailabilityZone", "us-east-2a", "Size", "20", "ClientToken", "one"); again != one {
		t.Errorf("the same call made %s and %s", one, again)
	}
	if other := a.made("volumeId", "CreateVolume", "AvailabilityZone", "us-east-2a", "Size", "20", "ClientToken", "other"); other == one {
		t.Errorf("another call made nothing")
	}
}

func TestEmulator_FindsByFilters(t *testing.T) {
	a := open(t)
	vpc := a.made("vpcId", "CreateVpc", "CidrBlock", "10.0.0.0/16", "TagSpecification.1.ResourceType", "vpc", "TagSpecification.1.Tag.1.Key", "Name", "TagSpecification.1.Tag.1.Value", "blue")
	a.made("vpcId", "CreateVpc", "CidrBlock", "10.1.0.0/16")
	_, answer := a.ec2("DescribeVpcs", "Filter.1.Name", "tag:Name", "Filter.1.Value.1", "blue")
	if strings.Count(answer, "<item><cidrBlock>") != 1 || a.id("vpcId", answer) != vpc {
		t.Errorf("the tag finds %s", answer)
	}
}

func TestEmulator_AnswersWhateverIsDescribed(t *testing.T) {
	services, err := api.Load()
	if err != nil {
		t.Fatal(err)
	}
	var described []string
	for name, service := range services {
		for operation := range service.Operations {
			described = append(described, name+" "+operation)
		}
	}
	slices.Sort(described)
	if answered := open(t).Operations(); !slices.Equal(answered, described) {
		t.Errorf("described are\n%v\nanswered\n%v", described, answered)
	}
}
