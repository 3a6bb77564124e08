package aws

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// addonsOf are configs that enable, disable and leave alone what is built in.
func addonsOf() map[string][]object {
	return map[string][]object{
		"as it comes":         nil,
		"the CSI driver less": {{"name": "aws-ebs-csi", "enabled": false}},
		"the controller less": {{"name": "aws-cloud-controller-manager", "enabled": false}},
		"in the user's hands": {{"name": "aws-ebs-csi", "unmanaged": true}},
		"the autoscaler more": {{"name": "cluster-autoscaler"}},
		"none":                {{"name": "aws-ebs-csi", "enabled": false}, {"name": "aws-cloud-controller-manager", "enabled": false}},
	}
}

func TestProgram_GrantsWhatAddonsDeclare(t *testing.T) {
	for name, addons := range addonsOf() {
		t.Run(name, func(t *testing.T) {
			in := inputs(t, written(func(spec, _ object) { spec["addons"] = addons }))
			declared, err := catalog.PermissionsOf("aws", in.Cluster.EnabledAddons())
			if err != nil {
				t.Fatal(err)
			}
			want := map[string][]string{}
			for _, g := range declared {
				want["addon-"+g.Addon] = slices.Sorted(slices.Values(slices.Concat(g.Actions, g.Owned, g.Tagged)))
			}
			got := map[string][]string{}
			for resource, of := range declare(t, in).of("RolePolicy") {
				if !strings.HasPrefix(text(of, "name"), "addon-") {
					continue
				}
				if role := text(of, "role"); role != "demo-control-plane-id" {
					t.Errorf("%s is of role %s: workers run none of it", resource, role)
				}
				var written policy
				if err := json.Unmarshal([]byte(text(of, "policy")), &written); err != nil {
					t.Fatal(err)
				}
				for _, right := range written.Statement {
					got[text(of, "name")] = append(got[text(of, "name")], right.Action...)
				}
				slices.Sort(got[text(of, "name")])
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-declared +made):\n%s", diff)
			}
		})
	}
}

// What may be deleted, attached or let in must be the cluster's own, and
// nothing may be made so afterwards.
func TestProgram_GrantsNothingOnWhatIsOthers(t *testing.T) {
	p := &program{cluster: "demo"}
	said := map[string]map[string]map[string]string{}
	for _, right := range p.rights(catalog.Permissions{
		Actions: []string{"ec2:DescribeVolumes"}, Owned: []string{"ec2:DeleteVolume"}, Tagged: []string{"ec2:CreateTags", "ec2:CreateVolume"},
	}) {
		for _, action := range right.Action {
			said[action] = right.Condition
		}
	}
	own, making := "aws:ResourceTag/kubernetes.io/cluster/demo", "aws:RequestTag/kubernetes.io/cluster/demo"
	want := map[string]map[string]map[string]string{
		"ec2:DescribeVolumes": nil,
		"ec2:DeleteVolume":    {"StringEquals": {own: "owned"}},
		"ec2:CreateVolume":    {"StringEquals": {making: "owned"}},
		"ec2:CreateTags":      {"StringEquals": {making: "owned"}, "Null": {"ec2:CreateAction": "false"}},
	}
	if diff := cmp.Diff(want, said); diff != "" {
		t.Error(diff)
	}
}

// Etcd's disks and the machines' first must stay out of the CSI driver's reach.
func TestProgram_MarksAsOwnedWhatControllersMayTouch(t *testing.T) {
	made := declare(t, inputs(t, written(three)))
	const mark = "kubernetes.io/cluster/demo"
	for kind, want := range map[string]bool{"Instance": true, "Group": true, "Subnet": true, "Volume": false, "NetworkInterface": false, "Vpc": false, "LoadBalancer": false, "LaunchTemplate": false} {
		for name, of := range made.of(kind) {
			if got := tagsOf(of)[mark] == "owned"; got != want {
				t.Errorf("%s %s is marked as owned: %v", kind, name, got)
			}
		}
	}
	for name, of := range made.of("LaunchTemplate") {
		specs, _ := plain(of, "tagSpecifications").([]any)
		for i := range specs {
			if tags, _ := plain(of, "tagSpecifications", i, "tags").(map[string]any); tags[mark] != nil {
				t.Errorf("%s marks each %s as owned", name, text(of, "tagSpecifications", i, "resourceType"))
			}
		}
	}
	for name, of := range made.of("SecurityGroup") {
		hosts := name == "demo-control-plane" || name == "demo-worker"
		if got := tagsOf(of)[mark] == "owned"; got != hosts {
			t.Errorf("security group %s is marked as owned: %v", name, got)
		}
	}
}

func TestProgram_MarksPoolsForTheAutoscaler(t *testing.T) {
	made := declare(t, inputs(t, written(func(spec, _ object) {
		spec["pools"] = []object{
			{"name": "fixed", "count": 1},
			{"name": "elastic", "count": 1, "min": 0, "max": 9, "labels": object{"disk": "ssd"}, "taints": []object{{"key": "batch", "value": "yes", "effect": "NoSchedule"}}},
		}
	})))
	const prefix = "k8s.io/cluster-autoscaler/"
	for name, of := range made.of("Group") {
		got := map[string]string{}
		for key, value := range tagsOf(of) {
			if rest, is := strings.CutPrefix(key, prefix); is {
				got[rest] = value
			}
		}
		want := map[string]string{}
		if name == "demo-elastic" {
			want = map[string]string{
				"enabled": "true", "demo": "owned", "node-template/label/disk": "ssd",
				"node-template/label/kubernetes-anywhere.io/pool": "elastic", "node-template/taint/batch": "yes:NoSchedule",
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}
