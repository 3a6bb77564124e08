package gcp

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// pool adds a pool to the config.
func pool(of document) func(whole, spec, block document) {
	return func(_, spec, _ document) {
		if of["name"] == nil {
			of["name"] = "a"
		}
		if of["count"] == nil {
			of["count"] = 1
		}
		spec["pools"] = []document{of}
	}
}

// set sets a field of the block.
func set(key string, value any) func(whole, spec, block document) {
	return func(_, _, block document) { block[key] = value }
}

func TestValidate_RefusesWithAFix(t *testing.T) {
	for name, c := range map[string]struct {
		edit func(whole, spec, block document)
		// path, and a part of the message and of the fix.
		path, message, fix string
	}{
		"no project":         {func(_, _, block document) { delete(block, "project") }, "spec.gcp.project", "is missing", "my-project"},
		"a project's number": {set("project", "123456789012"), "spec.gcp.project", "number, not its id", "gcloud projects describe 123456789012"},
		"a project's name":   {set("project", "My Project"), "spec.gcp.project", "not the id", "gcloud projects list"},
		"a zone as region":   {set("region", "us-central1-a"), "spec.gcp.region", "not the name of a region", `write "us-central1"`},
		"a loud region":      {set("region", "Europe-West4"), "spec.gcp.region", "not the name of a region", `write "europe-west4"`},
		"an AWS region":      {set("region", "us-east-1"), "spec.gcp.region", "not the name of a region", "gcloud compute regions list"},
		"a foreign zone":     {set("zones", []string{"us-central1-a", "us-west1-b"}), "spec.gcp.zones[1]", "no zone of us-central1", "region:us-central1"},
		"the same zone":      {set("zones", []string{"us-central1-a", "us-central1-a"}), "spec.gcp.zones[1]", "already", "remove one"},
		"no zone":            {set("zones", []string{}), "spec.gcp.zones", "no zone", `"us-central1-a"`},
		"a misspelt OS":      {set("os", "debian-31"), "spec.gcp.os", `did you mean "debian-13"`, "ubuntu-24.04"},
		"flatcar on arm64": {func(_, spec, block document) {
			block["os"] = "flatcar"
			spec["pools"] = []document{{"name": "a", "count": 1, "machine": document{"arch": "arm64"}}}
		}, "spec.gcp.os", "no arm64 image", `spec.pools[0].machine.arch "amd64"`},
		"a family alone":      {set("image", "debian-13"), "spec.gcp.image", "not the name of one image", "projects/PROJECT/global/images/"},
		"a family":            {set("image", "projects/mine/global/images/family/hardened"), "spec.gcp.image", "not the name of one image", "describe-from-family hardened --project mine"},
		"a short image":       {set("image", "mine/hardened"), "spec.gcp.image", "not the name of one image", "describe-from-family hardened --project mine"},
		"one image for two":   {both(set("image", "projects/mine/global/images/one"), pool(document{"machine": document{"arch": "arm64"}})), "spec.gcp.image", "both amd64 and arm64", "remove image"},
		"a link as network":   {set("existing", document{"network": "projects/p/global/networks/n"}), "spec.gcp.existing.network", "not a name", "gcloud compute networks list"},
		"a subnet alone":      {set("existing", document{"subnetwork": "hosts"}), "spec.gcp.existing.network", "no network", "write the name"},
		"a host as range":     {set("access", document{"apiCIDRs": []string{"203.0.113.7"}}), "spec.gcp.access.apiCIDRs[0]", "no range", "203.0.113.0/24"},
		"ranges when private": {set("access", document{"privateEndpoint": true, "apiCIDRs": []string{"203.0.113.0/24"}}), "spec.gcp.access.apiCIDRs", "private endpoint", "remove apiCIDRs"},
		"an arm type as amd":  {pool(document{"machine": document{"type": "t2a-standard-4"}}), "spec.pools[0].machine.type", `"t2a-standard-4" is of arm64`, `spec.pools[0].machine.arch "arm64"`},
		"an amd type as arm":  {pool(document{"machine": document{"type": "e2-standard-4", "arch": "arm64"}}), "spec.pools[0].machine.type", "is of amd64", "t2a-standard-2"},
		"an AWS type":         {pool(document{"machine": document{"type": "m5.large"}}), "spec.pools[0].machine.type", "not the name of a machine type", "gcloud compute machine-types list"},
		"a pool elsewhere":    {pool(document{"machine": document{"zones": []string{"europe-west4-a"}}}), "spec.pools[0].machine.zones[0]", "no zone of spec.gcp.region", "us-central1-a"},
		"a pool nowhere":      {pool(document{"machine": document{"zones": []string{}}}), "spec.pools[0].machine.zones", "is empty", "us-central1-a"},
		"a huge pool":         {both(wide, pool(document{"count": 2001})), "spec.pools[0]", "at most 2000", "further pools"},
		"a pool that grows huge": {
			both(wide, pool(document{"count": 1, "max": 3000})), "spec.pools[0]", "may have 3000 nodes", "further pools"},
		"no room to grow":    {pool(document{"count": 1, "max": 300}), "spec.network.nodeCIDR", "10.240.0.0/24 has 256 addresses, and the cluster may need 309", "write a /23"},
		"an archive":         {func(_, spec, _ document) { spec["images"] = document{"bundle": "images.tar"} }, "spec.images.bundle", "pull their images", "spec.images.registry"},
		"a name of a number": {func(whole, _, _ document) { whole["metadata"] = document{"name": "7up"} }, "metadata.name", "begin with a letter", `"k7up"`},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := understood(t, written(c.edit))
			if len(problems) != 1 {
				t.Fatalf("got %d problems, want one:\n%s", len(problems), strings.Join(problems, "\n"))
			}
			path, rest, _ := strings.Cut(problems[0], ": ")
			if path != c.path || !strings.Contains(rest, c.message) || !strings.Contains(rest, c.fix) {
				t.Errorf("got %s\nwant path %q, message with %q, fix with %q", problems[0], c.path, c.message, c.fix)
			}
		})
	}
}

// both makes two edits.
func both(edits ...func(whole, spec, block document)) func(whole, spec, block document) {
	return func(whole, spec, block document) {
		for _, edit := range edits {
			edit(whole, spec, block)
		}
	}
}

// wide has room for thousands of nodes.
func wide(_, spec, _ document) {
	spec["network"] = document{"nodeCIDR": "10.240.0.0/16", "podCIDR": "10.0.0.0/11"}
}

func TestValidate_TellsEverythingAtOnce(t *testing.T) {
	_, problems := understood(t, written(both(
		set("project", "1"), set("zones", []string{"moon-a"}), set("os", "dos"), set("image", "x"),
		set("existing", document{"subnetwork": "s"}), pool(document{"machine": document{"type": "?"}}),
	)))
	if len(problems) != 6 {
		t.Errorf("got %d problems:\n%s", len(problems), strings.Join(problems, "\n"))
	}
}

func TestValidate_AsksForAProjectOnly(t *testing.T) {
	cluster, problems := understood(t, written())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b := cluster.Spec.Block.(*Block)
	if b.Region != "us-central1" || len(b.Zones) != 3 || b.OS != "debian-13" || len(b.Access.APICIDRs) != 1 || len(b.Access.SSHCIDRs) != 0 {
		t.Errorf("the defaults are %+v", b)
	}
	if m := cluster.Spec.Pools[0].Machine; m.Type != "e2-standard-2" || m.Arch != "amd64" || len(m.Zones) != 3 {
		t.Errorf("the default machine is %+v", m)
	}
}

func TestValidate_TakesProjectsOfADomain(t *testing.T) {
	if _, problems := understood(t, written(set("project", "example.com:my-project"))); len(problems) > 0 {
		t.Error(problems)
	}
}

func TestExample_IsTakenByConfigAndCloud(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "gcp.json"))
	if err != nil {
		t.Fatal(err)
	}
	var whole document
	if err := json.Unmarshal(data, &whole); err != nil {
		t.Fatal(err)
	}
	d := declare(t, whole)
	if planes := d.of("Instance"); len(planes) != 3 || word(planes[0], "zone") != "europe-west4-a" {
		t.Errorf("the example makes control planes %v", planes)
	}
}
