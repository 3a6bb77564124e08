package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"strings"
)

// complete adds to an object what Google would: defaults, and what it works
// out.
func (e *Emulator) complete(collection, link string, o object) error {
	project := strings.Split(link, "/")[1]
	for key, value := range defaults(collection) {
		if o[key] == nil {
			o[key] = value
		}
	}
	if o["labels"] != nil || o["labelFingerprint"] == nil {
		o["labelFingerprint"] = e.print()
	}
	o["fingerprint"] = e.print()
	switch collection {
	case "subnetworks":
		return e.subnetwork(link, o)
	case "addresses":
		return e.address(link, o)
	case "disks":
		o["sizeGb"] = fmt.Sprint(o["sizeGb"])
		if kind, _ := o["type"].(string); kind != "" && !strings.HasPrefix(kind, selfLinks) {
			o["type"] = selfLinks + kind
		}
	case "instances":
		e.instance(project, link, o)
	case "instanceTemplates":
		completeTemplate(o)
	case "forwardingRules":
		e.front(o)
	case "regionInstanceGroupManagers":
		if policies, ok := o["resourcePolicies"].(map[string]any); ok && len(policies) == 0 {
			delete(o, "resourcePolicies") // a message without members is none
		}
		group := strings.Replace(link, "/instanceGroupManagers/", "/instanceGroups/", 1)
		o["instanceGroup"] = selfLinks + group
		e.objects[group] = object{"name": o["name"], "selfLink": selfLinks + group, "kind": "compute#instanceGroup"}
	}
	return nil
}

// defaults are what Google writes where nothing is given.
func defaults(collection string) object {
	return map[string]object{
		"networks": {
			"routingConfig": object{"routingMode": "REGIONAL"}, "networkFirewallPolicyEnforcementOrder": "AFTER_CLASSIC_FIREWALL",
		},
		"subnetworks": {
			"purpose": "PRIVATE", "stackType": "IPV4_ONLY", "privateIpGoogleAccess": false,
			"privateIpv6GoogleAccess": "DISABLE_GOOGLE_ACCESS", "enableFlowLogs": false, "logConfig": object{"enable": false},
		},
		"routers":   {"encryptedInterconnectRouter": false},
		"firewalls": {"direction": "INGRESS", "priority": 1000, "disabled": false, "logConfig": object{"enable": false}},
		"addresses": {"addressType": "EXTERNAL", "status": "RESERVED"},
		"disks": {
			"sizeGb": "500", "status": "READY", "physicalBlockSizeBytes": "4096", "enableConfidentialCompute": false,
			"accessMode": "READ_WRITE_SINGLE",
		},
		"instances": {
			"status": "RUNNING", "cpuPlatform": "Intel Broadwell", "deletionProtection": false, "canIpForward": false, "startRestricted": false,
			"tags": object{"fingerprint": "42WmSpB8rSM="}, "metadata": object{"fingerprint": "42WmSpB8rSM="},
		},
		"instanceGroups":     {"size": 0},
		"regionHealthChecks": {"checkIntervalSec": 5, "timeoutSec": 5, "healthyThreshold": 2, "unhealthyThreshold": 2},
		"regionBackendServices": {
			"sessionAffinity": "NONE", "timeoutSec": 30, "connectionDraining": object{"drainingTimeoutSec": 0}, "protocol": "TCP", "port": 80,
		},
		"forwardingRules": {"networkTier": "PREMIUM"},
		"regionInstanceGroupManagers": {
			"status":       object{"isStable": true, "versionTarget": object{"isReached": true}, "allInstancesConfig": object{"effective": true}, "stateful": object{"hasStatefulConfig": false}},
			"targetSize":   0,
			"updatePolicy": object{"type": "OPPORTUNISTIC", "minimalAction": "REPLACE", "instanceRedistributionType": "PROACTIVE", "replacementMethod": "SUBSTITUTE"},
			"instanceLifecyclePolicy": object{
				"forceUpdateOnRepair": "NO", "defaultActionOnFailure": "REPAIR",
			},
			"listManagedInstancesResults": "PAGELESS",
			"standbyPolicy":               object{"mode": "MANUAL", "initialDelaySec": 0},
			"targetSuspendedSize":         0, "targetStoppedSize": 0,
		},
	}[collection]
}

func (e *Emulator) subnetwork(link string, o object) error {
	prefix, err := netip.ParsePrefix(fmt.Sprint(o["ipCidrRange"]))
	if err != nil || prefix != prefix.Masked() {
		return refuse(http.StatusBadRequest, "Invalid value for field 'resource.ipCidrRange': '%v'", o["ipCidrRange"])
	}
	for other, subnet := range e.objects {
		theirs, err := netip.ParsePrefix(fmt.Sprint(subnet["ipCidrRange"]))
		if err == nil && other != link && subnet["network"] == o["network"] && theirs.Overlaps(prefix) {
			return refuse(http.StatusBadRequest, "IP range %s overlaps %s of '%s'", prefix, theirs, other)
		}
	}
	o["gatewayAddress"] = prefix.Addr().Next().String()
	return nil
}

// address allocates what was not asked for.
func (e *Emulator) address(link string, o object) error {
	if o["address"] != nil && o["address"] != "" {
		return nil
	}
	o["address"] = e.allocate(o["subnetwork"], link)
	if o["addressType"] == "EXTERNAL" && o["networkTier"] == nil {
		o["networkTier"] = "PREMIUM"
	}
	return nil
}

// allocate is the first address of a subnet, or of a public range, that nobody
// has.
func (e *Emulator) allocate(subnet any, link string) string {
	pool := netip.MustParsePrefix("203.0.113.0/24")
	for _, at := range links(subnet) {
		if prefix, err := netip.ParsePrefix(fmt.Sprint(e.objects[at]["ipCidrRange"])); err == nil {
			pool = prefix
		}
	}
	taken := map[string]bool{}
	for other, o := range e.objects {
		if address, ok := o["address"].(string); ok && other != link {
			taken[address] = true
		}
	}
	for addr := pool.Addr().Next().Next(); pool.Contains(addr); addr = addr.Next() {
		if !taken[addr.String()] {
			return addr.String()
		}
	}
	return ""
}

// instance makes the boot disk and fills in what a machine has.
func (e *Emulator) instance(project, link string, o object) {
	zone := strings.TrimPrefix(fmt.Sprint(o["zone"]), selfLinks)
	disks, _ := o["disks"].([]any)
	for i, item := range disks {
		disk, _ := item.(map[string]any)
		params, made := disk["initializeParams"].(map[string]any)
		if made && disk["source"] == nil {
			at := zone + "/disks/" + fmt.Sprint(o["name"])
			e.objects[at] = object{
				"kind": "compute#disk", "id": e.number(), "name": o["name"], "selfLink": selfLinks + at, "zone": o["zone"], "status": "READY",
				"sizeGb": fmt.Sprint(params["diskSizeGb"]), "type": full(project, zone, params["diskType"], "pd-standard"),
				"sourceImage": params["sourceImage"], "labels": params["labels"], "labelFingerprint": e.print(), "physicalBlockSizeBytes": "4096",
				"users": []any{}, "resourcePolicies": []any{}, "architecture": "X86_64",
			}
			disk["source"] = selfLinks + at
		}
		delete(disk, "initializeParams")
		defaulted(disk, object{"kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": "READ_WRITE", "autoDelete": false, "boot": false, "interface": "SCSI", "index": i, "deviceName": fmt.Sprintf("persistent-disk-%d", i)})
	}
	e.interfaces(o)
	if o["scheduling"] == nil {
		o["scheduling"] = object{}
	}
	defaulted(o["scheduling"].(map[string]any), object{"onHostMaintenance": "MIGRATE", "automaticRestart": true, "preemptible": false, "provisioningModel": "STANDARD"})
	if o["shieldedInstanceConfig"] == nil {
		o["shieldedInstanceConfig"] = object{}
	}
	defaulted(o["shieldedInstanceConfig"].(map[string]any), object{"enableSecureBoot": false, "enableVtpm": true, "enableIntegrityMonitoring": true})
	for _, key := range []string{"metadata", "tags"} {
		if part, ok := o[key].(map[string]any); ok {
			defaulted(part, object{"fingerprint": e.print()})
		}
	}
	o["machineType"] = full(project, zone, o["machineType"], "")
}

// interfaces gives every network interface a name, a network and an address.
func (e *Emulator) interfaces(o object) {
	nics, _ := o["networkInterfaces"].([]any)
	for i, item := range nics {
		nic, _ := item.(map[string]any)
		defaulted(nic, object{"kind": "compute#networkInterface", "name": fmt.Sprintf("nic%d", i), "stackType": "IPV4_ONLY", "fingerprint": e.print()})
		for _, at := range links(nic["subnetwork"]) {
			nic["subnetwork"], nic["network"] = selfLinks+at, e.objects[at]["network"]
		}
		if nic["networkIP"] == nil || nic["networkIP"] == "" {
			nic["networkIP"] = e.allocate(nic["subnetwork"], "")
		}
	}
}

// full is the link of a type of disk or machine, however it was named.
func full(project, zone string, kind any, other string) string {
	text, _ := kind.(string)
	switch {
	case text == "":
		text = other
	case strings.HasPrefix(text, "https://"):
		return text
	}
	if strings.HasPrefix(text, "projects/") {
		return selfLinks + text
	}
	if strings.HasPrefix(text, "zones/") {
		return selfLinks + "projects/" + project + "/" + text
	}
	return selfLinks + zone + "/diskTypes/" + text
}

// completeTemplate fills in what a template's properties have.
func completeTemplate(o object) {
	properties, ok := o["properties"].(map[string]any)
	if !ok {
		return
	}
	disks, _ := properties["disks"].([]any)
	for i, item := range disks {
		disk, _ := item.(map[string]any)
		defaulted(disk, object{"kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": "READ_WRITE", "index": i})
	}
	nics, _ := properties["networkInterfaces"].([]any)
	for i, item := range nics {
		nic, _ := item.(map[string]any)
		defaulted(nic, object{"kind": "compute#networkInterface", "name": fmt.Sprintf("nic%d", i)})
	}
	for _, key := range []string{"metadata", "tags"} {
		if part, ok := properties[key].(map[string]any); ok {
			defaulted(part, object{"fingerprint": "42WmSpB8rSM="})
		}
	}
}

// front fills in what a forwarding rule takes from elsewhere.
func (e *Emulator) front(o object) {
	for _, at := range links(o["subnetwork"]) {
		defaulted(o, object{"network": e.objects[at]["network"]})
	}
	if o["IPAddress"] == nil || o["IPAddress"] == "" {
		o["IPAddress"] = e.allocate(o["subnetwork"], "")
	}
}

// defaulted writes what is not there.
func defaulted(o, values object) {
	given := maps.Clone(o)
	maps.Copy(o, values)
	for key, value := range given {
		if value != nil {
			o[key] = value
		}
	}
}
