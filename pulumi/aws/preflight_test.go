package aws

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

// using is the existing network of healthyAPI.
func using(_ *config.Cluster, b *Block) {
	b.Zones = []string{"us-east-2a"}
	b.Existing = Existing{
		Network: "vpc-1", Subnets: map[string]string{"us-east-2a": "subnet-a"}, PublicSubnets: map[string]string{"us-east-2a": "subnet-public"},
	}
}

func TestPreflight_FindsNothingInAnAccountThatIsReady(t *testing.T) {
	for name, change := range map[string]func(*config.Cluster, *Block){
		"defaults":         nil,
		"arm64":            func(c *config.Cluster, _ *Block) { c.Spec.ControlPlane.Machine.Arch = "arm64" },
		"existing network": using,
		"spot":             func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Spot = true },
	} {
		t.Run(name, func(t *testing.T) {
			if problems := flightOf(t, healthyAPI(), testCluster(change)); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_NamesEveryFaultWithItsFix(t *testing.T) {
	without := func(f *fakeAPI, kind, zone string) {
		one := f.types[kind]
		one.Zones = nil
		for _, z := range []string{"us-east-2a", "us-east-2b", "us-east-2c"} {
			if z != zone {
				one.Zones = append(one.Zones, z)
			}
		}
		f.types[kind] = one
	}
	for name, test := range map[string]struct {
		world              func(*fakeAPI)
		config             func(*config.Cluster, *Block)
		path, message, fix string
		several            bool
	}{
		"credentials that ran out": {
			world:   func(f *fakeAPI) { f.errors["Who"] = loggedOut() },
			message: "has run out", fix: "aws sso login",
		},
		"a region that does not exist": {
			world: func(f *fakeAPI) { f.errors["Zones"] = notFound("host ec2.moon-1.amazonaws.com") },
			path:  "spec.aws.region", message: "no region", fix: "aws ec2 describe-regions",
		},
		"a region that is switched off": {
			world: func(f *fakeAPI) { f.errors["Zones"] = loggedOut() },
			path:  "spec.aws.region", message: "does not know arn:aws:iam::123456789012:user/someone", fix: "aws account enable-region --region-name us-east-2",
		},
		"an account that is not signed up": {
			world: func(f *fakeAPI) {
				f.errors["Zones"] = &live.Fault{Reason: live.Disabled, Err: errors.New("You are not subscribed to this service (OptInRequired)")}
			},
			path: "spec.aws.region", message: "OptInRequired", fix: "another region",
		},
		"a right that is missing": {
			world:   func(f *fakeAPI) { f.errors["MachineTypes"] = denied("ec2:DescribeInstanceTypes") },
			message: "user/someone may not", fix: "have ec2:DescribeInstanceTypes allowed",
		},
		"roles that may not be made": {
			world: func(f *fakeAPI) {
				f.denied = []string{"iam:PutRolePolicy", "iam:PassRole", "iam:CreateInstanceProfile"}
			},
			message: "user/someone may not, with the roles that hosts are to have: iam:CreateInstanceProfile, iam:PassRole, iam:PutRolePolicy",
			fix:     "aws iam attach-user-policy --user-name someone --policy-arn arn:aws:iam::123456789012:policy/kubernetes-anywhere",
		},
		"roles that may not be passed by a role": {
			world: func(f *fakeAPI) {
				f.who, f.denied = "arn:aws-us-gov:sts::123456789012:assumed-role/builder/ci", []string{"iam:PassRole"}
			},
			message: "assumed-role/builder/ci may not", fix: "attach-role-policy --role-name builder --policy-arn arn:aws-us-gov:iam::123456789012:policy/kubernetes-anywhere",
		},
		"roles that may not be passed by a permission set": {
			world: func(f *fakeAPI) {
				f.who, f.denied = "arn:aws:sts::123456789012:assumed-role/AWSReservedSSO_Power_User_0123456789abcdef/me", []string{"iam:PassRole"}
			},
			message: "may not", fix: "the permission set Power_User of IAM Identity Center",
		},
		"a zone that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Zones = []string{"us-east-2a", "us-east-2x"} },
			path:   "spec.aws.zones[1]", message: `no zone "us-east-2x"`, fix: "us-east-2a, us-east-2b, us-east-2c", several: true,
		},
		"a zone that is switched off": {
			world: func(f *fakeAPI) { f.zones[2].OptedIn = false },
			path:  "spec.aws.zones[2]", message: "is not enabled", fix: "us-east-2a, us-east-2b",
		},
		"a zone that is down": {
			world: func(f *fakeAPI) { f.zones[0].State, f.zones[0].Messages = "impaired", []string{"power is out"} },
			path:  "spec.aws.zones[0]", message: "is impaired: power is out", fix: "leave it out",
		},
		"a zone of a pool that is not there": {
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Zones = []string{"us-east-2z"} },
			path:   "spec.pools[0].machine.zones[0]", message: `no zone "us-east-2z"`, fix: "zones that it has", several: true,
		},
		"a machine type that does not exist": {
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Type = "m99.huge" },
			path:   "spec.pools[0].machine.type", message: `no machine type "m99.huge"`, fix: "describe-instance-type-offerings --region us-east-2",
		},
		"a machine type that a zone does not offer": {
			world: func(f *fakeAPI) { without(f, "m6i.large", "us-east-2b") },
			path:  "spec.controlPlane.machine.type", message: "is not offered in us-east-2b", fix: "spec.controlPlane.machine.zones us-east-2a, us-east-2c", several: true,
		},
		"a machine type of the other architecture": {
			config: func(c *config.Cluster, _ *Block) {
				c.Spec.Pools[0].Machine = config.Machine{Type: "m6g.large", Arch: "amd64"}
			},
			path: "spec.pools[0].machine.arch", message: "is arm64", fix: `write arch "arm64"`,
		},
		"too few processors": {
			world: func(f *fakeAPI) { f.usage.CPUs = 12 },
			path:  "spec.controlPlane.machine.type", message: "12 of 16 are in use, and the plan takes 6 more",
			fix: "request-service-quota-increase --region us-east-2 --service-code ec2 --quota-code L-1216C47A --desired-value 18",
		},
		"too few spot processors": {
			world:  func(f *fakeAPI) { f.quotas[spotQuota] = 0 },
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Spot = true },
			path:   "spec.pools[0].machine.type", message: "spot machines", fix: "L-34B43A08",
		},
		"no addresses left": {
			world: func(f *fakeAPI) { f.usage.Addresses = 3 },
			path:  "spec.aws.zones", message: "1 for the way out, 3 for the API", fix: "--quota-code L-0263D0A3 --desired-value 7",
		},
		"no network left": {
			world: func(f *fakeAPI) { f.usage.Networks = 5 },
			path:  "spec.aws.existing.network", message: "VPCs", fix: "--service-code vpc",
		},
		"too little room on disks": {
			world: func(f *fakeAPI) { f.usage.DiskGiB = 50 * 1024 },
			path:  "spec.controlPlane.machine.diskGB", message: "gp3", fix: "--service-code ebs --quota-code L-7A658B76 --desired-value 51",
		},
		"an existing network that is not there": {
			config: func(c *config.Cluster, b *Block) { using(c, b); b.Existing.Network = "vpc-none" },
			path:   "spec.aws.existing.network", message: `no VPC "vpc-none"`, fix: "aws ec2 describe-vpcs --region us-east-2",
		},
		"an existing subnet that is not there": {
			config: func(c *config.Cluster, b *Block) { using(c, b); b.Existing.Subnets["us-east-2a"] = "subnet-none" },
			path:   "spec.aws.existing.subnets.us-east-2a", message: `no subnet "subnet-none"`, fix: "describe-subnets",
		},
		"an existing subnet of another network": {
			config: func(c *config.Cluster, b *Block) {
				using(c, b)
				b.Zones = []string{"us-east-2b"}
				b.Existing.Subnets = map[string]string{"us-east-2b": "subnet-elsewhere"}
			},
			path: "spec.aws.existing.subnets.us-east-2b", message: "is in VPC vpc-2", fix: "Name=vpc-id,Values=vpc-1",
		},
		"an existing subnet of another zone": {
			config: func(c *config.Cluster, b *Block) {
				using(c, b)
				b.Existing.PublicSubnets = map[string]string{"us-east-2c": "subnet-public"}
			},
			path: "spec.aws.existing.publicSubnets.us-east-2c", message: "is in zone us-east-2a", fix: `"us-east-2a": "subnet-public"`,
		},
		"existing subnets beyond the nodes' range": {
			config: func(c *config.Cluster, b *Block) { using(c, b); c.Spec.Network.NodeCIDR = "10.250.0.0/24" },
			path:   "spec.network.nodeCIDR", message: "subnet-a (10.240.0.0/26)", fix: "holds all of them",
		},
		"a cloud that cannot be reached": {
			world:   func(f *fakeAPI) { f.errors["Who"] = errors.New("dial tcp: no route to host") },
			message: "no route to host", fix: "curl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := healthyAPI()
			if test.world != nil {
				test.world(api)
			}
			problems := flightOf(t, api, testCluster(test.config))
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if !test.several && len(problems) != 1 {
				t.Errorf("%d problems, want that one only:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_HidesNoProblemBehindAnother(t *testing.T) {
	api := healthyAPI()
	api.zones[2].State = "unavailable"
	api.quotas[cpuQuota] = 1
	problems := flightOf(t, api, testCluster(func(c *config.Cluster, b *Block) {
		b.Existing.Network = "none"
		c.Spec.Pools[0].Machine.Type = "m99.huge"
	}))
	for _, path := range []string{"spec.aws.zones[2]", "spec.pools[0].machine.type", "spec.controlPlane.machine.type", "spec.aws.existing.network"} {
		livetest.Expect(t, problems, path, "", "")
	}
}

func TestPreflight_LeavesQuotasThatMayNotBeReadToTheCloud(t *testing.T) {
	api := healthyAPI()
	api.errors["Quota"] = denied("servicequotas:GetServiceQuota")
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}

func TestPreflight_NeedsNoQuotaForWhatIsThere(t *testing.T) {
	api := healthyAPI()
	api.quotas = map[string]float64{cpuQuota: 6, addressQuota: 4, networkQuota: 1, diskQuota: 1}
	api.usage = Usage{CPUs: 6, Addresses: 4, Networks: 1, DiskGiB: 1024}
	api.resources = []Resource{{Kind: "vpc", ID: "vpc-9"}}
	for _, id := range []string{"a", "b", "c", "d"} {
		api.resources = append(api.resources, Resource{Kind: "elastic-ip", ID: id})
	}
	for _, id := range []string{"i-1", "i-2", "i-3"} {
		api.resources = append(api.resources, Resource{Kind: "instance", ID: id, Type: "m6i.large"})
	}
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	more := flightOf(t, api, testCluster(func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Count = 3 }))
	livetest.Expect(t, more, "spec.pools[0].machine.type", "2 more (1 × m6i.large for pool workers)", "--desired-value 8")
}

func TestPreflight_SaysHowToLogInWhereThereAreNoCredentials(t *testing.T) {
	t.Setenv("AWS_PROFILE", "work")
	cloud := New(WithAPI(func(context.Context, *config.Cluster) (API, error) { return nil, loggedOut() }))
	problems := cloud.Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	livetest.Expect(t, problems, "", "has run out", "aws sso login --profile work")
}

// What AWS will not say is no fault of whoever asks.
func TestPreflight_TakesNoRefusedQuestionForAMissingRight(t *testing.T) {
	api := healthyAPI()
	api.errors["Denied"] = denied("iam:SimulatePrincipalPolicy")
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	api.errors["Denied"] = errors.New("dial tcp: no route to host")
	livetest.Expect(t, flightOf(t, api, testCluster(nil)), "", "asking what you may do", "curl")
}

func TestPreflight_AsksOfTheRolesThatWillBeMade(t *testing.T) {
	api := healthyAPI()
	flightOf(t, api, testCluster(nil))
	for _, want := range []string{
		"Denied arn:aws:iam::123456789012:role/kubernetes-anywhere/demo-us-east-2-control-plane",
		"Denied arn:aws:iam::123456789012:instance-profile/kubernetes-anywhere/demo-us-east-2-control-plane",
	} {
		if !slices.Contains(api.calls, want) {
			t.Errorf("it did not ask %q: %q", want, api.calls)
		}
	}
}
