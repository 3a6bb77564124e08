package gcptest_test

// step is one resource of a small cluster, made by hand the way the program
// makes them; $name in a string is the id of an earlier one.
type step struct {
	kind, name string
	inputs     map[string]any
}

func obj(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}

func list(items ...any) []any { return items }

const (
	network   = "gcp:compute/network:Network"
	subnet    = "gcp:compute/subnetwork:Subnetwork"
	router    = "gcp:compute/router:Router"
	nat       = "gcp:compute/routerNat:RouterNat"
	firewall  = "gcp:compute/firewall:Firewall"
	address   = "gcp:compute/address:Address"
	disk      = "gcp:compute/disk:Disk"
	instance  = "gcp:compute/instance:Instance"
	group     = "gcp:compute/instanceGroup:InstanceGroup"
	member    = "gcp:compute/instanceGroupMembership:InstanceGroupMembership"
	check     = "gcp:compute/regionHealthCheck:RegionHealthCheck"
	backend   = "gcp:compute/regionBackendService:RegionBackendService"
	rule      = "gcp:compute/forwardingRule:ForwardingRule"
	template  = "gcp:compute/instanceTemplate:InstanceTemplate"
	manager   = "gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager"
	account   = "gcp:serviceaccount/account:Account"
	secret    = "gcp:secretmanager/secret:Secret"
	version   = "gcp:secretmanager/secretVersion:SecretVersion"
	iamMember = "gcp:secretmanager/secretIamMember:SecretIamMember"
	role      = "gcp:projects/iAMCustomRole:IAMCustomRole"
	holder    = "gcp:projects/iAMMember:IAMMember"
	actor     = "gcp:serviceaccount/iAMMember:IAMMember"
)

// cluster is one of every kind.
func cluster() []step {
	project, region, zone := "my-project", "us-central1", "us-central1-a"
	email := "one-control@my-project.iam.gserviceaccount.com"
	subnetLink := "projects/my-project/regions/us-central1/subnetworks/one"
	networkLink := "https://www.googleapis.com/compute/v1/projects/my-project/global/networks/one"
	labels := obj("kubernetes-anywhere-cluster", "one")
	machine := func(more ...any) map[string]any {
		return obj(append([]any{
			"project", project, "machineType", "e2-standard-2", "labels", labels,
			"networkInterfaces", list(obj("subnetwork", subnetLink)),
			"metadata", obj("startup-script", "#!/bin/sh\n", "enable-oslogin", "FALSE"),
			"serviceAccount", obj("email", email, "scopes", list("https://www.googleapis.com/auth/cloud-platform")),
			"shieldedInstanceConfig", obj("enableSecureBoot", true, "enableVtpm", true, "enableIntegrityMonitoring", true),
		}, more...)...)
	}
	vm := machine("name", "one-control-plane-1", "zone", zone, "allowStoppingForUpdate", true,
		"bootDisk", obj("autoDelete", true, "initializeParams", obj("image", "projects/debian-cloud/global/images/family/debian-13", "type", "pd-balanced", "size", 50.0, "labels", labels)),
		"attachedDisks", list(obj("source", "projects/my-project/zones/us-central1-a/disks/one-etcd", "deviceName", "etcd", "mode", "READ_WRITE")))
	image := machine("disks", list(obj("boot", true, "autoDelete", true, "sourceImage", "projects/debian-cloud/global/images/family/debian-13", "diskType", "pd-balanced", "diskSizeGb", 50.0, "labels", labels)),
		"scheduling", obj("provisioningModel", "SPOT", "preemptible", true, "automaticRestart", false, "instanceTerminationAction", "DELETE"))
	return []step{
		{network, "one", obj("name", "one", "project", project, "autoCreateSubnetworks", false, "description", "the network")},
		{subnet, "one", obj("name", "one", "project", project, "region", region, "network", networkLink, "ipCidrRange", "10.40.0.0/20", "privateIpGoogleAccess", true)},
		{router, "one", obj("name", "one", "project", project, "region", region, "network", networkLink)},
		{nat, "one", obj("name", "one", "project", project, "region", region, "router", "one", "natIpAllocateOption", "AUTO_ONLY", "sourceSubnetworkIpRangesToNat", "LIST_OF_SUBNETWORKS",
			"subnetworks", list(obj("name", subnetLink, "sourceIpRangesToNats", list("PRIMARY_IP_RANGE"))))},
		{account, "one", obj("accountId", "one-control", "project", project, "displayName", "one")},
		{firewall, "one", obj("name", "one", "project", project, "network", networkLink, "direction", "INGRESS",
			"allows", list(obj("protocol", "tcp", "ports", list("6443", "2379-2380"))), "sourceRanges", list("10.0.0.0/8"), "targetServiceAccounts", list(email))},
		{address, "api", obj("name", "api", "project", project, "region", region, "addressType", "EXTERNAL", "labels", labels)},
		{address, "node", obj("name", "node", "project", project, "region", region, "addressType", "INTERNAL", "purpose", "GCE_ENDPOINT", "subnetwork", subnetLink)},
		{disk, "one-etcd", obj("name", "one-etcd", "project", project, "zone", zone, "type", "pd-ssd", "size", 20.0, "labels", labels)},
		{instance, "one", vm},
		{group, "one", obj("name", "one", "project", project, "zone", zone, "network", networkLink)},
		{member, "one", obj("project", project, "zone", zone, "instanceGroup", "one", "instance", "projects/my-project/zones/us-central1-a/instances/one-control-plane-1")},
		{check, "one", obj("name", "one", "project", project, "region", region, "checkIntervalSec", 5.0, "timeoutSec", 5.0, "httpsHealthCheck", obj("port", 6443.0, "requestPath", "/readyz"))},
		{backend, "one", obj("name", "one", "project", project, "region", region, "loadBalancingScheme", "INTERNAL", "protocol", "TCP",
			"healthChecks", "projects/my-project/regions/us-central1/healthChecks/one",
			"backends", list(obj("group", "projects/my-project/zones/us-central1-a/instanceGroups/one", "balancingMode", "CONNECTION")))},
		{rule, "one", obj("name", "one", "project", project, "region", region, "loadBalancingScheme", "INTERNAL", "ipProtocol", "TCP", "ports", list("6443"),
			"backendService", "projects/my-project/regions/us-central1/backendServices/one", "network", networkLink, "subnetwork", subnetLink, "ipAddress", "10.40.0.5")},
		{template, "one", image},
		{manager, "one", obj("name", "one", "project", project, "region", region, "baseInstanceName", "one", "targetSize", 3.0, "distributionPolicyZones", list("us-central1-a", "us-central1-b"),
			"versions", list(obj("instanceTemplate", "$template")), "autoHealingPolicies", obj("healthCheck", "projects/my-project/regions/us-central1/healthChecks/one", "initialDelaySec", 600.0),
			"updatePolicy", obj("type", "PROACTIVE", "minimalAction", "REPLACE", "maxSurgeFixed", 2.0, "maxUnavailableFixed", 0.0))},
		{secret, "one", obj("secretId", "one", "project", project, "labels", labels, "replication", obj("userManaged", obj("replicas", list(obj("location", region)))))},
		{version, "one", obj("secret", "projects/my-project/secrets/one", "secretData", "a bundle")},
		{role, "one", obj("roleId", "one_control", "project", project, "title", "one", "permissions", list("compute.disks.get"), "stage", "GA")},
		{holder, "one", obj("project", project, "role", "projects/my-project/roles/one_control", "member", "serviceAccount:"+email)},
		{actor, "one", obj("serviceAccountId", "projects/my-project/serviceAccounts/"+email, "role", "roles/iam.serviceAccountUser", "member", "serviceAccount:"+email)},
		{iamMember, "one", obj("secretId", "one", "project", project, "role", "roles/secretmanager.secretAccessor", "member", "serviceAccount:"+email)},
	}
}
