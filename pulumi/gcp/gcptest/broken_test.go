package gcptest_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// TestNew_RefusesWhatGoogleWould changes one input of a resource that is right
// and wants the refusal to name it.
func TestNew_RefusesWhatGoogleWould(t *testing.T) {
	cloud, given := build(t)
	for _, c := range []struct {
		kind, change string
		property     string
		reason       string
	}{
		{network, `{"name": "Upper_Case"}`, "name", "match"},
		{network, `{"routingMode": "LOCAL"}`, "routingMode", "none of"},
		{network, `{"autoCreateSubnetwork": false}`, "autoCreateSubnetwork", "no such member"},
		{network, `{"description": "` + strings.Repeat("x", 2049) + `"}`, "description", "2048"},
		{subnet, `{"ipCidrRange": "not a cidr"}`, "ipCidrRange", "no range"},
		{subnet, `{"ipCidrRange": "10.40.0.1/20"}`, "ipCidrRange", "no range"},
		{subnet, `{"ipCidrRange": "10.40.0.0/30"}`, "ipCidrRange", "/4 to /29"},
		{subnet, `{"name": "other", "ipCidrRange": "10.40.8.0/24"}`, "ipCidrRange", "overlaps"},
		{subnet, `{"network": "projects/my-project/global/networks/absent"}`, "network", "does not exist"},
		{subnet, `{"region": "us-central1-a"}`, "region", "match"},
		{subnet, `{"privateIpGoogleAccess": "yes"}`, "privateIpGoogleAccess", "true or false"},
		{router, `{"network": "absent"}`, "network", "does not exist"},
		{nat, `{"natIpAllocateOption": "AUTOMATIC"}`, "natIpAllocateOption", "none of"},
		{nat, `{"subnetworks": null}`, "subnetworks", "LIST_OF_SUBNETWORKS"},
		{nat, `{"subnetworks": [{"name": "one", "sourceIpRangesToNats": ["PRIMARY"]}]}`, "subnetworks[0].sourceIpRangesToNats[0]", "none of"},
		{firewall, `{"sourceRanges": ["10.0.0.0"]}`, "sourceRanges[0]", "no range"},
		{firewall, `{"sourceRanges": null}`, "sourceRanges", "every address"},
		{firewall, `{"allows": [{"protocol": "icmp", "ports": ["1"]}]}`, "allows[0].ports[0]", "no ports"},
		{firewall, `{"allows": [{"protocol": "tcp", "ports": ["70000"]}]}`, "allows[0].ports[0]", "no port"},
		{firewall, `{"allows": [{"protocol": "tcp", "port": "22"}]}`, "allows[0].port", "no such member"},
		{firewall, `{"targetTags": ["node"]}`, "targetTags", "cannot be used in one rule"},
		{firewall, `{"targetServiceAccounts": ["absent@my-project.iam.gserviceaccount.com"]}`, "targetServiceAccounts[0]", "does not exist"},
		{firewall, `{"priority": 70000}`, "priority", "between"},
		{firewall, `{"direction": "IN"}`, "direction", "none of"},
		{address, `{"addressType": "PUBLIC"}`, "addressType", "none of"},
		{address, `{"address": "10.41.0.5"}`, "address", "not an address of"},
		{address, `{"address": "10.40.0.1"}`, "address", "not an address of"},
		{address, `{"labels": {"kubernetes-anywhere.cluster": "one"}}`, "labels.kubernetes-anywhere.cluster", "key must match"},
		{address, `{"subnetwork": null}`, "subnetwork", "one of a subnet"},
		{disk, `{"type": "ssd"}`, "type", "none of"},
		{disk, `{"size": 5}`, "size", "between"},
		{disk, `{"size": "big"}`, "size", "64 bits"},
		{disk, `{"zone": "us-central1"}`, "zone", "match"},
		{disk, `{"labels": {"role": "Control Plane"}}`, "labels.role", "value"},
		{instance, `{"machineType": "large"}`, "machineType", "no machine type"},
		{instance, `{"machineType": "t2a-standard-2"}`, "bootDisk.initializeParams.image", "architecture"},
		{instance, `{"machineType": "c4-standard-2"}`, "bootDisk.initializeParams.type", "takes no"},
		{instance, `{"networkInterfaces": [{"subnetwork": "projects/my-project/regions/us-central1/subnetworks/one", "networkIp": "10.50.0.2"}]}`, "networkInterfaces[0].networkIp", "not an address of"},
		{instance, `{"networkInterfaces": [{"subnet": "one"}]}`, "networkInterfaces[0].subnet", "no such member"},
		{instance, `{"attachedDisks": [{"source": "projects/my-project/zones/us-central1-b/disks/one-etcd"}]}`, "attachedDisks[0].source", "another zone"},
		{instance, `{"attachedDisks": [{"source": "projects/my-project/zones/us-central1-a/disks/one-etcd", "mode": "RW"}]}`, "attachedDisks[0].mode", "none of"},
		{instance, `{"serviceAccount": {"email": "absent@my-project.iam.gserviceaccount.com", "scopes": ["cloud-platform"]}}`, "serviceAccount.email", "does not exist"},
		{instance, `{"metadata": {"a key": "x"}}`, "metadata.a key", "key must match"},
		{instance, `{"metadata": {"startup-script": "` + strings.Repeat("x", 256<<10+1) + `"}}`, "metadata.startup-script", "over the limit"},
		{instance, `{"metadataStartupScript": "#!/bin/sh"}`, "metadataStartupScript", "already"},
		{instance, `{"bootDisk": {"initializeParams": {"image": "debian 13", "size": 50}}}`, "bootDisk.initializeParams.image", "no image"},
		{instance, `{"bootDisk": {"initializeParams": {"image": "debian-cloud/debian-13", "size": 5}}}`, "bootDisk.initializeParams.size", "between"},
		{group, `{"zone": "central"}`, "zone", "match"},
		{member, `{"instance": "projects/my-project/zones/us-central1-a/instances/absent"}`, "instance", "does not exist"},
		{check, `{"timeoutSec": 6}`, "timeoutSec", "longer"},
		{check, `{"tcpHealthCheck": {"port": 1}}`, "httpsHealthCheck", "exactly one"},
		{check, `{"httpsHealthCheck": {"port": 6443, "requestPath": "readyz"}}`, "httpsHealthCheck.requestPath", "slash"},
		{check, `{"httpsHealthCheck": {"port": "6443"}}`, "httpsHealthCheck.port", "not a number"},
		{backend, `{"loadBalancingScheme": "PRIVATE"}`, "loadBalancingScheme", "none of"},
		{backend, `{"backends": [{"group": "projects/my-project/zones/us-central1-a/instanceGroups/one", "balancingMode": "UTILIZATION"}]}`, "backends[0].balancingMode", "CONNECTION"},
		{backend, `{"protocol": "HTTPS"}`, "protocol", "passed through"},
		{rule, `{"ports": ["1", "2", "3", "4", "5", "6"]}`, "ports", "limit of 5"},
		{rule, `{"loadBalancingScheme": "EXTERNAL", "network": null, "subnetwork": null, "ipAddress": "203.0.113.9"}`, "loadBalancingScheme", "backend service"},
		{rule, `{"ipAddress": "10.41.0.5"}`, "ipAddress", "not an address of"},
		{rule, `{"ipProtocol": "HTTP"}`, "ipProtocol", "none of"},
		{template, `{"scheduling": {"provisioningModel": "SPOT"}}`, "scheduling.preemptible", "must be true"},
		{template, `{"scheduling": {"provisioningModel": "CHEAP"}}`, "scheduling.provisioningModel", "none of"},
		{template, `{"disks": [{"boot": true}]}`, "disks[0].sourceImage", "required"},
		{template, `{"machineType": null}`, "machineType", "required"},
		{manager, `{"updatePolicy": {"type": "PROACTIVE", "minimalAction": "REPLACE", "maxSurgeFixed": 1}}`, "updatePolicy.maxSurgeFixed", "number of zones"},
		{manager, `{"updatePolicy": {"type": "PROACTIVE", "minimalAction": "REPLACE", "maxSurgeFixed": 0, "maxUnavailableFixed": 0}}`, "updatePolicy.maxUnavailableFixed", "both"},
		{manager, `{"updatePolicy": {"type": "AUTOMATIC", "minimalAction": "REPLACE"}}`, "updatePolicy.type", "none of"},
		{manager, `{"distributionPolicyZones": ["europe-west4-a"]}`, "distributionPolicyZones[0]", "no zone of"},
		{manager, `{"baseInstanceName": "` + strings.Repeat("x", 59) + `"}`, "baseInstanceName", "match"},
		{manager, `{"autoHealingPolicies": {"healthCheck": "projects/my-project/regions/us-central1/healthChecks/one", "initialDelaySec": 9999}}`, "autoHealingPolicies.initialDelaySec", "3600"},
		{account, `{"accountId": "one"}`, "accountId", "match"},
		{account, `{"accountId": "a-name-of-more-than-thirty-letters"}`, "accountId", "match"},
		{secret, `{"secretId": "a.b"}`, "secretId", "match"},
		{secret, `{"replication": {}}`, "replication", "exactly one"},
		{version, `{"secretData": "` + strings.Repeat("x", 64<<10+1) + `"}`, "secretData", "over the limit"},
		{iamMember, `{"member": "one@my-project.iam.gserviceaccount.com"}`, "member", "no member"},
		{iamMember, `{"role": "secretAccessor"}`, "role", "match"},
	} {
		var change map[string]any
		if err := json.Unmarshal([]byte(c.change), &change); err != nil {
			t.Fatalf("%s: %v", c.change, err)
		}
		inputs := map[string]any{}
		for _, of := range []map[string]any{given[c.kind], change} {
			for key, value := range of {
				inputs[key] = value
			}
		}
		failures := refusals(t, cloud, c.kind, "one", inputs)
		if len(failures) == 0 {
			// Nothing is wrong with it in itself: only with what there is.
			if err := create(t, cloud, c.kind, "one", inputs); err != nil {
				_, named, _ := strings.Cut(strings.Replace(err.Error(), "': ", ": ", 1), "field '")
				failures = []string{named}
			}
		}
		found := slices.ContainsFunc(failures, func(f string) bool {
			return strings.HasPrefix(f, c.property+": ") && strings.Contains(f, c.reason)
		})
		if !found {
			t.Errorf("%s with %.120s: nobody said of %q %q: %v", c.kind, c.change, c.property, c.reason, failures)
		}
	}
}
