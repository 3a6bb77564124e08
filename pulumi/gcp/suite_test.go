package gcp_test

import (
	"flag"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest/suite"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

var update = flag.Bool("update", false, "write the golden files anew")

// Types that the suite asks about.
const (
	instance = "gcp:compute/instance:Instance"
	disk     = "gcp:compute/disk:Disk"
	template = "gcp:compute/instanceTemplate:InstanceTemplate"
	group    = "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"
	version  = "gcp:secretmanager/secretVersion:SecretVersion"
	firewall = "gcp:compute/firewall:Firewall"
)

// TestLife_OfClusters leads the program through the life of clusters, with the
// real engine and a cloud that refuses what Google's own description refuses.
func TestLife_OfClusters(t *testing.T) {
	const partOf = "has neither labels nor a description: it is part of what has"
	suite.Run(t, suite.Words{
		Target: gcp.New(), Provider: "gcp", Cloud: gcptest.New,
		Block:    map[string]any{"project": "my-project", "region": "us-central1"},
		Zones:    []string{"us-central1-a", "us-central1-b", "us-central1-c"},
		Existing: map[string]any{"existing": map[string]any{"network": "existing", "subnetwork": "existing"}},
		Prepare:  prepare, OtherType: "n2-standard-4", MostNodes: 2000,
		Labels: labels, Open: open, UserData: userData, MostUserData: target.UserDataLimit,
		Unlabelled: map[string]string{
			"gcp:compute/routerNat:RouterNat":                             partOf,
			"gcp:compute/instanceGroupMembership:InstanceGroupMembership": partOf,
			"gcp:secretmanager/secretIamMember:SecretIamMember":           partOf,
			"gcp:projects/iAMMember:IAMMember":                            partOf,
			"gcp:serviceaccount/iAMMember:IAMMember":                      partOf,
			version:                                                       partOf,
		},
		Secret: version, Disk: disk, Machine: instance, Group: group,
		Encrypted: encrypted, Public: public, Update: *update,
	})
}

// prepare makes the network of a user who has one.
func prepare(t *testing.T, cloud *targettest.Cloud) {
	for _, o := range []struct {
		kind   string
		inputs map[string]any
	}{
		{"gcp:compute/network:Network", map[string]any{"name": "existing", "project": "my-project", "autoCreateSubnetworks": false}},
		{"gcp:compute/subnetwork:Subnetwork", map[string]any{
			"name": "existing", "project": "my-project", "region": "us-central1",
			"network": "projects/my-project/global/networks/existing", "ipCidrRange": "10.240.0.0/24",
		}},
	} {
		if _, err := cloud.Have(o.kind, "existing", resource.NewPropertyMapFromMap(o.inputs)); err != nil {
			t.Fatal(err)
		}
	}
}

// text is an input that is one.
func text(of resource.PropertyMap, key resource.PropertyKey) string {
	if of[key].IsString() {
		return of[key].StringValue()
	}
	return ""
}

// labels are an object's, or those that its description begins with.
func labels(o targettest.Object) map[string]string {
	written := map[string]string{}
	targettest.Strings("", o.Inputs["labels"], func(path, text string) { written[strings.TrimPrefix(path, ".")] = text })
	if len(written) == 0 {
		for _, part := range strings.Split(text(o.Inputs, "description"), ";") {
			if key, value, is := strings.Cut(part, "="); is {
				written[key] = value
			}
		}
	}
	out := map[string]string{}
	for _, key := range []string{target.ClusterLabel, target.RoleLabel, target.PoolLabel} {
		if value := written[gcp.LabelKey(key)]; value != "" {
			out[key] = value
		}
	}
	return out
}

// open is what a firewall rule lets in from every address.
func open(o targettest.Object) []string {
	var all []string
	world := slices.ContainsFunc(items(o.Inputs["sourceRanges"]), func(v resource.PropertyValue) bool { return v.StringValue() == "0.0.0.0/0" })
	if o.Type != firewall || !world {
		return nil
	}
	for _, allow := range items(o.Inputs["allows"]) {
		for _, port := range items(allow.ObjectValue()["ports"]) {
			all = append(all, fmt.Sprintf("%s/%s", text(allow.ObjectValue(), "protocol"), port.StringValue()))
		}
	}
	return all
}

func items(list resource.PropertyValue) []resource.PropertyValue {
	if list.IsArray() {
		return list.ArrayValue()
	}
	return nil
}

func userData(o targettest.Object) string {
	if !o.Inputs["metadata"].IsObject() {
		return ""
	}
	metadata := o.Inputs["metadata"].ObjectValue()
	return text(metadata, "startup-script") + text(metadata, "user-data")
}

// encrypted is every disk but scratch ones: Google encrypts all of them, and
// nobody can turn that off.
func encrypted(o targettest.Object) (yes, ok bool) {
	var kinds []string
	switch o.Type {
	case disk:
		kinds = []string{text(o.Inputs, "type")}
	case instance:
		kinds = []string{text(o.Inputs["bootDisk"].ObjectValue()["initializeParams"].ObjectValue(), "type")}
	case template:
		for _, d := range items(o.Inputs["disks"]) {
			kinds = append(kinds, text(d.ObjectValue(), "diskType"))
		}
	default:
		return false, false
	}
	return !slices.ContainsFunc(kinds, func(kind string) bool {
		return !strings.HasPrefix(kind, "pd-") && !strings.HasPrefix(kind, "hyperdisk-")
	}), true
}

// public tells whether an interface has an access config: an address outside.
func public(o targettest.Object) bool {
	return slices.ContainsFunc(items(o.Inputs["networkInterfaces"]), func(nic resource.PropertyValue) bool {
		return len(items(nic.ObjectValue()["accessConfigs"]))+len(items(nic.ObjectValue()["ipv6AccessConfigs"])) > 0
	})
}
