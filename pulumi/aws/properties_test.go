package aws

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// everyKind are configs that together use all that the program can declare.
func everyKind() map[string]object {
	private := func(_, block object) { block["access"] = object{"privateEndpoint": true} }
	return map[string]object{
		"plain":            written(),
		"three":            written(three),
		"private":          written(three, private),
		"existing":         written(existing),
		"existing-private": written(existing, private),
		"nat-per-zone":     written(func(_, block object) { block["natPerZone"] = true }),
	}
}

// overAll runs a check on what the program declares for each of them.
func overAll(t *testing.T, check func(t *testing.T, made declared)) {
	for name, document := range everyKind() {
		t.Run(name, func(t *testing.T) { check(t, declare(t, inputs(t, document))) })
	}
}

// rules are what the ingress rules let in: group, ports and from where.
func rules(made declared) []string {
	var all []string
	for _, rule := range made.of("SecurityGroupIngressRule") {
		from := text(rule, "cidrIpv4") + text(rule, "referencedSecurityGroupId")
		all = append(all, fmt.Sprintf("%s %s/%v-%v from %s", text(rule, "securityGroupId"), text(rule, "ipProtocol"),
			plain(rule, "fromPort"), plain(rule, "toPort"), from))
	}
	slices.Sort(all)
	return all
}

func TestProgram_OpensNothingButTheAPIToEveryone(t *testing.T) {
	overAll(t, func(t *testing.T, made declared) {
		for _, rule := range rules(made) {
			if strings.HasSuffix(rule, "0.0.0.0/0") && rule != "demo-api-id tcp/6443-6443 from 0.0.0.0/0" {
				t.Error(rule)
			}
		}
		for name, group := range made.of("SecurityGroup") {
			if plain(group, "ingress") != nil || plain(group, "egress") != nil {
				t.Errorf("%s has rules of its own: a rule is a resource here", name)
			}
		}
	})
}

func TestProgram_DerivesTheFirewallFromWhatIsDeclared(t *testing.T) {
	got := rules(declare(t, inputs(t, written())))
	want := []string{
		"demo-api-id tcp/6443-6443 from 0.0.0.0/0",
		"demo-control-plane-id tcp/10250-10250 from demo-control-plane-id",
		"demo-control-plane-id tcp/10250-10250 from demo-worker-id",
		"demo-control-plane-id tcp/2379-2380 from demo-control-plane-id",
		"demo-control-plane-id tcp/6443-6443 from demo-api-id",
		"demo-control-plane-id tcp/6443-6443 from demo-control-plane-id",
		"demo-control-plane-id tcp/6443-6443 from demo-node-api-id",
		"demo-control-plane-id tcp/6443-6443 from demo-worker-id",
		"demo-control-plane-id udp/8472-8472 from demo-control-plane-id",
		"demo-control-plane-id udp/8472-8472 from demo-worker-id",
		"demo-node-api-id tcp/6443-6443 from demo-control-plane-id",
		"demo-node-api-id tcp/6443-6443 from demo-worker-id",
		"demo-worker-id tcp/10250-10250 from demo-control-plane-id",
		"demo-worker-id tcp/10250-10250 from demo-worker-id",
		"demo-worker-id udp/8472-8472 from demo-control-plane-id",
		"demo-worker-id udp/8472-8472 from demo-worker-id",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestProgram_KeepsSSHClosedUnlessAsked(t *testing.T) {
	ssh := func(made declared) (found []string) {
		for _, rule := range rules(made) {
			if strings.Contains(rule, "tcp/22-22") {
				found = append(found, rule)
			}
		}
		return found
	}
	overAll(t, func(t *testing.T, made declared) {
		if got := ssh(made); len(got) > 0 {
			t.Error(got)
		}
	})
	asked := ssh(declare(t, inputs(t, written(func(_, block object) {
		block["access"] = object{"sshCIDRs": []string{"203.0.113.0/24", "203.0.113.0/24"}}
	}))))
	want := []string{"demo-control-plane-id tcp/22-22 from 203.0.113.0/24", "demo-worker-id tcp/22-22 from 203.0.113.0/24"}
	if !slices.Equal(asked, want) {
		t.Errorf("got %v", asked)
	}
}

func TestProgram_AdmitsToTheAPIWhomTheConfigNames(t *testing.T) {
	made := declare(t, inputs(t, written(func(_, block object) {
		block["access"] = object{"apiCIDRs": []string{"198.51.100.0/24", "203.0.113.0/24"}}
	})))
	want := []string{"demo-api-id tcp/6443-6443 from 198.51.100.0/24", "demo-api-id tcp/6443-6443 from 203.0.113.0/24"}
	if got := rules(made)[:2]; !slices.Equal(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestProgram_EncryptsEveryDisk(t *testing.T) {
	overAll(t, func(t *testing.T, made declared) {
		for name, disk := range made.of("Volume") {
			if plain(disk, "encrypted") != true {
				t.Errorf("%s is not encrypted", name)
			}
		}
		for name, template := range made.of("LaunchTemplate") {
			if text(template, "blockDeviceMappings", 0, "ebs", "encrypted") != "true" || plain(template, "blockDeviceMappings", 1) != nil {
				t.Errorf("%s: %v", name, plain(template, "blockDeviceMappings"))
			}
		}
		if len(made.of("Volume")) == 0 || len(made.of("LaunchTemplate")) == 0 {
			t.Error("there are no disks")
		}
	})
}

func TestProgram_GivesNoHostAPublicAddress(t *testing.T) {
	overAll(t, func(t *testing.T, made declared) {
		for name, subnet := range made.of("Subnet") {
			if plain(subnet, "mapPublicIpOnLaunch") != false {
				t.Errorf("%s gives out public addresses", name)
			}
		}
		for name, template := range made.of("LaunchTemplate") {
			if name != "demo-control-plane" && text(template, "networkInterfaces", 0, "associatePublicIpAddress") != "false" {
				t.Errorf("%s leaves it to the subnet", name)
			}
		}
		for name, address := range made.of("Eip") {
			if plain(address, "instance") != nil || plain(address, "networkInterface") != nil {
				t.Errorf("%s is a host's", name)
			}
		}
	})
}

func TestProgram_LetsTheHostAloneAskForItsIdentity(t *testing.T) {
	overAll(t, func(t *testing.T, made declared) {
		for name, template := range made.of("LaunchTemplate") {
			if text(template, "metadataOptions", "httpTokens") != "required" || plain(template, "metadataOptions", "httpPutResponseHopLimit") != 1.0 {
				t.Errorf("%s: %v", name, plain(template, "metadataOptions"))
			}
		}
	})
}

func TestProgram_TagsEverything(t *testing.T) {
	// What AWS cannot tag: links between two things that can be, routes, and
	// what is part of a role or of a secret.
	cannot := []string{"aws", "Credentials", "Route", "RouteTableAssociation", "TargetGroupAttachment", "VolumeAttachment", "RolePolicy", "SecretVersion"}
	overAll(t, func(t *testing.T, made declared) {
		for key, inputs := range made {
			kind, name, _ := strings.Cut(key, " ")
			if slices.Contains(cannot, kind) {
				continue
			}
			tags := tagsOf(inputs)
			if tags[target.ClusterLabel] != "demo" || tags["Name"] == "" {
				t.Errorf("%s is tagged %v", key, tags)
			}
			hosts := []string{"Instance", "Volume", "NetworkInterface", "LaunchTemplate", "Group", "Secret", "Role", "InstanceProfile"}
			role := "control-plane"
			if !strings.Contains(name, "control-plane") {
				role = "worker"
			}
			if slices.Contains(hosts, kind) && tags[target.RoleLabel] != role {
				t.Errorf("%s is tagged %v", key, tags)
			}
			if kind == "Group" && tags[target.PoolLabel] != strings.TrimPrefix(name, "demo-") {
				t.Errorf("%s is tagged %v", key, tags)
			}
			for i := 0; plain(inputs, "tagSpecifications", i) != nil; i++ {
				if text(inputs, "tagSpecifications", i, "tags", target.ClusterLabel) != "demo" {
					t.Errorf("%s makes untagged things: %v", key, plain(inputs, "tagSpecifications", i))
				}
			}
		}
	})
}

// tagsOf are a resource's tags, in whichever of the two forms.
func tagsOf(inputs resource.PropertyMap) map[string]string {
	tags := map[string]string{}
	switch given := plain(inputs, "tags").(type) {
	case map[string]any:
		for key, value := range given {
			tags[key] = fmt.Sprint(value)
		}
	case []any:
		for i := range given {
			tags[text(inputs, "tags", i, "key")] = text(inputs, "tags", i, "value")
		}
	}
	return tags
}

func TestProgram_GivesRolesTheirOwnBundlesAndNothingElse(t *testing.T) {
	allowed := []string{"secretsmanager:GetSecretValue"}
	overAll(t, func(t *testing.T, made declared) {
		for name, role := range made.of("Role") {
			if got := text(role, "assumeRolePolicy"); got != `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":["sts:AssumeRole"]}]}` {
				t.Errorf("%s can be taken on by %s", name, got)
			}
			if plain(role, "managedPolicyArns") != nil || plain(role, "inlinePolicies") != nil {
				t.Errorf("%s has policies beside the one", name)
			}
		}
		for name, of := range made.of("RolePolicy") {
			if strings.HasPrefix(text(of, "name"), "addon-") {
				// TestProgram_GrantsWhatAddonsDeclare
				continue
			}
			var granted policy
			if err := json.Unmarshal([]byte(text(of, "policy")), &granted); err != nil {
				t.Fatal(err)
			}
			for _, right := range granted.Statement {
				for _, action := range right.Action {
					if !slices.Contains(allowed, action) {
						t.Errorf("%s may %s", name, action)
					}
				}
				for _, secret := range right.Resource {
					ofPlanes := strings.Contains(secret, ":kubernetes-anywhere/demo/control-plane/bundle-")
					if strings.Contains(secret, "*") || ofPlanes != (name == "demo-control-plane") || !strings.Contains(secret, ":kubernetes-anywhere/demo/") {
						t.Errorf("%s may read %s", name, secret)
					}
				}
			}
		}
	})
}

func TestProgram_TrustsChinasEC2InChina(t *testing.T) {
	if got := trust("cn-north-1"); !strings.Contains(got, `"ec2.amazonaws.com.cn"`) {
		t.Errorf("got %s", got)
	}
}

func TestProgram_KeepsSecretsInSecretsAlone(t *testing.T) {
	overAll(t, func(t *testing.T, made declared) {
		for key, inputs := range made {
			if strings.HasPrefix(key, "SecretVersion ") || strings.HasPrefix(key, "Credentials ") {
				continue
			}
			everything := fmt.Sprint(plain(inputs))
			for _, path := range []string{"userData", "userDataBase64"} {
				data, _ := base64.StdEncoding.DecodeString(text(inputs, path))
				everything += string(data)
			}
			for _, word := range secretWords() {
				if strings.Contains(everything, "<"+word) || strings.Contains(everything, word+">") {
					t.Errorf("%s holds %s", key, word)
				}
			}
		}
		for name, version := range made.of("SecretVersion") {
			bundle := text(version, "secretString")
			if keys := strings.Contains(bundle, "caKey"); keys != (name == "demo-control-plane") {
				t.Errorf("%s holds the authority's key: %v", name, keys)
			}
			if !version["secretString"].ContainsSecrets() {
				t.Errorf("%s would show in a preview", name)
			}
		}
	})
}
