package api_test

import (
	"os"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
)

func load(t *testing.T) api.Services {
	t.Helper()
	services, err := api.Load()
	if err != nil {
		t.Fatal(err)
	}
	return services
}

func TestDescription_HoldsEveryOperationAndShapeItNames(t *testing.T) {
	services := load(t)
	text, err := os.ReadFile("operations.txt")
	if err != nil {
		t.Fatal(err)
	}
	listed := 0
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || fields[0] == "#" {
			continue
		}
		for _, operation := range fields[1:] {
			listed++
			if _, found := services[fields[0]].Operations[operation]; !found {
				t.Errorf("%s %s is not described: run describe again", fields[0], operation)
			}
		}
	}
	if listed < 100 {
		t.Errorf("only %d operations are listed", listed)
	}
	for name, service := range services {
		for at, shape := range service.Shapes {
			references := []*api.Reference{shape.Member, shape.Key, shape.Value}
			for _, member := range shape.Members {
				references = append(references, &member)
			}
			for _, reference := range references {
				if reference != nil && service.Shapes[reference.Shape] == nil {
					t.Errorf("%s: %s leads to %s, which is not described", name, at, reference.Shape)
				}
			}
		}
	}
}

func TestPatterns_CanAllBeRead(t *testing.T) {
	patterns := 0
	for name, service := range load(t) {
		for at, shape := range service.Shapes {
			if shape.Pattern == "" {
				continue
			}
			patterns++
			if _, err := api.Pattern(shape.Pattern); err != nil {
				t.Errorf("%s: %s: %v", name, at, err)
			}
		}
	}
	if patterns == 0 {
		t.Error("the description has no patterns")
	}
}

func TestValidate_NamesWhatIsWrong(t *testing.T) {
	services := load(t)
	long := strings.Repeat("x", 65)
	for _, c := range []struct {
		service, operation string
		request            map[string]any
		path, reason       string
	}{
		{"ec2", "CreateSubnet", map[string]any{"CidrBlock": "10.0.0.0/24"}, "VpcId", "required"},
		{"ec2", "CreateVpc", map[string]any{"CIDR": "10.0.0.0/24"}, "CIDR", "no such member"},
		{"ec2", "CreateVpc", map[string]any{"CidrBlock": int64(5)}, "CidrBlock", "is a string"},
		{"ec2", "CreateVpc", map[string]any{"InstanceTenancy": "shared"}, "InstanceTenancy", "none of"},
		{"ec2", "CreateVolume", map[string]any{"AvailabilityZone": "us-east-2a", "Size": 1.5}, "Size", "whole number"},
		{"ec2", "CreateVolume", map[string]any{"AvailabilityZone": "us-east-2a", "Encrypted": "yes"}, "Encrypted", "boolean"},
		{"ec2", "CreateVpc", map[string]any{"TagSpecifications": []any{map[string]any{"ResourceType": "network"}}}, "TagSpecifications[0].ResourceType", "none of"},
		{"iam", "CreateRole", map[string]any{"RoleName": long, "AssumeRolePolicyDocument": "{}"}, "RoleName", "more than 64"},
		{"iam", "CreateRole", map[string]any{"RoleName": "a b", "AssumeRolePolicyDocument": "{}"}, "RoleName", "does not match"},
		{"elbv2", "CreateTargetGroup", map[string]any{"Name": "api", "Port": int64(70000)}, "Port", "more than 65535"},
		{"secretsmanager", "CreateSecret", map[string]any{"Name": ""}, "Name", "fewer than 1"},
		{"ec2", "MakeVpc", nil, "", "no operation"},
		{"ec3", "CreateVpc", nil, "", "not described"},
	} {
		faults := services.Validate(c.service, c.operation, c.request)
		if len(faults) != 1 || faults[0].Path != c.path || !strings.Contains(faults[0].Reason, c.reason) {
			t.Errorf("%s %v: %v; want one at %q: …%s…", c.operation, c.request, faults, c.path, c.reason)
		}
	}
}

func TestValidate_TakesWhatIsRightOrUnknown(t *testing.T) {
	services := load(t)
	for _, request := range []map[string]any{
		{"VpcId": "vpc-1", "CidrBlock": "10.0.0.0/24"},
		{"VpcId": api.Unknown{}, "TagSpecifications": api.Unknown{}},
	} {
		if faults := services.Validate("ec2", "CreateSubnet", request); len(faults) > 0 {
			t.Errorf("%v: %v", request, faults)
		}
	}
}
