package providers_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/emulator"
)

// gcpStack is a stack whose provider is the upstream Google provider, with the
// emulator it speaks to.
type gcpStack struct {
	*stack
	cloud *emulator.Emulator
}

func openGCP(t *testing.T) *gcpStack {
	t.Helper()
	cloud, err := emulator.New()
	if err != nil {
		t.Fatal(err)
	}
	block := map[string]any{"project": "my-project", "region": "europe-west4"}
	return &gcpStack{cloud: cloud, stack: open(t, gcp.New(), cloud, block, func(url string) map[string]string {
		return map[string]string{"ANYWHERE_GCP_EMULATOR": url}
	})}
}

// TestGCP_UpstreamProviderMakesAndTakesAwayClusters runs the program through
// the code that runs against Google Cloud.
func TestGCP_UpstreamProviderMakesAndTakesAwayClusters(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(spec map[string]any)
	}{
		{"one control plane", nil},
		{"three control planes", func(spec map[string]any) { spec["controlPlane"] = map[string]any{"count": 3} }},
		{"arm64 behind a private endpoint", func(spec map[string]any) {
			arm := map[string]any{"arch": "arm64"}
			spec["controlPlane"] = map[string]any{"count": 1, "machine": arm}
			spec["pools"] = []any{map[string]any{"name": "workers", "count": 2, "machine": arm}}
			spec["gcp"].(map[string]any)["os"] = "ubuntu-24.04"
			spec["gcp"].(map[string]any)["region"] = "us-central1"
			spec["gcp"].(map[string]any)["access"] = map[string]any{"privateEndpoint": true, "sshCIDRs": []any{"198.51.100.0/24"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openGCP(t)
			in := s.inputs(t, c.change)
			made := s.up(t, in)
			t.Logf("%d resources: %v", made.Create, s.cloud.Objects())
			s.covers(t)
			s.grants(t, in)
			if again := s.up(t, in); again != (engine.Changes{Same: made.Create}) {
				t.Errorf("of %d made, the same again: %+v", made.Create, again)
			}
			if seen, err := s.Refresh(t.Context(), nil, s.log(t)); err != nil || seen.Update+seen.Delete+seen.Create+seen.Replace > 0 {
				t.Errorf("a refresh: %+v, error %v", seen, err)
			}
			s.changePool(t, c.change, made.Create)
			s.changeFirstBoot(t, c.change)
			gone, err := s.Destroy(t.Context(), s.log(t))
			if err != nil {
				t.Fatalf("destroy: %v\nthe emulator refused %v", err, s.cloud.Refused())
			}
			if gone.Delete != made.Create {
				t.Errorf("%d were made and %d deleted", made.Create, gone.Delete)
			}
			if left := s.cloud.Objects(); len(left) > 0 {
				t.Errorf("the cloud still has %v", left)
			}
			s.grantsNothing(t)
			s.rights(t)
			if refused := s.cloud.Refused(); len(refused) > 0 {
				t.Errorf("the emulator refused %v", refused)
			}
		})
	}
}

// covers demands that the cluster has one of every type that the cloud in
// memory knows: none goes without the upstream provider's judgement.
func (s *gcpStack) covers(t *testing.T) {
	t.Helper()
	resources, err := s.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range gcptest.New().Types() {
		if !slices.ContainsFunc(resources, func(r engine.Resource) bool { return r.Type == kind }) {
			t.Errorf("the cluster has no %s", kind)
		}
	}
}

// changePool gives the first pool other machines: a new template, and the
// group changed to it in place.
func (s *gcpStack) changePool(t *testing.T, change func(map[string]any), all int) {
	t.Helper()
	before := s.templates()
	changed := s.up(t, s.inputs(t, func(spec map[string]any) {
		if change != nil {
			change(spec)
		}
		pool := spec["pools"].([]any)[0].(map[string]any)
		machine := map[string]any{"diskGB": 80}
		if was, ok := pool["machine"].(map[string]any); ok {
			machine["arch"] = was["arch"]
		}
		pool["machine"], pool["count"] = machine, 4
	}))
	if changed != (engine.Changes{Update: 1, Replace: 1, Same: all - 2}) {
		t.Errorf("a changed pool: %+v", changed)
	}
	after := s.templates()
	if len(after) != len(before) || slices.Equal(after, before) {
		t.Errorf("templates before %v, after %v", before, after)
	}
	group := s.cloud.Object("projects/my-project/regions/" + s.region() + "/instanceGroupManagers/one-workers")
	if fmt.Sprint(group["targetSize"]) != "4" {
		t.Errorf("the group has %v nodes, not 4", group["targetSize"])
	}
}

// changeFirstBoot gives every host another bootstrap image: machines of the
// control plane are replaced, their disks and addresses are not.
func (s *gcpStack) changeFirstBoot(t *testing.T, change func(map[string]any)) {
	t.Helper()
	in := s.inputs(t, change)
	s.up(t, in) // the pools as they were
	machines, disks, templates := s.ids("/instances/"), s.ids("-etcd"), s.templates()
	in.BootstrapImage = strings.Replace(in.BootstrapImage, "0123", "3210", 1)
	s.up(t, in)
	if after := s.ids("/instances/"); len(after) != len(machines) || after[0] == machines[0] {
		t.Errorf("machines before %v, after %v", machines, after)
	}
	if after := s.ids("-etcd"); len(after) != len(machines) || !slices.Equal(after, disks) {
		t.Errorf("disks before %v, after %v", disks, after)
	}
	if after := s.templates(); len(after) != len(templates) || slices.Equal(after, templates) {
		t.Errorf("templates before %v, after %v", templates, after)
	}
	if members := s.cloud.Members(); !slices.Equal(members, s.links("/instances/")) {
		t.Errorf("behind the load balancers are %v, not %v", members, s.links("/instances/"))
	}
	changes := s.up(t, in)
	if changes.Any() {
		t.Errorf("the same again after another first boot: %+v", changes)
	}
}

// links are those of all that exist with a word in them, sorted.
func (s *gcpStack) links(word string) []string {
	return slices.DeleteFunc(s.cloud.Objects(), func(link string) bool { return !strings.Contains(link, word) })
}

// ids are the numbers that Google gave to these.
func (s *gcpStack) ids(word string) []string {
	var all []string
	for _, link := range s.links(word) {
		all = append(all, fmt.Sprint(s.cloud.Object(link)["id"]))
	}
	return all
}

func (s *gcpStack) templates() []string {
	return s.links("/instanceTemplates/")
}

// region is the one that the cluster is in.
func (s *gcpStack) region() string {
	for _, link := range s.cloud.Objects() {
		if _, rest, found := strings.Cut(link, "/regions/"); found {
			region, _, _ := strings.Cut(rest, "/")
			return region
		}
	}
	return ""
}
