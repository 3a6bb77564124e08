package gcp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/vincent-petithory/dataurl"
)

// three is a cluster of three control planes and two pools, one of which is
// scaled by something else and of machines that Google may take back.
func three(_, spec, _ document) {
	spec["controlPlane"] = document{"count": 3}
	spec["pools"] = []document{
		{"name": "workers", "count": 2},
		{"name": "batch", "count": 3, "min": 1, "max": 9, "spot": true, "machine": document{"type": "n4-standard-4", "zones": []string{"us-central1-a"}}},
	}
}

// longest has the longest names that a config may have.
func longest(whole, spec, _ document) {
	whole["metadata"] = document{"name": strings.Repeat("c", 32)}
	spec["pools"] = []document{{"name": strings.Repeat("p", 20), "count": 1}}
}

func private(_, _, block document) { block["access"] = document{"privateEndpoint": true} }

// TestProgram_IsWhatGoogleTakes asks a Google Cloud that refuses what is wrong
// by Google's own description.
func TestProgram_IsWhatGoogleTakes(t *testing.T) {
	arm := document{"arch": "arm64"}
	for name, edit := range map[string]func(whole, spec, block document){
		"the defaults": func(_, _, _ document) {},
		"three":        three,
		"five without workers": func(_, spec, _ document) {
			spec["controlPlane"], spec["pools"] = document{"count": 5}, []document{}
		},
		"arm64": func(_, spec, _ document) {
			spec["controlPlane"], spec["pools"] = document{"count": 1, "machine": arm}, []document{{"name": "a", "count": 1, "machine": arm}}
		},
		"ubuntu":        func(_, _, block document) { block["os"] = target.Ubuntu },
		"flatcar":       func(_, _, block document) { block["os"] = target.Flatcar },
		"an own image":  func(_, _, block document) { block["image"] = "projects/mine/global/images/hardened-1" },
		"private":       private,
		"SSH":           func(_, _, block document) { block["access"] = document{"sshCIDRs": []string{"203.0.113.0/24"}} },
		"no layer":      func(_, spec, _ document) { spec["network"] = document{"layer": "none"} },
		"longest names": longest,
		"another region": func(_, _, block document) {
			block["region"] = "europe-west1"
		},
		"existing network": func(_, _, block document) { block["existing"] = document{"network": "corp"} },
		"existing subnet": func(_, _, block document) {
			block["existing"] = document{"network": "corp", "subnetwork": "hosts"}
		},
		"hyperdisk": func(_, spec, _ document) {
			spec["controlPlane"] = document{"count": 1, "machine": document{"type": "c4-standard-4"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			if made := declare(t, written(edit)).Objects(); len(made) < 20 {
				t.Errorf("only %d objects were declared", len(made))
			}
		})
	}
}

func TestProgram_TakesNothingFromTheShell(t *testing.T) {
	want := declare(t, written(three))
	for _, variable := range []string{"GOOGLE_PROJECT", "GOOGLE_REGION", "GOOGLE_ZONE", "CLOUDSDK_CORE_PROJECT", "CLOUDSDK_COMPUTE_REGION", "CLOUDSDK_COMPUTE_ZONE"} {
		t.Setenv(variable, "elsewhere")
	}
	got := declare(t, written(three))
	for name, asked := range got.asked {
		if text := asked.GetObject().String(); strings.Contains(text, "elsewhere") {
			t.Errorf("%s: %s", name, text)
		}
	}
	if len(got.asked) != len(want.asked) {
		t.Errorf("%d resources, and %d without the shell's settings", len(got.asked), len(want.asked))
	}
}

func TestProgram_SpreadsControlPlanesAndKeepsTheirDisks(t *testing.T) {
	d := declare(t, written(three))
	for i, zone := range []string{"us-central1-a", "us-central1-b", "us-central1-c"} {
		name := target.ControlPlaneName("demo", i+1)
		vm, disk := d.one(t, "Instance", name), d.one(t, "Disk", target.EtcdDiskName("demo", i+1))
		if word(vm, "zone") != zone || word(disk, "zone") != zone {
			t.Errorf("%s is in %s, its disk in %s, want %s", name, word(vm, "zone"), word(disk, "zone"), zone)
		}
		if at(vm, "attachedDisks", 0, "source") != disk.Outputs["selfLink"].StringValue() || "/dev/disk/by-id/google-"+word(vm, "attachedDisks", 0, "deviceName") != etcdDevice {
			t.Errorf("%s has disk %v", name, at(vm, "attachedDisks"))
		}
		if word(vm, "networkInterfaces", 0, "networkIp") != d.one(t, "Address", name).Outputs["address"].StringValue() {
			t.Errorf("%s is at %v", name, at(vm, "networkInterfaces"))
		}
		asked := d.asked[vm.Type+" "+name]
		if !asked.GetDeleteBeforeReplace() || !slices.Contains(asked.GetReplaceOnChanges(), `metadata["startup-script"]`) {
			t.Errorf("%s: a changed first boot would not replace it, the old one first", name)
		}
		if member := d.one(t, "InstanceGroupMembership", name); word(member, "zone") != zone {
			t.Errorf("%s is member of a group in %s", name, word(member, "zone"))
		}
	}
	if groups := d.of("InstanceGroup"); len(groups) != 3 {
		t.Errorf("there are %d groups for three zones", len(groups))
	}
}

// TestProgram_KeepsNodesWhenAVendorPublishesAnImage: which image a family
// stands for is the plugin's to look up, and nothing to replace nodes for;
// another OS is.
func TestProgram_KeepsNodesWhenAVendorPublishesAnImage(t *testing.T) {
	names := map[string]bool{}
	for _, edit := range []func(whole, spec, block document){
		func(_, _, _ document) {},
		set("os", target.Ubuntu), set("os", target.Flatcar),
		set("image", "projects/mine/global/images/one"), set("image", "projects/other/global/images/one"),
		pool(document{"name": "workers", "machine": document{"arch": "arm64"}}),
	} {
		d := declare(t, written(edit))
		template := d.of("InstanceTemplate")[0]
		names[template.Name] = true
		if ignored := d.asked[template.Type+" "+template.Name].GetIgnoreChanges(); !slices.Equal(ignored, []string{"disks[0].sourceImage"}) {
			t.Errorf("%s ignores changes of %v", template.Name, ignored)
		}
	}
	if len(names) != 6 {
		t.Errorf("six images make templates %v", names)
	}
}

func TestProgram_LeavesTheSizeOfAPoolToWhatScalesIt(t *testing.T) {
	d := declare(t, written(three))
	for name, want := range map[string][]string{"demo-workers": nil, "demo-batch": {"targetSize"}} {
		group := d.one(t, "RegionInstanceGroupManager", name)
		if got := d.asked[group.Type+" "+name].GetIgnoreChanges(); !slices.Equal(got, want) {
			t.Errorf("%s ignores changes of %v, want %v", name, got, want)
		}
	}
}

func TestProgram_ReplacesNodesOneAZoneNewOnesFirst(t *testing.T) {
	d := declare(t, written(three))
	for name, surge := range map[string]float64{"demo-workers": 3, "demo-batch": 1} {
		policy := at(d.one(t, "RegionInstanceGroupManager", name), "updatePolicy").(map[string]any)
		if policy["maxSurgeFixed"] != surge || policy["maxUnavailableFixed"] != 0.0 || policy["type"] != "PROACTIVE" {
			t.Errorf("%s: %v", name, policy)
		}
	}
}

func TestProgram_DeclaresAsMuchForManyWorkersAsForFew(t *testing.T) {
	sized := func(count int) int {
		return len(declare(t, written(func(_, spec, _ document) {
			spec["network"] = document{"nodeCIDR": "10.240.0.0/16", "podCIDR": "10.0.0.0/11"}
			spec["pools"] = []document{{"name": "a", "count": count}, {"name": "b", "count": count}, {"name": "c", "count": count}}
		})).Objects())
	}
	// 6 and 5,001 workers.
	if few, many := sized(2), sized(1667); few != many {
		t.Errorf("%d objects for few workers, %d for many", few, many)
	}
}

// TestProgram_GivesSecretsToTheirReadersOnly looks into every text that the
// program hands to Google.
func TestProgram_GivesSecretsToTheirReadersOnly(t *testing.T) {
	d := declare(t, written(three))
	for _, o := range d.Objects() {
		targettest.Strings("", resource.NewProperty(o.Inputs), func(path, text string) {
			for _, secret := range hidden() {
				held := strings.Contains(text, "<"+secret+">") || strings.Contains(text, `\u003c`+secret+`\u003e`)
				public := strings.HasSuffix(secret, "Certificate") || secret == "bootstrapToken"
				mine := strings.HasSuffix(o.Type, ":SecretVersion") && (o.Name == "demo-control-plane" || public)
				if held && !mine {
					t.Errorf("%s %q holds %s at %s", o.Type, o.Name, secret, path)
				}
			}
		})
	}
	for name, role := range map[string]string{"demo-control-plane": node.ControlPlane, "demo-workers": node.Worker, "demo-batch": node.Worker} {
		var bundle node.Bundle
		if err := json.Unmarshal([]byte(word(d.one(t, "SecretVersion", name), "secretData")), &bundle); err != nil {
			t.Fatal(err)
		}
		if bundle.Role != role || bundle.Cloud != "gcp" || len(bundle.ControlPlanes) != 3 || bundle.ControlPlanes[0].EtcdDevice != etcdDevice {
			t.Errorf("%s: role %q, cloud %q, control planes %+v", name, bundle.Role, bundle.Cloud, bundle.ControlPlanes)
		}
		account := d.one(t, "Account", "demo-"+role).Outputs["email"].StringValue()
		if member := word(d.one(t, "SecretIamMember", name), "member"); member != "serviceAccount:"+account {
			t.Errorf("%s may be read by %s, and is for %s", name, member, account)
		}
	}
}

func TestProgram_TellsHostsWhereTheirBundleIs(t *testing.T) {
	for os, key := range map[string]string{target.Debian: startupScriptKey, target.Ubuntu: startupScriptKey, target.Flatcar: userDataKey} {
		d := declare(t, written(three, func(_, _, block document) { block["os"] = os }))
		for _, o := range append(d.of("Instance"), d.of("InstanceTemplate")...) {
			secret := poolName("demo", marksOf(o)["kubernetes-anywhere-pool"])
			if strings.HasSuffix(o.Type, ":Instance") {
				secret = "demo-control-plane"
			}
			data := word(o, "metadata", key)
			if os == target.Flatcar {
				data = script(t, data)
			}
			if len(data) > target.UserDataLimit {
				t.Errorf("%s: user-data of %d bytes", o.Name, len(data))
			}
			for _, want := range []string{
				"gcpsecretmanager://projects/my-project/secrets/" + secret,
				target.BundleDigest([]byte(word(d.one(t, "SecretVersion", secret), "secretData"))),
			} {
				if !strings.Contains(data, want) {
					t.Errorf("%s of %s does not say %s:\n%s", key, o.Name, want, data)
				}
			}
		}
	}
}

// script is the first file of an Ignition config.
func script(t *testing.T, ignition string) string {
	t.Helper()
	var config struct {
		Storage struct {
			Files []struct{ Contents struct{ Source string } }
		}
	}
	if err := json.Unmarshal([]byte(ignition), &config); err != nil || len(config.Storage.Files) == 0 {
		t.Fatalf("no file in %s: %v", ignition, err)
	}
	decoded, err := dataurl.DecodeString(config.Storage.Files[0].Contents.Source)
	if err != nil {
		t.Fatal(err)
	}
	return string(decoded.Data)
}

func TestProgram_UsesAnExistingNetworkAsItIs(t *testing.T) {
	for _, c := range []struct {
		existing document
		made     []string
		absent   []string
	}{
		{document{"network": "corp"}, []string{"Subnetwork", "Router", "RouterNat"}, []string{"Network"}},
		{document{"network": "corp", "subnetwork": "hosts"}, []string{"Firewall"}, []string{"Network", "Subnetwork", "Router", "RouterNat"}},
	} {
		d := declare(t, written(func(_, _, block document) { block["existing"] = c.existing }))
		for _, kind := range c.made {
			if len(d.of(kind)) == 0 {
				t.Errorf("%v: no %s is made", c.existing, kind)
			}
		}
		for _, kind := range c.absent {
			if n := len(d.of(kind)); n > 0 {
				t.Errorf("%v: %d of %s are made", c.existing, n, kind)
			}
		}
		if link := word(d.of("Firewall")[0], "network"); link != "projects/my-project/global/networks/corp" {
			t.Errorf("rules are of %s", link)
		}
	}
}

func TestProgram_LetsManyPodsOutByOneNode(t *testing.T) {
	nat := declare(t, written()).one(t, "RouterNat", "demo")
	if at(nat, "enableDynamicPortAllocation") != true || at(nat, "minPortsPerVm") != 64.0 {
		t.Errorf("a node cannot get more ports than it begins with: %v", nat.Inputs.Mappable())
	}
}

func TestProgram_PutsThePrivateEndpointIntoTheNetworkOnly(t *testing.T) {
	d := declare(t, written(private))
	for _, kind := range []string{"Address", "ForwardingRule", "RegionBackendService"} {
		for _, o := range d.of(kind) {
			if text := fmt.Sprint(o.Inputs.Mappable()); strings.Contains(text, "EXTERNAL") {
				t.Errorf("%s %q is public: %s", kind, o.Name, text)
			}
		}
	}
	if public := declare(t, written()).of("ForwardingRule"); len(public) != 2 || len(d.of("ForwardingRule")) != 1 {
		t.Errorf("%d load balancers of a public endpoint, %d of a private one", len(public), len(d.of("ForwardingRule")))
	}
}
