package gcp

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// requirement is what whoever makes and deletes clusters must be allowed for one part
// of them. Google's reference says of each method which permissions it takes
// (https://cloud.google.com/compute/docs/reference/rest/v1 and those of IAM,
// Resource Manager and Secret Manager; collected in iann0036/iam-dataset,
// gcp/map.json); which methods are called, the provider's code says
// (test/providers holds the calls to this list).
type requirement struct {
	// part is what it is for, role the predefined role that has it.
	part, role string
	// of are the permissions, by collection.
	of []string
	// when tells whether a config needs it, only says the same to people; nil
	// and empty for every config.
	when func(*config.Cluster) bool
	only string
	// spare is what preflight does not ask for: what a cluster can be made
	// without, or what every question takes anyway.
	spare bool
}

// Permissions are all that making, changing and deleting a cluster of any
// config takes on the project, sorted.
func Permissions() []string {
	var all []string
	for _, n := range required() {
		all = append(all, n.permissions()...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// permissions writes each in full.
func (n requirement) permissions() []string {
	var all []string
	for _, line := range n.of {
		words := strings.Fields(line)
		for _, verb := range words[1:] {
			all = append(all, words[0]+"."+verb)
		}
	}
	return all
}

func required() []requirement {
	return slices.Concat(networkRights(), machineRights(), identityRights())
}

func networkRights() []requirement {
	const admin = "roles/compute.networkAdmin"
	return []requirement{
		{part: "the network", role: admin, only: "without `existing.network`", when: newNetwork, of: []string{
			"compute.networks create delete update",
		}},
		{part: "its subnet, and the way out", role: admin, only: "without `existing.subnetwork`", when: newSubnet, of: []string{
			"compute.subnetworks create delete setPrivateIpGoogleAccess update use", "compute.routers create delete get update",
		}},
		{part: "addresses, health checks and load balancers", role: admin, of: []string{
			"compute.networks get use", "compute.subnetworks get list",
			"compute.addresses create createInternal delete deleteInternal get setLabels use useInternal",
			"compute.regionHealthChecks create delete get update use useReadOnly",
			"compute.regionBackendServices create delete get update use",
			"compute.forwardingRules create delete get setLabels setTarget update",
		}},
		{part: "firewall rules", role: "roles/compute.securityAdmin", of: []string{
			"compute.firewalls create delete get update", "compute.networks updatePolicy",
		}},
	}
}

func machineRights() []requirement {
	const admin = "roles/compute.instanceAdmin.v1"
	return []requirement{
		{part: "machines, disks, templates and groups", role: admin, of: []string{
			"compute.disks create delete get resize setLabels use",
			"compute.instances attachDisk create delete detachDisk get getSerialPortOutput setLabels setMachineType setMetadata setScheduling setServiceAccount setTags start stop update updateShieldedInstanceConfig use",
			"compute.instanceGroups create delete get update use",
			"compute.instanceGroupManagers create delete get update use",
			"compute.instanceTemplates create delete get useReadOnly",
			"compute.globalOperations get", "compute.regionOperations get", "compute.zoneOperations get",
			"compute.projects get", "compute.regions get", "compute.zones get list", "compute.machineTypes get",
		}},
		{part: "an image of the project's own", role: admin, only: "with `spec.gcp.image`", when: ownImage, of: []string{
			"compute.images get useReadOnly",
		}},
		{part: "asking what is left; `create` gets along without", role: admin, spare: true, of: []string{
			"compute.addresses list", "compute.backendServices list", "compute.regionBackendServices list", "compute.disks list", "compute.firewalls list",
			"compute.forwardingRules list", "compute.healthChecks list", "compute.regionHealthChecks list", "compute.instances list", "compute.instanceGroups list",
			"compute.instanceGroupManagers list", "compute.instanceTemplates list", "compute.networks list", "compute.routers list", "compute.targetPools list",
		}},
	}
}

func identityRights() []requirement {
	return []requirement{
		{part: "the accounts of hosts", role: "roles/iam.serviceAccountAdmin", of: []string{"iam.serviceAccounts create delete get list update"}},
		{part: "giving these to machines", role: "roles/iam.serviceAccountUser", of: []string{"iam.serviceAccounts actAs"}},
		{part: "who may act as them", role: "roles/iam.serviceAccountAdmin", only: "with `gcp-pd-csi`", when: grantsAccounts, of: []string{"iam.serviceAccounts getIamPolicy setIamPolicy"}},
		{part: "the role of what addons do on control planes", role: "roles/iam.roleAdmin", only: "with either addon below", when: grantsRoles, of: []string{"iam.roles create delete get undelete update"}},
		{part: "giving it to their account", role: "roles/resourcemanager.projectIamAdmin", only: "with either addon below", when: grantsRoles, of: []string{"resourcemanager.projects getIamPolicy setIamPolicy"}},
		{part: "the node bundles, and who may read them", role: "roles/secretmanager.admin", of: []string{
			"secretmanager.secrets create delete get getIamPolicy list setIamPolicy update", "secretmanager.versions access add destroy disable enable get",
		}},
		{part: "calls are counted on the project; asking which APIs are enabled", role: "roles/serviceusage.serviceUsageConsumer", spare: true, of: []string{"serviceusage.services get use"}},
	}
}

func newNetwork(c *config.Cluster) bool { return block(c).Existing.Network == "" }

// newSubnet is false where a subnet is given: whoever may use that one may have
// been told so of it alone.
func newSubnet(c *config.Cluster) bool { return block(c).Existing.Subnetwork == "" }

func ownImage(c *config.Cluster) bool {
	b := block(c)
	return strings.HasPrefix(b.Image, "projects/"+b.Project+"/")
}

// grantsRoles tells whether the addons of a config may do anything.
func grantsRoles(c *config.Cluster) bool {
	return slices.ContainsFunc(ofAddons(c), func(permission string) bool { return permission != actAs })
}

// grantsAccounts tells whether they act as the cluster's accounts.
func grantsAccounts(c *config.Cluster) bool { return slices.Contains(ofAddons(c), actAs) }

// ofAddons is what addons declare; where that cannot be read, the program says
// so.
func ofAddons(c *config.Cluster) []string {
	granted, err := catalog.PermissionsOf(name, c.EnabledAddons())
	if err != nil {
		return nil
	}
	var all []string
	for _, g := range granted {
		all = append(all, g.Actions...)
	}
	return all
}
