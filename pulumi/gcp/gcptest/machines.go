package gcptest

import (
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/discovery"
)

// machines are the kinds of controlplane.go of the program.
func machines() map[string]kind {
	return map[string]kind{
		"gcp:compute/address:Address": address(),
		"gcp:compute/disk:Disk": {
			api: discovery.Compute, method: "compute.disks.insert",
			moves: append(keeps("project", "zone", "interface", "multiWriter"),
				move{from: "size", to: "sizeGb"}, move{from: "image", to: "sourceImage"}, move{from: "snapshot", to: "sourceSnapshot"}),
			rules: []rule{required("name", "zone"), diskFits("type", "size")},

			link: "projects/{project}/zones/{zone}/disks/{name}",
			replace: []string{
				"description", "diskEncryptionKey", "enableConfidentialCompute", "image", "name", "physicalBlockSizeBytes", "project", "snapshot", "sourceDisk", "storagePool", "type", "zone",
			},
			outputs: func(_ *world, o made) object { return object{"diskId": number(o.id), "users": []any{}} },
		},
		"gcp:compute/instance:Instance": {
			api: discovery.Compute, method: "compute.instances.insert",
			moves: instanceMoves(),
			adds:  func(object) map[string]any { return map[string]any{"disks[0].boot": true} },
			rules: []rule{required("bootDisk", "machineType", "networkInterfaces"), machineType, metadata, startup, scopes, spot("scheduling"), interfaces, attached,
				imaged("bootDisk.initializeParams.image"), diskOf("bootDisk.initializeParams", "type", "size"), sameZone("attachedDisks[].source")},
			late: []rule{
				refers("networkInterfaces[].subnetwork", "subnetworks", true), refers("networkInterfaces[].network", "networks", true),
				refers("attachedDisks[].source", "disks", true), identity, networkAddress,
			},

			link: "projects/{project}/zones/{zone}/instances/{name}",
			replace: []string{
				"bootDisk.initializeParams", "bootDisk.source", "bootDisk.deviceName", "bootDisk.mode", "bootDisk.diskEncryptionKeyRaw", "confidentialInstanceConfig", "guestAccelerators", "hostname",
				"metadataStartupScript", "name", "networkPerformanceConfig", "params", "project", "reservationAffinity",
				"scheduling.maxRunDuration", "scheduling.preemptible", "scheduling.provisioningModel", "scratchDisks", "zone",
			},
			outputs: instanceOutputs,
		},
	}
}

func instanceMoves() []move {
	moves := keeps("project", "zone", "allowStoppingForUpdate", "desiredStatus", "enableDisplay")
	moves = append(moves,
		move{from: "bootDisk", to: "disks[0]"},
		move{from: "bootDisk.initializeParams.image", to: "disks[0].initializeParams.sourceImage"},
		move{from: "bootDisk.initializeParams.size", to: "disks[0].initializeParams.diskSizeGb"},
		move{from: "bootDisk.initializeParams.type", to: "disks[0].initializeParams.diskType"},
		move{from: "attachedDisks[]", to: "disks[+1]"},
	)
	return append(moves, machineMoves("")...)
}

// machineMoves are those that instances and templates have in common.
func machineMoves(place string) []move {
	return []move{
		{from: "networkInterfaces[].networkIp", to: place + "networkInterfaces[].networkIP"},
		{from: "networkInterfaces[].accessConfigs[].natIp", to: place + "networkInterfaces[].accessConfigs[].natIP"},
		{from: "serviceAccount", to: place + "serviceAccounts[0]"},
		{from: "metadata", to: place + "metadata.items", as: items},
		{from: "metadataStartupScript"},
		{from: "tags", to: place + "tags.items"},
	}
}

// items turns a map into the list of keys and values that metadata is.
func items(value any) any {
	given, ok := value.(map[string]any)
	if !ok {
		return value
	}
	var keys []string
	for key := range given {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	all := []any{}
	for _, key := range keys {
		all = append(all, map[string]any{"key": key, "value": given[key]})
	}
	return all
}

func instanceOutputs(_ *world, o made) object {
	out := object{
		"instanceId": number(o.id), "cpuPlatform": "Intel Broadwell", "currentStatus": "RUNNING",
		"metadataFingerprint": digest(o.id)[:11] + "=", "tagsFingerprint": "42WmSpB8rSM=",
	}
	var interfaces []any
	for _, given := range o.in.objects("networkInterfaces") {
		full := map[string]any{"name": "nic0"}
		for key, value := range given {
			full[key] = value
		}
		if full["network"] == nil {
			full["network"] = selfLinks + "projects/" + o.in.text("project") + "/global/networks/default"
		}
		interfaces = append(interfaces, full)
	}
	out["networkInterfaces"] = interfaces
	boot := map[string]any{"source": selfLinks + strings.Replace(o.id, "/instances/", "/disks/", 1)}
	for key, value := range o.in.object("bootDisk") {
		if boot[key] == nil {
			boot[key] = value
		}
	}
	out["bootDisk"] = boot
	return out
}
