package gcptest

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// pools are the kinds of pools.go of the program.
func pools() map[string]kind {
	return map[string]kind{
		"gcp:compute/instanceTemplate:InstanceTemplate":                     template(),
		"gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager": manager(),
	}
}

// template is the kind of what machines are made from.
func template() kind {
	return kind{
		api: discovery.Compute, method: "compute.instanceTemplates.insert",
		moves: templateMoves(),
		adds: func(in object) map[string]any {
			if in.has("name") {
				return nil
			}
			return map[string]any{"name": "named-by-the-provider"}
		},
		rules: []rule{required("machineType", "disks"), machineType, metadata, startup, scopes, spot("scheduling"), interfaces, bootable,
			imaged("disks[].sourceImage"), diskOf("disks[]", "diskType", "diskSizeGb")},
		late: []rule{
			refers("networkInterfaces[].subnetwork", "subnetworks", true), refers("networkInterfaces[].network", "networks", true), identity,
		},

		link: "projects/{project}/global/instanceTemplates/{name}",
		replace: []string{
			"advancedMachineFeatures", "canIpForward", "confidentialInstanceConfig", "description", "disks", "guestAccelerators",
			"instanceDescription", "labels", "machineType", "metadata", "metadataStartupScript", "minCpuPlatform", "name", "namePrefix",
			"networkInterfaces", "networkPerformanceConfig", "project", "region", "reservationAffinity", "resourceManagerTags",
			"resourcePolicies", "scheduling", "serviceAccount", "shieldedInstanceConfig", "tags",
		},
		references: []string{"selfLinkUnique"},
		outputs: func(_ *world, o made) object {
			return object{
				"selfLinkUnique":      selfLinks + o.id + "?uniqueId=" + number(o.id),
				"metadataFingerprint": digest(o.id)[:11] + "=", "tagsFingerprint": "",
			}
		},
	}
}

// manager is the kind of groups that make machines.
func manager() kind {
	return kind{
		api: discovery.Compute, method: "compute.regionInstanceGroupManagers.insert",
		moves: append(keeps("project", "region", "waitForInstances", "waitForInstancesStatus"),
			move{from: "distributionPolicyZones", to: "distributionPolicy.zones", as: zones},
			move{from: "distributionPolicyTargetShape", to: "distributionPolicy.targetShape"},
			move{from: "autoHealingPolicies", to: "autoHealingPolicies[0]"},
			move{from: "updatePolicy.maxSurgeFixed", to: "updatePolicy.maxSurge.fixed"},
			move{from: "updatePolicy.maxSurgePercent", to: "updatePolicy.maxSurge.percent"},
			move{from: "updatePolicy.maxUnavailableFixed", to: "updatePolicy.maxUnavailable.fixed"},
			move{from: "updatePolicy.maxUnavailablePercent", to: "updatePolicy.maxUnavailable.percent"}),
		rules: []rule{required("baseInstanceName", "versions"), matching("baseInstanceName", `[a-z]([-a-z0-9]{0,56}[a-z0-9])?`), bounds("targetSize", 0, 2000), healing, ofRegion, rolling},
		late:  []rule{refers("versions[].instanceTemplate", "instanceTemplates", false), refers("autoHealingPolicies.healthCheck", "healthChecks", false)},

		link:    "projects/{project}/regions/{region}/instanceGroupManagers/{name}",
		replace: []string{"baseInstanceName", "description", "distributionPolicyZones", "name", "project", "region"},
		outputs: func(_ *world, o made) object {
			return object{
				"fingerprint":   digest(o.id)[:11] + "=",
				"instanceGroup": selfLinks + strings.Replace(o.id, "/instanceGroupManagers/", "/instanceGroups/", 1),
			}
		},
	}
}

// templateMoves put a template's inputs into its properties.
func templateMoves() []move {
	moves := append(keeps("project", "region", "enableDisplay", "namePrefix"), move{from: "instanceDescription", to: "properties.description"})
	moves = append(moves, within("properties",
		"advancedMachineFeatures", "canIpForward", "confidentialInstanceConfig", "disks", "guestAccelerators", "labels", "machineType",
		"minCpuPlatform", "networkInterfaces", "networkPerformanceConfig", "reservationAffinity", "resourceManagerTags", "resourcePolicies",
		"scheduling", "shieldedInstanceConfig")...)
	for _, m := range [][2]string{{"sourceImage", "sourceImage"}, {"diskType", "diskType"}, {"diskSizeGb", "diskSizeGb"}, {"diskName", "diskName"}, {"labels", "labels"}, {"provisionedIops", "provisionedIops"}} {
		moves = append(moves, move{from: "disks[]." + m[0], to: "properties.disks[].initializeParams." + m[1]})
	}
	return append(moves, machineMoves("properties.")...)
}

func zones(value any) any {
	names, ok := value.([]any)
	if !ok {
		return value
	}
	all := []any{}
	for _, name := range names {
		if text, ok := name.(string); ok {
			name = "zones/" + text
		}
		all = append(all, map[string]any{"zone": name})
	}
	return all
}

// bootable wants one disk to boot from, with something on it.
func bootable(_ *world, in object) []targettest.Problem {
	boots := 0
	for i, disk := range in.objects("disks") {
		if disk["boot"] == true || (!disk.has("boot") && i == 0) {
			boots++
			if !disk.has("sourceImage") && !disk.has("source") && !disk.has("sourceSnapshot") {
				return []targettest.Problem{problem(fmt.Sprintf("disks[%d].sourceImage", i), "is required: there is nothing to boot")}
			}
		}
	}
	if boots != 1 && in.has("disks") {
		return []targettest.Problem{problem("disks", "exactly one must be to boot from, not %d", boots)}
	}
	return nil
}

func healing(_ *world, in object) []targettest.Problem {
	policy := in.object("autoHealingPolicies")
	var problems []targettest.Problem
	if n, known := policy.number("initialDelaySec"); known && (n < 0 || n > 3600) {
		problems = append(problems, problem("autoHealingPolicies.initialDelaySec", "%v is not between 0 and 3600", n))
	}
	return problems
}

// ofRegion wants the zones of a group to be of its region.
func ofRegion(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	if !in.known("region") {
		return nil
	}
	for i, zone := range in.texts("distributionPolicyZones") {
		at := fmt.Sprintf("distributionPolicyZones[%d]", i)
		if !regexp.MustCompile(`^[a-z]+(-[a-z]+)+[0-9]+-[a-z]$`).MatchString(zone) || !strings.HasPrefix(zone, in.text("region")+"-") {
			problems = append(problems, problem(at, "%q is no zone of %s", zone, in.text("region")))
		}
	}
	return problems
}

// rolling wants a policy that a group of several zones can follow
// (https://cloud.google.com/compute/docs/instance-groups/updating-migs#limitations).
func rolling(_ *world, in object) []targettest.Problem {
	policy := in.object("updatePolicy")
	if len(policy) == 0 {
		return nil
	}
	var problems []targettest.Problem
	for _, key := range []string{"type", "minimalAction"} {
		if !policy.has(key) {
			problems = append(problems, problem("updatePolicy."+key, "is required"))
		}
	}
	places := float64(max(1, len(in.texts("distributionPolicyZones"))))
	if !in.has("distributionPolicyZones") {
		places = 3
	}
	for _, key := range []string{"maxSurgeFixed", "maxUnavailableFixed"} {
		if n, known := policy.number(key); known && n != 0 && n < places {
			problems = append(problems, problem("updatePolicy."+key, "%v must be 0 or at least the number of zones, %v", n, places))
		}
	}
	surge, some := policy.number("maxSurgeFixed")
	if off, known := policy.number("maxUnavailableFixed"); some && known && surge == 0 && off == 0 {
		problems = append(problems, problem("updatePolicy.maxUnavailableFixed", "it and maxSurgeFixed cannot both be 0"))
	}
	if policy.text("replacementMethod") == "RECREATE" && surge != 0 {
		problems = append(problems, problem("updatePolicy.maxSurgeFixed", "must be 0 where replacementMethod is RECREATE"))
	}
	return problems
}
