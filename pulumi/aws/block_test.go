package aws

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestDefault_NeedsNothing(t *testing.T) {
	cluster, problems := read(t, written())
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	b := cluster.Spec.Block.(*Block)
	want := &Block{
		Region: "us-east-2", Zones: []string{"us-east-2a", "us-east-2b", "us-east-2c"}, OS: target.Debian,
		Access: target.Access{APICIDRs: []string{"0.0.0.0/0"}},
	}
	if diff := cmp.Diff(want, b); diff != "" {
		t.Error(diff)
	}
	for _, m := range []string{cluster.Spec.ControlPlane.Machine.Type, cluster.Spec.Pools[0].Machine.Type} {
		if m != "m6i.large" {
			t.Errorf("a machine is %q", m)
		}
	}
}

func TestExample_IsRight(t *testing.T) {
	data, err := os.ReadFile("../../examples/aws.json")
	if err != nil {
		t.Fatal(err)
	}
	_, report := config.Load("aws.json", data, map[string]func() config.Block{"aws": func() config.Block { return &Block{} }})
	for _, p := range report.Problems {
		t.Errorf("%s: %s", p.Path, p.Message)
	}
}

func TestDefault_TakesTheZonesOfExistingSubnets(t *testing.T) {
	cluster, problems := read(t, written(existing))
	if got := cluster.Spec.Block.(*Block).Zones; len(problems) > 0 || !slices.Equal(got, []string{"us-east-2a", "us-east-2b"}) {
		t.Errorf("got %v, %v", got, problems)
	}
}

// broken are configs that must be refused: each with the field that is named
// and what its fix says.
func broken() map[string]struct {
	edit       func(spec, block object)
	where, fix string
} {
	type b = struct {
		edit       func(spec, block object)
		where, fix string
	}
	machine := func(m object) func(spec, block object) {
		return func(spec, _ object) { spec["pools"] = []object{{"name": "w", "count": 1, "machine": m}} }
	}
	planes := func(m object) func(spec, block object) {
		return func(spec, _ object) { spec["controlPlane"] = object{"machine": m} }
	}
	put := func(key string, value any) func(spec, block object) {
		return func(_, block object) { block[key] = value }
	}
	both := func(edits ...func(spec, block object)) func(spec, block object) {
		return func(spec, block object) {
			for _, edit := range edits {
				edit(spec, block)
			}
		}
	}
	return map[string]b{
		"zone as region":     {put("region", "us-east-2a"), "spec.aws.region:", `write "us-east-2"`},
		"no region":          {put("region", "Frankfurt"), "spec.aws.region:", "aws ec2 describe-regions"},
		"zone elsewhere":     {put("zones", []string{"eu-west-1a"}), "spec.aws.zones[0]:", `"us-east-2a"`},
		"local zone":         {put("zones", []string{"us-east-2-chi-1a"}), "spec.aws.zones[0]:", `"us-east-2a"`},
		"zone twice":         {put("zones", []string{"us-east-2a", "us-east-2a"}), "spec.aws.zones[1]:", "remove one"},
		"no zones":           {put("zones", []string{}), "spec.aws.zones:", "at least one"},
		"too many zones":     {put("zones", strings.Split("us-east-2a us-east-2b us-east-2c us-east-2d us-east-2e us-east-2f us-east-2g", " ")), "spec.aws.zones:", "at most 6"},
		"os mistyped":        {put("os", "debain-13"), `spec.aws.os: there is no OS "debain-13"; did you mean "debian-13"?`, "write one of debian-13"},
		"image mistyped":     {put("image", "debian"), "spec.aws.image:", "resolve:ssm:"},
		"flatcar by name":    {put("os", "flatcar"), "spec.aws.image:", "flatcar_production_ami_all.json lists for us-east-2"},
		"image for two":      {both(put("image", "ami-0123456789abcdef0"), machine(object{"arch": "arm64"})), "spec.aws.image:", "remove image"},
		"type mistyped":      {machine(object{"type": "large"}), "spec.pools[0].machine.type", `"m6i.large"`},
		"graviton as amd64":  {machine(object{"type": "m7g.large"}), "m7g.large is arm64, and arch says amd64", `arch "arm64"`},
		"intel as arm64":     {machine(object{"type": "c6i.large", "arch": "arm64"}), "c6i.large is amd64, and arch says arm64", `arch "amd64"`},
		"etcd without NVMe":  {planes(object{"type": "t2.large"}), "spec.controlPlane.machine.type", `"m6i.large"`},
		"zone not ours":      {machine(object{"zones": []string{"us-east-2d"}}), "spec.pools[0].machine.zones", "spec.aws.zones"},
		"pool without zones": {machine(object{"zones": []string{}}), "spec.pools[0].machine.zones: is an empty list", "us-east-2a"},
		"range too small":    {func(spec, _ object) { spec["network"] = object{"nodeCIDR": "10.240.0.0/26"} }, "spec.network.nodeCIDR", "as a /16 to /24"},
		"range too large":    {func(spec, _ object) { spec["network"] = object{"nodeCIDR": "172.16.0.0/12"} }, "spec.network.nodeCIDR", "as a /16 to /24"},
		"too many nodes":     {func(spec, _ object) { spec["pools"] = []object{{"name": "w", "count": 200}} }, "spec.network.nodeCIDR: 10.240.0.0/24 has addresses for 58 hosts in each zone", "as a /23 or larger"},
		"too many in a zone": {func(spec, _ object) {
			spec["pools"] = []object{{"name": "w", "count": 60, "machine": object{"zones": []string{"us-east-2c"}}}}
		}, "zone us-east-2c would have more", "as a /23 or larger"},
		"too many at most": {func(spec, _ object) { spec["pools"] = []object{{"name": "w", "count": 1, "max": 230}} }, "spec.network.nodeCIDR", "as a /23 or larger"},
		"too many pools":   {func(spec, _ object) { spec["pools"] = pools(31) }, "spec.pools: has 31 pools", "at most 30"},
		"bundle of images": {func(spec, _ object) { spec["images"] = object{"bundle": "images.tar"} }, "spec.images.bundle", "spec.images.registry"},
		"open to nonsense": {put("access", object{"apiCIDRs": []string{"10.0.0.1/8"}}), "spec.aws.access.apiCIDRs[0]:", "203.0.113.0/24"},
		"private and open": {put("access", object{"privateEndpoint": true, "apiCIDRs": []string{"10.0.0.0/8"}}), "spec.aws.access.apiCIDRs:", "remove apiCIDRs"},
		"too many ranges":  {put("access", object{"sshCIDRs": slices.Repeat([]string{"10.0.0.0/8"}, 51)}), "spec.aws.access.sshCIDRs:", "at most 50"},
		"subnets alone":    {put("existing", object{"subnets": object{"us-east-2a": "subnet-0123456789abcdef0"}}), "spec.aws.existing.network:", "vpc-"},
		"network by name":  {put("existing", object{"network": "main"}), "spec.aws.existing.network:", "aws ec2 describe-vpcs"},
		"network alone":    {put("existing", object{"network": "vpc-0123456789abcdef0"}), "spec.aws.existing.subnets:", `add "us-east-2a"`},
		"no public subnet": {both(existing, func(_, block object) { delete(block["existing"].(object), "publicSubnets") }), "spec.aws.existing.publicSubnets:", "privateEndpoint true"},
		"subnet by name":   {both(existing, func(_, block object) { block["existing"].(object)["subnets"].(object)["us-east-2b"] = "private" }), `spec.aws.existing.subnets["us-east-2b"]:`, "aws ec2 describe-subnets"},
		"subnet elsewhere": {both(existing, func(_, block object) {
			block["existing"].(object)["publicSubnets"].(object)["eu-west-1a"] = "subnet-0123456789abcdef0"
		}), `spec.aws.existing.publicSubnets["eu-west-1a"]:`, `"us-east-2a"`},
		"NAT in what is ours": {both(existing, put("natPerZone", true)), "spec.aws.natPerZone:", "remove natPerZone"},
		"unknown field":       {put("project", "p"), "spec.aws.project:", "remove it"},
	}
}

func pools(n int) []object {
	var all []object
	for i := range n {
		all = append(all, object{"name": fmt.Sprintf("p%d", i), "count": 0})
	}
	return all
}

func TestValidate_RefusesBrokenConfigsWithTheirFix(t *testing.T) {
	for name, c := range broken() {
		t.Run(name, func(t *testing.T) {
			_, problems := read(t, written(c.edit))
			if !slices.ContainsFunc(problems, func(p string) bool {
				message, fix, _ := strings.Cut(p, "; ")
				return strings.Contains(p, c.where) && strings.Contains(message+fix, c.fix)
			}) {
				t.Errorf("no problem of %q is mended by %q:\n%s", c.where, c.fix, strings.Join(problems, "\n"))
			}
		})
	}
}

func TestValidate_TellsAllProblemsAtOnce(t *testing.T) {
	_, problems := read(t, written(func(spec, block object) {
		block["os"], block["zones"] = "windows", []string{"us-east-2a", "mars"}
		spec["pools"] = []object{{"name": "w", "count": 1, "machine": object{"type": "big"}}}
	}))
	if len(problems) != 3 {
		t.Errorf("got\n%s", strings.Join(problems, "\n"))
	}
}

func TestArchitecture_ReadsAWSsNames(t *testing.T) {
	for machineType, want := range map[string]string{
		"m6i.large": "amd64", "m6g.large": "arm64", "t4g.small": "arm64", "t3a.small": "amd64", "g5.xlarge": "amd64", "g5g.xlarge": "arm64",
		"c7gn.large": "arm64", "m7i-flex.large": "amd64", "i4i.large": "amd64", "is4gen.large": "arm64", "a1.large": "arm64",
		"r8gd.metal-24xl": "arm64", "p4de.24xlarge": "amd64", "u-6tb1.metal": "", "u7i-12tb.224xlarge": "amd64", "x2iedn.large": "amd64",
	} {
		if got := architecture(machineType); got != want {
			t.Errorf("%s: got %q, want %q", machineType, got, want)
		}
	}
}

func TestBill_ListsWhatIsPaidFor(t *testing.T) {
	in := inputs(t, written(three))
	got := New().Bill(in.Cluster)
	want := []target.Charge{
		{Count: 3, What: "m6i.large", For: "control plane"},
		{Count: 3, What: "gp3 disk, 47 GiB", For: "control plane"},
		{Count: 3, What: "gp3 disk, 19 GiB", For: "etcd"},
		{Count: 2, What: "m6i.large", For: "pool workers"},
		{Count: 2, What: "gp3 disk, 47 GiB", For: "pool workers"},
		{Count: 1, Max: 9, What: "m6i.large (spot)", For: "pool elastic"},
		{Count: 1, Max: 9, What: "gp3 disk, 47 GiB", For: "pool elastic"},
		{Count: 0, What: "m6g.large", For: "pool arm"},
		{Count: 0, What: "gp3 disk, 47 GiB", For: "pool arm"},
		{Count: 1, What: "Network Load Balancer", For: "API, for nodes"},
		{Count: 1, What: "Network Load Balancer", For: "API, for users"},
		{Count: 3, What: "public IPv4 address", For: "API, for users"},
		{Count: 1, What: "NAT gateway", For: "the way out"},
		{Count: 1, What: "public IPv4 address", For: "the way out"},
		{Count: 4, What: "Secrets Manager secret", For: "node bundles"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestBill_AgreesWithTheProgram(t *testing.T) {
	for name, document := range everyKind() {
		in := inputs(t, document)
		made := declare(t, in)
		counted := map[string]int{}
		for _, charge := range New().Bill(in.Cluster) {
			counted[charge.What] += charge.Count
		}
		for what, kind := range map[string]string{
			"Network Load Balancer": "LoadBalancer", "public IPv4 address": "Eip", "NAT gateway": "NatGateway", "Secrets Manager secret": "Secret",
		} {
			if counted[what] != len(made.of(kind)) {
				t.Errorf("%s: %d of %s are billed, %d are made", name, counted[what], what, len(made.of(kind)))
			}
		}
	}
}
