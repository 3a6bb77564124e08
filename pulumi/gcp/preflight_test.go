package gcp

import (
	"context"
	"errors"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestPreflight_FindsNothingInAProjectThatIsReady(t *testing.T) {
	for name, change := range map[string]func(*config.Cluster, *Block){
		"defaults": nil,
		"arm64": func(c *config.Cluster, _ *Block) {
			c.Spec.ControlPlane.Machine.Arch = "arm64"
		},
		"existing network and subnet": func(_ *config.Cluster, b *Block) {
			b.Existing = Existing{Network: "shared", Subnetwork: "hosts"}
		},
		"existing network, new subnet": func(c *config.Cluster, b *Block) {
			b.Existing.Network = "shared"
			c.Spec.Network.NodeCIDR = "10.250.0.0/24"
		},
	} {
		t.Run(name, func(t *testing.T) {
			if problems := flightOf(t, healthyAPI(), testCluster(change)); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_NamesEveryFaultWithItsFix(t *testing.T) {
	for name, test := range map[string]struct {
		world              func(*fakeAPI)
		config             func(*config.Cluster, *Block)
		path, message, fix string
		alone              bool
	}{
		"credentials that ran out": {
			world:   func(f *fakeAPI) { f.errors["Region"], f.errors["Services"] = loggedOut(), loggedOut() },
			message: "the token has run out", fix: "gcloud auth application-default login", alone: true,
		},
		"an API that is not enabled": {
			world: func(f *fakeAPI) { f.disabled = []string{"secretmanager.googleapis.com"} },
			path:  "spec.gcp.project", message: "secretmanager.googleapis.com",
			fix: "gcloud services enable secretmanager.googleapis.com --project demo", alone: true,
		},
		"Compute Engine not enabled": {
			world: func(f *fakeAPI) {
				f.disabled = []string{computeAPI}
				f.errors["Region"] = &live.Fault{Reason: live.Disabled, Of: computeAPI, Err: errors.New("it is disabled")}
			},
			path: "spec.gcp.project", message: computeAPI, fix: "gcloud services enable compute.googleapis.com", alone: true,
		},
		"Compute Engine not enabled, seen by its own answer only": {
			world: func(f *fakeAPI) {
				f.errors["Services"] = denied("serviceusage.services.get")
				f.errors["Region"] = &live.Fault{Reason: live.Disabled, Of: computeAPI, Err: errors.New("it is disabled")}
			},
			path: "spec.gcp.project", message: "it is disabled", fix: "gcloud services enable compute.googleapis.com", alone: true,
		},
		"rights that are missing": {
			world: func(f *fakeAPI) {
				f.missing = []string{"iam.roles.create", "resourcemanager.projects.setIamPolicy"}
			},
			path: "spec.gcp.project", message: "may not: iam.roles.create, resourcemanager.projects.setIamPolicy",
			fix: "--member serviceAccount:robot@demo.iam.gserviceaccount.com --role roles/iam.roleAdmin; gcloud projects add-iam-policy-binding demo --member serviceAccount:robot@demo.iam.gserviceaccount.com --role roles/resourcemanager.projectIamAdmin;", alone: true,
		},
		"many rights that are missing": {
			world: func(f *fakeAPI) { f.missing = Permissions() },
			path:  "spec.gcp.project", message: "more", fix: "permissions/gcp-role.yaml", alone: true,
		},
		"a permission that is missing": {
			world: func(f *fakeAPI) { f.errors["Region"] = denied("compute.regions.get") },
			path:  "spec.gcp.project", message: "robot@demo.iam.gserviceaccount.com may not: Required 'compute.regions.get'",
			fix: "--member serviceAccount:robot@demo.iam.gserviceaccount.com", alone: true,
		},
		"a project that is not there": {
			world: func(f *fakeAPI) { f.errors["Region"] = notFound("resource 'projects/demo'") },
			path:  "spec.gcp.project", message: `no project "demo"`, fix: "gcloud projects list", alone: true,
		},
		"a region that is not there": {
			world: func(f *fakeAPI) { f.errors["Region"] = notFound("resource 'projects/demo/regions/moon1'") },
			path:  "spec.gcp.region", message: "no region", fix: "gcloud compute regions list --project demo", alone: true,
		},
		"a region that is down": {
			world: func(f *fakeAPI) { f.region.Up = false },
			path:  "spec.gcp.region", message: "is down", fix: "another region", alone: true,
		},
		"a zone that is down": {
			world: func(f *fakeAPI) { f.zones[1].Up = false },
			path:  "spec.gcp.zones[1]", message: `"us-central1-b" is down`, fix: "leave it out", alone: true,
		},
		"a zone that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Zones = []string{"us-central1-a", "us-central1-x"} },
			path:   "spec.gcp.zones[1]", message: `no zone "us-central1-x"`, fix: "us-central1-a, us-central1-b, us-central1-c", alone: true,
		},
		"a zone of a pool that is not there": {
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.Zones = []string{"us-central1-z"} },
			path:   "spec.pools[0].machine.zones[0]", message: `no zone "us-central1-z"`, fix: "zones of the region", alone: true,
		},
		"a machine type that a zone does not offer": {
			world: func(f *fakeAPI) { delete(f.types, "us-central1-c/e2-standard-2") },
			path:  "spec.pools[0].machine.type", message: "is not offered in us-central1-c", fix: "machine-types list --project demo --zones us-central1-c",
		},
		"a machine type on its way out": {
			world: func(f *fakeAPI) { f.types["us-central1-a/e2-standard-2"] = MachineType{Deprecated: "OBSOLETE"} },
			path:  "spec.controlPlane.machine.type", message: "is not offered in us-central1-a", fix: "choose",
		},
		"a machine type of the other architecture": {
			config: func(c *config.Cluster, _ *Block) {
				c.Spec.Pools[0].Machine = config.Machine{Type: "t2a-standard-2", Arch: "amd64"}
			},
			path: "spec.pools[0].machine.arch", message: "is arm64", fix: `write arch "arm64"`, alone: true,
		},
		"too few processors": {
			world: func(f *fakeAPI) { f.region.Quotas[0].Usage = 20 },
			path:  "spec.controlPlane.machine.type", message: "CPUS", fix: "ask for 26 of CPUS at https://console.cloud.google.com", alone: true,
		},
		"too few processors in the project": {
			world: func(f *fakeAPI) { f.region.Quotas[4].Usage = 30 },
			path:  "spec.controlPlane.machine.type", message: "of the project", fix: "ask for 36 of CPUS_ALL_REGIONS", alone: true,
		},
		"too little room on disks": {
			config: func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Machine.DiskGB = 600 },
			path:   "spec.controlPlane.machine.diskGB", message: "2 disks of 600 GB for pool workers", fix: "SSD_TOTAL_GB", alone: true,
		},
		"no address left": {
			world: func(f *fakeAPI) { f.region.Quotas[3].Usage = 8 },
			path:  "spec.gcp.access.privateEndpoint", message: "the API's public address", fix: "STATIC_ADDRESSES", alone: true,
		},
		"no network left": {
			world: func(f *fakeAPI) { f.region.Quotas[5].Usage = 5 },
			path:  "spec.gcp.existing.network", message: "the cluster's network", fix: "NETWORKS", alone: true,
		},
		"somebody else's network of the cluster's name": {
			world: func(f *fakeAPI) { f.networks["demo"] = nil },
			path:  "metadata.name", message: "not this cluster's", fix: "another name", alone: true,
		},
		"an existing network that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Existing.Network = "none" },
			path:   "spec.gcp.existing.network", message: `no network "none"`, fix: "gcloud compute networks list --project demo", alone: true,
		},
		"an existing subnet that is not there": {
			config: func(_ *config.Cluster, b *Block) { b.Existing = Existing{Network: "shared", Subnetwork: "none"} },
			path:   "spec.gcp.existing.subnetwork", message: `no subnet "none"`, fix: "--regions us-central1", alone: true,
		},
		"an existing subnet that does not hold the nodes": {
			config: func(c *config.Cluster, b *Block) {
				b.Existing = Existing{Network: "shared", Subnetwork: "hosts"}
				c.Spec.Network.NodeCIDR = "10.0.0.0/8"
			},
			path: "spec.network.nodeCIDR", message: "not within subnet", fix: "10.240.0.0/16", alone: true,
		},
		"an existing network without room": {
			config: func(_ *config.Cluster, b *Block) { b.Existing.Network = "shared" },
			path:   "spec.network.nodeCIDR", message: `overlaps subnet "hosts"`, fix: "a range that none", alone: true,
		},
		"a cloud that cannot be reached": {
			world:   func(f *fakeAPI) { f.errors["Region"] = errors.New("dial tcp: no route to host") },
			message: "no route to host", fix: "curl", alone: true,
		},
	} {
		t.Run(name, func(t *testing.T) {
			api := healthyAPI()
			if test.world != nil {
				test.world(api)
			}
			problems := flightOf(t, api, testCluster(test.config))
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if test.alone && len(problems) != 1 {
				t.Errorf("%d problems, want that one only:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestPreflight_HidesNoProblemBehindAnother(t *testing.T) {
	api := healthyAPI()
	api.disabled = []string{"iam.googleapis.com"}
	api.zones[2].Up = false
	api.region.Quotas[0].Limit = 1
	delete(api.types, "us-central1-a/e2-standard-2")
	problems := flightOf(t, api, testCluster(func(_ *config.Cluster, b *Block) { b.Existing.Network = "none" }))
	for _, path := range []string{"spec.gcp.project", "spec.gcp.zones[2]", "spec.controlPlane.machine.type", "spec.gcp.existing.network"} {
		livetest.Expect(t, problems, path, "", "")
	}
	livetest.Expect(t, problems, "spec.controlPlane.machine.type", "CPUS", "")
	livetest.Expect(t, problems, "spec.controlPlane.machine.type", "not offered", "")
}

func TestPreflight_NeedsNoQuotaForWhatIsThere(t *testing.T) {
	api := healthyAPI()
	api.region.Quotas = []Quota{
		{Metric: "CPUS", Limit: 6, Usage: 6}, {Metric: "SSD_TOTAL_GB", Limit: 170, Usage: 170},
		{Metric: "STATIC_ADDRESSES", Limit: 1, Usage: 1}, {Metric: "NETWORKS", Limit: 1, Usage: 1, Project: true},
	}
	api.networks["demo"], api.ours = nil, "demo"
	api.resources = []Resource{
		{Kind: "compute networks", Name: "demo"}, {Kind: "compute addresses", Name: "demo-api", External: true},
		{Kind: "compute disks", Name: "demo-control-plane-1-etcd", GB: 20},
	}
	for range 3 {
		api.resources = append(api.resources, Resource{Kind: "compute instances", Type: "e2-standard-2"})
	}
	if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	more := flightOf(t, api, testCluster(func(c *config.Cluster, _ *Block) { c.Spec.Pools[0].Count = 3 }))
	livetest.Expect(t, more, "spec.pools[0].machine.type", "2 more (1 × e2-standard-2 for pool workers)", "ask for 8 of CPUS")
}

func TestPreflight_CountsFamiliesAndSpotMachinesByTheirOwnQuotas(t *testing.T) {
	preemptible := []Quota{{Metric: "PREEMPTIBLE_CPUS", Limit: 10}}
	for _, test := range []struct {
		kind   string
		spot   bool
		quotas []Quota
		want   string
	}{
		{"e2-standard-2", false, nil, "CPUS"},
		{"n2d-standard-4", false, nil, "N2D_CPUS"},
		{"t2a-standard-1", false, nil, "T2A_CPUS"},
		{"e2-standard-2", true, preemptible, "PREEMPTIBLE_CPUS"},
		{"c3-standard-4", true, nil, "C3_CPUS"},
	} {
		if got := cpuMetric(live.Demand{Machine: config.Machine{Type: test.kind}, Spot: test.spot}, test.quotas); got != test.want {
			t.Errorf("%s (spot %t) counts for %s, want %s", test.kind, test.spot, got, test.want)
		}
	}
}

func TestPreflight_SaysHowToLogInWhereThereAreNoCredentials(t *testing.T) {
	cloud := New(WithAPI(func(context.Context, *config.Cluster) (API, error) { return nil, loggedOut() }))
	problems := cloud.Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	livetest.Expect(t, problems, "", "the token has run out", "gcloud auth application-default login")
}

// What a config does not lead to, whoever asks may do without.
func TestPreflight_AsksForNoMoreRightsThanTheConfigTakes(t *testing.T) {
	off := false
	without := func(c *config.Cluster, _ *Block) {
		c.Spec.Addons = []config.Addon{{Name: "gcp-pd-csi", Enabled: &off}, {Name: "gcp-cloud-controller-manager", Enabled: &off}}
	}
	for name, test := range map[string]struct {
		missing string
		config  func(*config.Cluster, *Block)
	}{
		"roles, without addons":                     {"iam.roles.create", without},
		"the project's policy, without addons":      {"resourcemanager.projects.setIamPolicy", without},
		"accounts' policies, without the driver":    {"iam.serviceAccounts.setIamPolicy", without},
		"networks, in an existing one":              {"compute.networks.create", func(_ *config.Cluster, b *Block) { b.Existing = Existing{Network: "shared", Subnetwork: "hosts"} }},
		"the right to a subnet that may be its own": {"compute.subnetworks.use", func(_ *config.Cluster, b *Block) { b.Existing = Existing{Network: "shared", Subnetwork: "hosts"} }},
		"images, with the vendor's":                 {"compute.images.useReadOnly", nil},
		"lists that only delete reads":              {"compute.targetPools.list", nil},
	} {
		t.Run(name, func(t *testing.T) {
			api := healthyAPI()
			api.missing = []string{test.missing}
			if problems := flightOf(t, api, testCluster(test.config)); len(problems) > 0 {
				t.Error(livetest.Listed(problems))
			}
			if test.config == nil {
				return
			}
			if problems := flightOf(t, api, testCluster(nil)); len(problems) != 1 {
				t.Errorf("otherwise it is needed:\n%s", livetest.Listed(problems))
			}
		})
	}
}

// What Google will not say is no fault of whoever asks.
func TestPreflight_TakesNoRefusedQuestionForAMissingRight(t *testing.T) {
	for name, err := range map[string]error{
		"denied":         denied("resourcemanager.projects.get"),
		"not a question": &live.Fault{Err: errors.New("Permission x is not valid for this resource.")},
	} {
		api := healthyAPI()
		api.errors["Missing"] = err
		if problems := flightOf(t, api, testCluster(nil)); len(problems) > 0 {
			t.Errorf("%s: %s", name, livetest.Listed(problems))
		}
	}
}
