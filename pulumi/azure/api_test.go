package azure

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestAPI_FindsNothingWrongWithAHealthySubscription(t *testing.T) {
	l := newLoopback()
	if problems := l.serve(t, token{}).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	if len(l.unknown) > 0 {
		t.Errorf("it asked for what is not there: %v", l.unknown)
	}
}

func TestAPI_TellsFaultsApart(t *testing.T) {
	for name, test := range map[string]struct {
		answers            map[string]any
		config             func(*config.Cluster, *Block)
		path, message, fix string
		several            bool
	}{
		"token refused": {
			answers: map[string]any{"GET " + subscriptionPath: failure{401, "ExpiredAuthenticationToken", "The access token expiry UTC time is earlier than current UTC time."}},
			message: "ExpiredAuthenticationToken", fix: "az login",
		},
		"no such subscription": {
			answers: map[string]any{"GET " + subscriptionPath: failure{404, "SubscriptionNotFound", "The subscription could not be found."}},
			path:    "spec.azure.subscription", message: "no subscription", fix: "az account list",
		},
		"right missing": {
			answers: map[string]any{usagePath: failure{403, "AuthorizationFailed", "The client 'x' does not have authorization to perform action 'Microsoft.Compute/locations/usages/read' over scope '/subscriptions/1'."}},
			path:    "spec.azure.subscription", message: "someone@example.org may not: The client 'x'", fix: "az role assignment create",
		},
		"rights missing": {
			answers: map[string]any{permissionsPath: `{"value": [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]}]}`},
			path:    "spec.azure.subscription", message: "may not: Microsoft.Authorization/roleAssignments/delete, Microsoft.Authorization/roleAssignments/write, Microsoft.Authorization/roleDefinitions/delete, Microsoft.Authorization/roleDefinitions/write",
			fix: `--role "User Access Administrator"`,
		},
		"rights missing, the others on a second page": {
			answers: map[string]any{permissionsPath: handler(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Query().Get("$skipToken") == "" {
					fmt.Fprintf(w, `{"value": [{"actions": ["microsoft.authorization/*"]}], "nextLink": "https://%s%s&$skipToken=2"}`, r.Host, r.URL.RequestURI())
					return
				}
				fmt.Fprint(w, `{"value": [{"actions": ["*/read", "Microsoft.*"], "notActions": ["Microsoft.KeyVault/vaults/write"]}]}`)
			})},
			path: "spec.azure.subscription", message: "may not: Microsoft.KeyVault/vaults/write", fix: `--role "Contributor"`,
		},
		"provider not registered": {
			answers: map[string]any{"GET " + subscriptionPath + "/providers/Microsoft.KeyVault": `{"namespace": "Microsoft.KeyVault", "registrationState": "NotRegistered"}`},
			path:    "spec.azure.subscription", message: "Microsoft.KeyVault", fix: "az provider register --wait --namespace Microsoft.KeyVault",
		},
		"provider not registered, by another's answer": {
			answers: map[string]any{skuPath: failure{409, "MissingSubscriptionRegistration", "The subscription is not registered to use namespace 'Microsoft.Compute'."}},
			path:    "spec.azure.subscription", message: "not registered", fix: "az provider register --wait --namespace Microsoft.Compute",
		},
		"machine type not in a zone": {
			answers: map[string]any{skuPath: `{"value": [{"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "locationInfo": [{"location": "westeurope", "zones": ["1", "2", "3"]}],
				"restrictions": [{"type": "Zone", "reasonCode": "NotAvailableForSubscription", "restrictionInfo": {"locations": ["westeurope"], "zones": ["2"]}}]}]}`},
			path: "spec.pools[0].machine.type", message: "not offered in zone 2", fix: "1, 3", several: true,
		},
		"machine type restricted": {
			answers: map[string]any{skuPath: `{"value": [{"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "locationInfo": [{"location": "westeurope", "zones": ["1", "2", "3"]}],
				"restrictions": [{"type": "Location", "reasonCode": "NotAvailableForSubscription", "values": ["westeurope"]}]}]}`},
			path: "spec.controlPlane.machine.type", message: "not offered to the subscription", fix: "az vm list-skus", several: true,
		},
		"quota short": {
			answers: map[string]any{usagePath: `{"value": [{"limit": 10, "currentValue": 6, "name": {"value": "cores", "localizedValue": "Total Regional vCPUs"}}]}`},
			path:    "spec.controlPlane.machine.type", message: "6 of 10 are in use, and the plan takes 6 more", fix: "ask for 12",
		},
		"subnet of another range": {
			answers: map[string]any{
				"GET " + subnetID: `{"properties": {"addressPrefix": "10.1.0.0/24"}}`,
				"GET " + strings.TrimSuffix(subnetID, "/subnets/hosts"): `{"location": "westeurope"}`,
			},
			config: func(_ *config.Cluster, b *Block) { b.Existing.Subnet = subnetID },
			path:   "spec.network.nodeCIDR", message: "10.1.0.0/24", fix: "10.1.0.0/24",
		},
		"too busy for all attempts": {
			answers: map[string]any{"GET " + subscriptionPath: failure{503, "ServerBusy", "try later"}},
			message: "try later", fix: "curl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLoopback()
			for where, answer := range test.answers {
				l.answers[where] = answer
			}
			problems := l.serve(t, token{}).Preflight(t.Context(), target.Inputs{Cluster: testCluster(test.config)})
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if !test.several && len(problems) != 1 {
				t.Errorf("%d problems, want one:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestAPI_SaysThatTokensAreNoLongerGiven(t *testing.T) {
	gone := bounds{token{errors.New("AADSTS700082: the refresh token has expired\nTrace ID: 1")}}
	problems := newLoopback().serve(t, gone).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	livetest.Expect(t, problems, "", "AADSTS700082: the refresh token has expired …", "az login")
}

func TestAPI_AsksAgainWhatAzureIsTooBusyFor(t *testing.T) {
	l := newLoopback()
	busy := 2
	l.answers["GET "+subscriptionPath] = handler(func(w http.ResponseWriter, _ *http.Request) {
		if busy > 0 {
			busy--
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, `{"state": "Enabled"}`)
	})
	if problems := l.serve(t, token{}).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}

func TestAPI_ReadsScaleSetsAndConsoles(t *testing.T) {
	l := newLoopback()
	status := func(codes string) string { return `"instanceView": {"statuses": [` + codes + `]}` }
	const up = `{"code": "ProvisioningState/succeeded", "level": "Info"}, {"code": "PowerState/running", "level": "Info"}`
	l.answers["GET "+planeID] = `{"id": "` + planeID + `", "name": "demo-control-plane-1", "zones": ["1"], "properties": {"vmId": "u1", ` + status(up) + `}}`
	l.answers["GET "+setID] = `{"id": "` + setID + `", "sku": {"name": "Standard_D2s_v5", "capacity": 3}}`
	l.answers["GET "+setID+"/virtualMachines"] = `{"value": [
		{"id": "` + setID + `/virtualMachines/0", "instanceId": "0", "name": "demo-workers_0", "zones": ["2"], "properties": {"vmId": "u2", "osProfile": {"computerName": "demo-workers-00000A"}, ` + status(up) + `}},
		{"id": "` + setID + `/virtualMachines/1", "instanceId": "1", "name": "demo-workers_1", "properties": {"vmId": "u3",
			` + status(`{"code": "ProvisioningState/failed/AllocationFailed", "level": "Error", "message": "We do not have sufficient capacity"}`) + `}}]}`
	l.answers["GET "+setID+"/instanceView"] = `{"statuses": [{"code": "ProvisioningState/failed/AllocationFailed", "level": "Error", "message": "Allocation failed."}]}`
	serial := func(id, blob, text string) {
		l.answers["POST "+id+"/retrieveBootDiagnosticsData"] = handler(func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `{"serialConsoleLogBlobUri": "%s/%s?sig=secret"}`, l.address, blob)
		})
		l.answers["GET /"+blob] = handler(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Authorization") != "" || r.URL.Query().Get("sig") != "secret" {
				w.WriteHeader(http.StatusForbidden)
			}
			fmt.Fprint(w, text)
		})
	}
	serial(planeID, "log-1", workingConsole)
	serial(setID+"/virtualMachines/0", "log-2", doneConsole)
	_, out := running()
	seen, err := l.serve(t, token{}).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 4 {
		t.Fatalf("%d seen, %v; not there: %v", len(seen), err, l.unknown)
	}
	if s := seen[0].Status; s == nil || s.N != 3 {
		t.Errorf("the control plane: %+v", seen[0])
	}
	if s := seen[1].Status; s == nil || s.State != node.Done || seen[1].Host.Name != "demo-workers-00000a" || seen[1].Host.Zone != "2" {
		t.Errorf("the first worker: %+v", seen[1])
	}
	if !strings.Contains(seen[2].Before, "We do not have sufficient capacity (AllocationFailed)") {
		t.Errorf("the second worker: %+v", seen[2])
	}
	if !strings.Contains(seen[3].Before, "1 of 3 machines run; Azure says: Allocation failed. (AllocationFailed)") {
		t.Errorf("the scale set: %+v", seen[3])
	}
}

func TestAPI_WaitsForNothingOnAnOldMachineWhoseConsoleForgot(t *testing.T) {
	l := newLoopback()
	l.answers["GET "+planeID] = `{"id": "` + planeID + `", "properties": {"vmId": "u1", "timeCreated": "2026-01-02T03:04:05Z", "instanceView": {"statuses": [{"code": "PowerState/running"}]}}}`
	l.answers["POST "+planeID+"/retrieveBootDiagnosticsData"] = `{}`
	_, out := running()
	out.Pools = nil
	seen, err := l.serve(t, token{}).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 1 || seen[0].Before != "" {
		t.Errorf("got %+v, %v", seen, err)
	}
}

func TestAPI_TellsNobodyTheAddressOfALog(t *testing.T) {
	l := newLoopback()
	l.answers["GET "+planeID] = `{"id": "` + planeID + `", "properties": {"vmId": "u1", "instanceView": {"statuses": [{"code": "PowerState/running"}]}}}`
	l.answers["POST "+planeID+"/retrieveBootDiagnosticsData"] = `{"serialConsoleLogBlobUri": "https://127.0.0.1:1/log?sig=secret"}`
	_, out := running()
	out.Pools = nil
	seen, err := l.serve(t, token{}).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 1 || !strings.Contains(seen[0].Before, "does not answer") || strings.Contains(fmt.Sprint(seen), "sig=") {
		t.Errorf("got %+v, %v", seen, err)
	}
}

func TestAPI_ListsWhatTheProgramAndTheControllersLeft(t *testing.T) {
	l := newLoopback()
	l.answers["GET "+subscriptionPath+"/resources"] = handler(func(w http.ResponseWriter, r *http.Request) {
		switch filter := r.URL.Query().Get("$filter"); {
		case filter == "tagName eq 'kubernetes-anywhere.cluster' and tagValue eq 'demo'" && r.URL.Query().Get("page") == "":
			fmt.Fprintf(w, `{"value": [{"id": %q, "type": "Microsoft.Compute/virtualMachines"}], "nextLink": "%s%s/resources?$filter=%s&page=2"}`,
				planeID, l.address, subscriptionPath, strings.ReplaceAll("tagName eq 'kubernetes-anywhere.cluster' and tagValue eq 'demo'", " ", "%20"))
		case strings.Contains(filter, "kubernetes-anywhere.cluster"):
			fmt.Fprintf(w, `{"value": [{"id": %q, "type": "Microsoft.Compute/virtualMachineScaleSets", "sku": {"name": "Standard_D2s_v5", "capacity": 2}}]}`, setID)
		case filter == "tagName eq 'k8s-azure-cluster-name' and tagValue eq 'demo'":
			fmt.Fprint(w, `{"value": [{"id": "/subscriptions/1/resourceGroups/other/providers/Microsoft.Network/publicIPAddresses/kubernetes-a1", "type": "Microsoft.Network/publicIPAddresses"}]}`)
		default:
			w.WriteHeader(http.StatusBadRequest)
		}
	})
	l.answers["GET "+clusterGroup] = `{"id": "` + clusterGroup + `", "location": "westeurope", "tags": {"kubernetes-anywhere.cluster": "demo"}}`
	l.answers["GET "+clusterGroup+"/resources"] = `{"value": [{"id": "` + strings.ToLower(planeID) + `", "type": "Microsoft.Compute/virtualMachines"},
		{"id": "` + clusterGroup + `/providers/Microsoft.Network/loadBalancers/kubernetes", "type": "Microsoft.Network/loadBalancers"}]}`
	left, err := l.serve(t, token{}).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"az group delete --name kubernetes-anywhere-demo --subscription " + subscriptionID,
		"az resource delete --ids /subscriptions/1/resourceGroups/other/providers/Microsoft.Network/publicIPAddresses/kubernetes-a1",
		"az resource delete --ids " + setID,
		"az resource delete --ids " + planeID,
		"az resource delete --ids " + clusterGroup + "/providers/Microsoft.Network/loadBalancers/kubernetes",
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestAPI_LeavesOtherPeoplesGroupOfTheSameNameAlone(t *testing.T) {
	l := newLoopback()
	l.answers["GET "+clusterGroup] = `{"id": "` + clusterGroup + `", "location": "westeurope"}`
	left, err := l.serve(t, token{}).Leftovers(t.Context(), testCluster(nil))
	if err != nil || len(left) > 0 {
		t.Errorf("got %v, %v", left, err)
	}
}

func TestAPI_ProvesNothingWhereAListIsRefused(t *testing.T) {
	l := newLoopback()
	l.answers["GET "+subscriptionPath+"/resources"] = failure{403, "AuthorizationFailed", "no right to perform action 'Microsoft.Resources/subscriptions/resources/read'"}
	if _, err := l.serve(t, token{}).Leftovers(t.Context(), testCluster(nil)); err == nil || !strings.Contains(err.Error(), "resources/read") {
		t.Errorf("got %v", err)
	}
}

// A link to elsewhere would be given the credentials.
func TestAPI_FollowsNoLinkThatLeavesAzure(t *testing.T) {
	l := newLoopback()
	l.answers[permissionsPath] = `{"value": [{"actions": ["*"]}], "nextLink": "https://example.org/more"}`
	if problems := l.serve(t, token{}).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}

func TestMissing_TakesRolesOneByOne(t *testing.T) {
	contributor := held{Actions: []string{"*"}, NotActions: []string{"Microsoft.Authorization/*/Write"}}
	for name, test := range map[string]struct {
		held   []held
		action string
		want   bool
	}{
		"everything":                       {[]held{contributor}, "Microsoft.Compute/disks/write", false},
		"what a role leaves out":           {[]held{contributor}, "Microsoft.Authorization/roleAssignments/write", true},
		"what another role gives":          {[]held{contributor, {Actions: []string{"Microsoft.Authorization/*"}}}, "Microsoft.Authorization/roleAssignments/write", false},
		"capitals":                         {[]held{{Actions: []string{"microsoft.compute/DISKS/write"}}}, "Microsoft.Compute/disks/write", false},
		"an asterisk over several parts":   {[]held{{Actions: []string{"*/read"}}}, "Microsoft.Network/virtualNetworks/subnets/read", false},
		"a name that only begins the same": {[]held{{Actions: []string{"Microsoft.Compute/disks/write"}}}, "Microsoft.Compute/disks/writeAll", true},
		"a full stop that is no asterisk":  {[]held{{Actions: []string{"MicrosoftXCompute/disks/write"}}}, "Microsoft.Compute/disks/write", true},
		"nothing":                          {nil, "Microsoft.Compute/disks/write", true},
	} {
		if got := len(missing(test.held, []string{test.action})) > 0; got != test.want {
			t.Errorf("%s: missing %v", name, got)
		}
	}
}
