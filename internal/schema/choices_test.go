package schema_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

// choices are the fields of a target's config that have some.
func choices(t *testing.T, target string) map[string]config.Choices {
	t.Helper()
	cluster, problems := load(t, base(target))
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	all := cluster.Choices()
	all["spec.target"] = config.Choices{Values: slices.Sorted(maps.Keys(targets.Blocks()))}
	return all
}

// Where nothing but the choices can be written, Validate must take each of them
// and nothing else.
func TestChoices_AgreeWithValidate(t *testing.T) {
	s := every()
	checked := 0
	for target := range targets.Blocks() {
		for path, c := range choices(t, target) {
			f := s.Find(path)
			if f == nil {
				t.Errorf("%s: there are choices for %s, which is no field", target, path)
				continue
			}
			if len(c.Values) == 0 || !slices.Contains(with(f), target) {
				continue
			}
			checked++
			for _, value := range c.Values {
				if problems := choose(t, target, f, value); len(problems) > 0 {
					t.Errorf("%s: %s = %s is a choice, and refused: %v", target, path, value, problems)
				}
			}
			if path == "spec.target" {
				continue // what is none has no base
			}
			other := map[schema.Type]string{schema.Integer: "97"}[f.Type]
			if other == "" {
				other = "other"
			}
			if problems := choose(t, target, f, other); !c.Open && len(problems) == 0 {
				t.Errorf("%s: %s = %s is no choice, and taken", target, path, other)
			}
		}
	}
	if checked < 40 {
		t.Errorf("only %d fields were looked at", checked)
	}
}

// choose are the problems of a field of which a value was chosen.
func choose(t *testing.T, target string, f *schema.Field, value string) []string {
	t.Helper()
	if f.Path == "spec.target" {
		target = value
	}
	whole, path := withField(t, target, f.Path)
	switch path {
	case "spec.controlPlane.count":
		if target == "baremetal" {
			hosts := []any{object{"address": "10.240.0.21", "role": "worker"}, object{"address": "10.240.0.22", "role": "worker"}}
			for n := range map[string]int{"1": 1, "3": 3, "5": 5}[value] {
				hosts = append(hosts, object{"address": "10.240.0.1" + string(rune('1'+n)), "role": "control-plane"})
			}
			set(t, whole, "spec.baremetal.hosts", hosts)
		}
	case "spec.pools[0].taints[0].effect":
		set(t, whole, "spec.pools[0].taints[0].key", "dedicated")
	case "spec.baremetal.hosts[0].role":
		if value == "worker" {
			set(t, whole, "spec.baremetal.hosts[1].role", "control-plane")
		}
	case "spec.baremetal.hosts[0].pool":
		set(t, whole, "spec.baremetal.hosts[0].role", "worker")
		set(t, whole, "spec.baremetal.hosts[1].role", "control-plane")
	case "spec.gcp.region", "spec.aws.region", "spec.azure.location":
		// The zones are then those of the region.
	}
	set(t, whole, path, plainly(t, f, value))
	_, problems := load(t, whole)
	return slices.DeleteFunc(problems, func(problem string) bool {
		// Flatcar's image on AWS must be named: another field's problem.
		return !about([]string{problem}, path) && !about([]string{problem}, strings.TrimSuffix(path, "[0]")) && strings.HasPrefix(problem, "spec.aws.image: ")
	})
}

// plainly is a value as it is written in JSON.
func plainly(t *testing.T, f *schema.Field, value string) any {
	t.Helper()
	if f.Type == schema.Integer {
		return document(t, []byte(value))
	}
	return value
}

// The defaults of machines are among what is offered, and so is what an
// architecture asks for.
func TestChoices_OfferMachinesOfTheArchitecture(t *testing.T) {
	for _, target := range []string{"aws", "azure", "gcp"} {
		amd := choices(t, target)["spec.pools[].machine.type"].Values
		whole := base(target)
		set(t, whole, "spec.pools[0].machine.arch", "arm64")
		cluster, problems := load(t, whole)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		arm := cluster.Choices()["spec.pools[].machine.type"].Values
		if !slices.Contains(arm, cluster.Spec.Pools[0].Machine.Type) || !slices.Contains(amd, cluster.Spec.ControlPlane.Machine.Type) {
			t.Errorf("%s: the defaults are not among %v, %v", target, amd, arm)
		}
		if slices.ContainsFunc(arm, func(one string) bool { return slices.Contains(amd, one) }) {
			t.Errorf("%s: %v and %v are offered for different machines", target, amd, arm)
		}
	}
}

func TestChoices_OfZonesFollowTheRegion(t *testing.T) {
	for target, c := range map[string]struct{ path, region, zone string }{
		"aws":   {"spec.aws.region", "eu-central-1", "eu-central-1b"},
		"gcp":   {"spec.gcp.region", "europe-west1", "europe-west1-d"},
		"azure": {"spec.azure.location", "westus2", "3"},
	} {
		whole := base(target)
		set(t, whole, c.path, c.region)
		cluster, problems := load(t, whole)
		if len(problems) > 0 {
			t.Fatal(problems)
		}
		if zones := cluster.Choices()["spec."+target+".zones[]"]; !slices.Contains(zones.Values, c.zone) || zones.Of != c.path {
			t.Errorf("%s: the zones of %s are %+v", target, c.region, zones)
		}
	}
	whole := base("azure")
	set(t, whole, "spec.azure.location", "westus")
	set(t, whole, "spec.azure.zones", []any{})
	cluster, problems := load(t, whole)
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if zones := cluster.Choices()["spec.azure.zones[]"].Values; len(zones) > 0 {
		t.Errorf("westus, which has no zones, has %v", zones)
	}
}
