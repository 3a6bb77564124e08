package aws

import (
	"encoding/base64"
	"regexp"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// longest is a config with the longest names there can be.
func longest(t *testing.T) target.Inputs {
	document := written(func(spec, block object) {
		block["region"] = "ap-southeast-2"
		spec["pools"] = []object{{"name": strings.Repeat("p", 20), "count": 1}, {"name": strings.Repeat("q", 13) + "-worker", "count": 1}}
	})
	document["metadata"] = object{"name": "internal-" + strings.Repeat("c", 23)}
	in := inputs(t, document)
	in.BootstrapImage = "registry.example.org/" + strings.Repeat("mirror/", 12) + "bootstrap:v1.37.1@sha256:" + strings.Repeat("0", 64)
	return in
}

func TestProgram_StaysWithinEveryLimitOfNames(t *testing.T) {
	made := declare(t, longest(t))
	// From AWS's API references, in characters.
	for kind, form := range map[string]string{
		"LoadBalancer":    `^[a-zA-Z0-9][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]$`,
		"TargetGroup":     `^[a-zA-Z0-9][a-zA-Z0-9-]{0,30}[a-zA-Z0-9]$`,
		"Role":            `^[\w+=,.@-]{1,64}$`,
		"InstanceProfile": `^[\w+=,.@-]{1,128}$`,
		"Secret":          `^[a-zA-Z0-9/_+=.@-]{1,512}$`,
		"SecurityGroup":   `^[a-zA-Z0-9 ._\-:/()#,@\[\]+=&;{}!$*]{1,255}$`,
		"LaunchTemplate":  `^[a-zA-Z0-9().\-/_]{3,128}$`,
		"Group":           `^[^:]{1,255}$`,
	} {
		of := made.of(kind)
		if len(of) == 0 {
			t.Errorf("there is no %s", kind)
		}
		for resource, inputs := range of {
			if got := text(inputs, "name"); !regexp.MustCompile(form).MatchString(got) {
				t.Errorf("%s %s is called %q", kind, resource, got)
			}
		}
	}
	for _, kind := range []string{"LoadBalancer", "SecurityGroup"} {
		for _, inputs := range made.of(kind) {
			if name := text(inputs, "name"); strings.HasPrefix(name, "internal-") || strings.HasPrefix(name, "sg-") {
				t.Errorf("AWS keeps %q for itself", name)
			}
		}
	}
	for _, inputs := range made.of("Secret") {
		if name := text(inputs, "name"); regexp.MustCompile(`-[a-zA-Z0-9]{6}$`).MatchString(name) {
			t.Errorf("%q ends as AWS's own suffixes do", name)
		}
	}
	for key, inputs := range made {
		if strings.Contains(key, "/") {
			t.Errorf("'render' has no file name for %s", key)
		}
		for tag, value := range tagsOf(inputs) {
			if len(tag) > 128 || len(value) > 256 || strings.HasPrefix(tag, "aws:") {
				t.Errorf("%s is tagged %s=%s", key, tag, value)
			}
		}
		if description := text(inputs, "description"); len(description) > 255 {
			t.Errorf("%s is described in %d characters", key, len(description))
		}
	}
}

func TestBalancerName_TellsLongNamesApart(t *testing.T) {
	a, b := strings.Repeat("a", 31)+"x", strings.Repeat("a", 31)+"y"
	if balancerName(nodeAPI, a) == balancerName(nodeAPI, b) {
		t.Error("two clusters have one name")
	}
}

func TestProgram_KeepsUserDataSmall(t *testing.T) {
	made := declare(t, longest(t))
	seen := 0
	for _, kind := range []string{"Instance", "LaunchTemplate"} {
		for name, inputs := range made.of(kind) {
			for _, path := range []string{"userData", "userDataBase64"} {
				data, err := base64.StdEncoding.DecodeString(text(inputs, path))
				if err != nil || len(data) > 16384 {
					t.Errorf("%s boots by %d bytes, %v", name, len(data), err)
				}
				if len(data) > 0 {
					seen++
				}
			}
		}
	}
	if seen != 3 {
		t.Errorf("%d machines have user-data", seen)
	}
}

func TestMostPools_KeepsTheWorkersPoliciesWithinTheirLimit(t *testing.T) {
	made := declare(t, longest(t))
	most, ofPlanes := 0, 0
	for name, inputs := range made.of("RolePolicy") {
		if size := len(text(inputs, "policy")); strings.HasPrefix(text(inputs, "name"), "addon-") {
			ofPlanes += size
		} else {
			most = max(most, size)
		}
		if strings.Contains(text(inputs, "policy"), "elasticloadbalancing:") && text(inputs, "name") != "addon-aws-cloud-controller-manager" {
			t.Errorf("%s is about load balancers", name)
		}
	}
	if most < 200 || most*mostPools > 10240 {
		t.Errorf("%d policies of %d characters each", mostPools, most)
	}
	if ofPlanes += most; ofPlanes < 1000 || ofPlanes > 10240 {
		t.Errorf("policies of control planes have %d characters", ofPlanes)
	}
}

func TestDescription_KeepsWhatAWSTakes(t *testing.T) {
	got := description("Cilium's \"health\" – checks: 4240/tcp" + strings.Repeat(".", 300))
	if !strings.HasPrefix(got, "Ciliums health  checks: 4240/tcp...") || len(got) != 255 {
		t.Errorf("got %q", got)
	}
}
