package providers_test

import (
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/emulator"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// awsStack is a stack whose provider is the upstream AWS provider, with the
// emulator it speaks to.
type awsStack struct {
	*stack
	cloud *emulator.Emulator
}

func openAWS(t *testing.T) *awsStack {
	t.Helper()
	cloud, err := emulator.New()
	if err != nil {
		t.Fatal(err)
	}
	return &awsStack{cloud: cloud, stack: open(t, aws.New(), cloud, map[string]any{"region": emulator.Region}, func(url string) map[string]string {
		return map[string]string{
			"AWS_ENDPOINT_URL": url, "AWS_ACCESS_KEY_ID": "AKIAEMULATED", "AWS_SECRET_ACCESS_KEY": "emulated",
			"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.DevNull, "AWS_SHARED_CREDENTIALS_FILE": os.DevNull,
			"AWS_PROFILE": "", "AWS_SESSION_TOKEN": "", "AWS_MAX_ATTEMPTS": "1",
		}
	})}
}

// TestAWS_UpstreamProviderMakesAndTakesAwayClusters runs the program through
// the code that runs against AWS.
func TestAWS_UpstreamProviderMakesAndTakesAwayClusters(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(spec map[string]any)
	}{
		{"one control plane", nil},
		{"three control planes, autoscaled", func(spec map[string]any) {
			spec["controlPlane"], spec["addons"] = map[string]any{"count": 3}, []any{map[string]any{"name": "cluster-autoscaler"}}
		}},
		{"arm64, Ubuntu, private", func(spec map[string]any) {
			arm := map[string]any{"arch": "arm64"}
			spec["controlPlane"] = map[string]any{"count": 1, "machine": arm}
			spec["pools"] = []any{map[string]any{"name": "workers", "count": 2, "machine": arm}}
			spec["aws"].(map[string]any)["os"] = "ubuntu-24.04"
			spec["aws"].(map[string]any)["natPerZone"] = true
			spec["aws"].(map[string]any)["access"] = map[string]any{"privateEndpoint": true, "sshCIDRs": []any{"198.51.100.0/24"}}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := openAWS(t)
			in := s.inputs(t, c.change)
			made := s.up(t, in)
			t.Logf("%d resources: %v", made.Create, s.cloud.Objects())
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
				t.Fatalf("destroy: %v\nthe emulator refused %v", err, strings.Join(s.cloud.Refused(), "\n"))
			}
			if gone.Delete != made.Create {
				t.Errorf("%d were made and %d deleted", made.Create, gone.Delete)
			}
			if left := s.cloud.Left(); len(left) > 0 {
				t.Errorf("the cloud still has %v", left)
			}
			s.refusals(t)
			s.rights(t)
		})
	}
}

// refusals demands that whatever was refused was only looked for: the provider
// asks whether a name is taken, and whether what it deleted is gone.
func (s *awsStack) refusals(t *testing.T) {
	t.Helper()
	for _, refused := range s.cloud.Refused() {
		if !strings.Contains(refused, "NotFound") && !strings.Contains(refused, "NoSuchEntity") {
			t.Errorf("the emulator refused %s", refused)
		}
	}
}

// changePool gives the first pool larger disks and one node more: a version of
// its template, and the group changed in place, which replaces its instances.
func (s *awsStack) changePool(t *testing.T, change func(map[string]any), all int) {
	t.Helper()
	templates, refreshes, size := s.cloud.IDs("launch-template"), s.cloud.Refreshes(), s.cloud.Sizes()["one-workers"]
	changed := s.up(t, s.inputs(t, func(spec map[string]any) {
		if change != nil {
			change(spec)
		}
		pool := spec["pools"].([]any)[0].(map[string]any)
		machine := map[string]any{"diskGB": 80}
		if was, ok := pool["machine"].(map[string]any); ok {
			machine["arch"] = was["arch"]
		}
		pool["machine"], pool["count"] = machine, size+1
	}))
	if changed != (engine.Changes{Update: 2, Same: all - 2}) {
		t.Errorf("a changed pool: %+v", changed)
	}
	if after := s.cloud.IDs("launch-template"); !slices.Equal(after, templates) {
		t.Errorf("templates before %v, after %v", templates, after)
	}
	refreshes["one-workers"]++
	if after := s.cloud.Refreshes(); !maps.Equal(after, refreshes) {
		t.Errorf("instances were replaced %v times, not %v", after, refreshes)
	}
	if after := s.cloud.Sizes()["one-workers"]; after != size+1 {
		t.Errorf("the group has %d nodes, not %d", after, size+1)
	}
}

// changeFirstBoot gives every host another bootstrap image: machines of the
// control plane are replaced, their disks, addresses and places behind the
// load balancers are not.
func (s *awsStack) changeFirstBoot(t *testing.T, change func(map[string]any)) {
	t.Helper()
	in := s.inputs(t, change)
	s.up(t, in) // the pools as they were
	machines, disks, cards, targets := s.cloud.IDs("instance"), s.cloud.IDs("volume"), s.cloud.IDs("network-interface"), s.cloud.Targets()
	in.BootstrapImage = strings.Replace(in.BootstrapImage, "0123", "3210", 1)
	s.up(t, in)
	after := s.cloud.IDs("instance")
	if len(after) != len(machines) || slices.ContainsFunc(after, func(id string) bool { return slices.Contains(machines, id) }) {
		t.Errorf("machines before %v, after %v", machines, after)
	}
	if after := s.cloud.IDs("volume"); len(after) != len(machines) || !slices.Equal(after, disks) {
		t.Errorf("disks before %v, after %v", disks, after)
	}
	if after := s.cloud.IDs("network-interface"); !slices.Equal(after, cards) {
		t.Errorf("interfaces before %v, after %v", cards, after)
	}
	if after := s.cloud.Targets(); !maps.EqualFunc(after, targets, slices.Equal[[]string]) || len(after) == 0 {
		t.Errorf("behind the load balancers were %v, are %v", targets, after)
	}
	if changes := s.up(t, in); changes.Any() {
		t.Errorf("the same again after another first boot: %+v", changes)
	}
}
