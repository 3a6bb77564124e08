package emulator_test

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp/gcptest/emulator"
)

// client asks an emulator.
type client struct {
	t     *testing.T
	cloud *emulator.Emulator
}

func newClient(t *testing.T) client {
	t.Helper()
	cloud, err := emulator.New()
	if err != nil {
		t.Fatal(err)
	}
	return client{t, cloud}
}

// ask sends a request and wants an answer of a code.
func (c client) ask(method, path, body string, want int) map[string]any {
	c.t.Helper()
	answer := httptest.NewRecorder()
	c.cloud.ServeHTTP(answer, httptest.NewRequest(method, path, bytes.NewReader([]byte(body))))
	if answer.Code != want {
		c.t.Fatalf("%s %s %s: %d %s, want %d", method, path, body, answer.Code, answer.Body, want)
	}
	var out map[string]any
	if err := json.Unmarshal(answer.Body.Bytes(), &out); err != nil {
		c.t.Fatal(err)
	}
	return out
}

const (
	project = "/compute/v1/projects/my-project"
	region  = project + "/regions/europe-west4"
	zone    = project + "/zones/europe-west4-a"
)

// network makes one with a subnet.
func (c client) network() {
	c.ask("POST", project+"/global/networks", `{"name": "one", "autoCreateSubnetworks": false}`, http.StatusOK)
	c.ask("POST", region+"/subnetworks", `{"name": "one", "network": "projects/my-project/global/networks/one", "ipCidrRange": "10.0.0.0/24"}`, http.StatusOK)
}

func TestEmulator_KeepsWhatItIsGiven(t *testing.T) {
	c := newClient(t)
	c.network()
	subnet := c.ask("GET", region+"/subnetworks/one", "", http.StatusOK)
	for key, want := range map[string]string{
		"gatewayAddress": "10.0.0.1", "selfLink": "https://www.googleapis.com/compute/v1/projects/my-project/regions/europe-west4/subnetworks/one",
		"region": "https://www.googleapis.com/compute/v1/projects/my-project/regions/europe-west4", "purpose": "PRIVATE",
	} {
		if subnet[key] != want {
			t.Errorf("%s is %v, not %s", key, subnet[key], want)
		}
	}
	address := c.ask("POST", region+"/addresses", `{"name": "a", "addressType": "INTERNAL", "subnetwork": "projects/my-project/regions/europe-west4/subnetworks/one"}`, http.StatusOK)
	if address["status"] != "DONE" {
		t.Errorf("the operation is %v", address)
	}
	if operation := c.ask("GET", region+"/operations/"+address["name"].(string), "", http.StatusOK); operation["targetLink"] != address["targetLink"] {
		t.Errorf("asked again, the operation is %v", operation)
	}
	if made := c.ask("GET", region+"/addresses/a", "", http.StatusOK); made["address"] != "10.0.0.2" {
		t.Errorf("the address is %v, not the first that is free", made["address"])
	}
}

func TestEmulator_RefusesWhatTheDescriptionDoesNotAllow(t *testing.T) {
	c := newClient(t)
	c.network()
	for _, bad := range []struct{ method, path, body, says string }{
		{"POST", project + "/global/networks", `{"name": "Upper"}`, "pattern"},
		{"POST", project + "/global/networks", `{"name": "two", "colour": "red"}`, "no such member"},
		{"POST", project + "/global/networks", `{}`, "required"},
		{"POST", project + "/global/networks", `[]`, "no JSON object"},
		{"POST", project + "/global/networks?dryRun=true", `{"name": "two"}`, "no parameter"},
		{"POST", "/compute/v1/projects/My_Project/global/networks", `{"name": "two"}`, "project"},
		{"POST", region + "/subnetworks", `{"name": "two", "network": "projects/my-project/global/networks/absent", "ipCidrRange": "10.1.0.0/24"}`, "cannot be found"},
		{"POST", region + "/subnetworks", `{"name": "two", "network": "projects/my-project/global/networks/one", "ipCidrRange": "10.0.0.128/25"}`, "overlaps"},
		{"POST", region + "/subnetworks", `{"name": "two", "network": "projects/my-project/global/networks/one", "ipCidrRange": "10.0.0.1/24"}`, "ipCidrRange"},
		{"POST", region + "/addresses", `{"name": "a", "addressType": "PRIVATE"}`, "none of"},
		{"DELETE", project + "/global/networks/one", "", "already being used"},
		{"PATCH", region + "/subnetworks/one", `{"fingerprint": "b2xk", "privateIpGoogleAccess": true}`, "fingerprint"},
	} {
		before := len(c.cloud.Refused())
		answer := httptest.NewRecorder()
		c.cloud.ServeHTTP(answer, httptest.NewRequest(bad.method, bad.path, strings.NewReader(bad.body)))
		if answer.Code < 400 || !strings.Contains(answer.Body.String(), bad.says) {
			t.Errorf("%s %s %s: %d %s, want %q", bad.method, bad.path, bad.body, answer.Code, answer.Body, bad.says)
		}
		if len(c.cloud.Refused()) != before+1 {
			t.Errorf("%s %s was not kept among the refused", bad.method, bad.path)
		}
	}
	c.ask("POST", project+"/global/networks", `{"name": "one"}`, http.StatusConflict)
	c.ask("GET", project+"/global/networks/absent", "", http.StatusNotFound)
	c.ask("GET", project+"/global/images", "", http.StatusNotImplemented)
}

func TestEmulator_TakesDisksAndMembershipsAwayWithTheirMachine(t *testing.T) {
	c := newClient(t)
	c.network()
	c.ask("POST", zone+"/disks", `{"name": "data", "sizeGb": "20", "type": "projects/my-project/zones/europe-west4-a/diskTypes/pd-ssd"}`, http.StatusOK)
	c.ask("POST", zone+"/instances", `{"name": "vm", "machineType": "zones/europe-west4-a/machineTypes/e2-small",
		"disks": [{"boot": true, "autoDelete": true, "initializeParams": {"sourceImage": "projects/debian-cloud/global/images/debian-13", "diskSizeGb": "20"}},
			{"source": "projects/my-project/zones/europe-west4-a/disks/data", "deviceName": "etcd"}],
		"networkInterfaces": [{"subnetwork": "projects/my-project/regions/europe-west4/subnetworks/one"}]}`, http.StatusOK)
	c.ask("DELETE", zone+"/disks/data", "", http.StatusBadRequest)
	c.ask("POST", zone+"/instanceGroups", `{"name": "group"}`, http.StatusOK)
	member := `{"instances": [{"instance": "projects/my-project/zones/europe-west4-a/instances/vm"}]}`
	c.ask("POST", zone+"/instanceGroups/group/addInstances", member, http.StatusOK)
	c.ask("POST", zone+"/instanceGroups/group/addInstances", member, http.StatusBadRequest)
	if got := c.cloud.Members(); len(got) != 1 {
		t.Fatalf("members are %v", got)
	}
	c.ask("DELETE", zone+"/instances/vm", "", http.StatusOK)
	if got := c.cloud.Members(); len(got) != 0 {
		t.Errorf("after the machine is gone members are %v", got)
	}
	for _, link := range c.cloud.Objects() {
		if strings.HasSuffix(link, "/disks/vm") {
			t.Error("the boot disk is still there")
		}
	}
	c.ask("DELETE", zone+"/disks/data", "", http.StatusOK)
}

func TestEmulator_ShowsPayloadsToAccessOnly(t *testing.T) {
	c := newClient(t)
	secrets := "/secretmanager/v1/projects/my-project/secrets"
	c.ask("POST", secrets+"?secretId=s", `{"replication": {"automatic": {}}}`, http.StatusOK)
	c.ask("POST", secrets+"/s:addVersion", `{"payload": {"data": "c2VjcmV0"}}`, http.StatusOK)
	if version := c.ask("GET", secrets+"/s/versions/1", "", http.StatusOK); version["payload"] != nil {
		t.Errorf("the version shows %v", version)
	}
	accessed := c.ask("GET", secrets+"/s/versions/1:access", "", http.StatusOK)
	if payload, _ := accessed["payload"].(map[string]any); payload["data"] != "c2VjcmV0" {
		t.Errorf("accessed: %v", accessed)
	}
	policy := `{"policy": {"bindings": [{"role": "roles/secretmanager.secretAccessor", "members": ["serviceAccount:node-1@my-project.iam.gserviceaccount.com"]}]}}`
	c.ask("POST", secrets+"/s:setIamPolicy", policy, http.StatusBadRequest)
	c.ask("POST", "/iam/v1/projects/my-project/serviceAccounts", `{"accountId": "node-1", "serviceAccount": {"displayName": "a node"}}`, http.StatusOK)
	c.ask("POST", secrets+"/s:setIamPolicy", policy, http.StatusOK)
	if kept := c.ask("GET", secrets+"/s:getIamPolicy", "", http.StatusOK); kept["bindings"] == nil {
		t.Errorf("the policy is %v", kept)
	}
	c.ask("POST", secrets+"/s/versions/1:destroy", `{}`, http.StatusOK)
	c.ask("GET", secrets+"/s/versions/1:access", "", http.StatusBadRequest)
	c.ask("DELETE", secrets+"/s", "", http.StatusOK)
	c.ask("DELETE", "/iam/v1/projects/my-project/serviceAccounts/node-1@my-project.iam.gserviceaccount.com", "", http.StatusOK)
	if left := c.cloud.Objects(); len(left) > 0 {
		t.Errorf("what is left: %v", left)
	}
}

func TestEmulator_WantsFingerprintsOfLabels(t *testing.T) {
	c := newClient(t)
	c.ask("POST", region+"/addresses", `{"name": "a", "labels": {"a": "b"}}`, http.StatusOK)
	print, _ := c.ask("GET", region+"/addresses/a", "", http.StatusOK)["labelFingerprint"].(string)
	c.ask("POST", region+"/addresses/a/setLabels", `{"labels": {"c": "d"}, "labelFingerprint": "b2xk"}`, http.StatusPreconditionFailed)
	c.ask("POST", region+"/addresses/a/setLabels", `{"labels": {"c": "d"}, "labelFingerprint": "`+print+`"}`, http.StatusOK)
	labels, _ := c.ask("GET", region+"/addresses/a", "", http.StatusOK)["labels"].(map[string]any)
	if labels["c"] != "d" || labels["a"] != nil {
		t.Errorf("labels are %v", labels)
	}
}
