package gcp

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestAPI_FindsNothingWrongWithAHealthyProject(t *testing.T) {
	g := newGoogle()
	if problems := g.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
	for where := range g.asked {
		if strings.HasPrefix(where, "unknown") && !strings.HasSuffix(where, "/global/networks/demo") {
			t.Errorf("it asked for what is not there: %s", where)
		}
	}
}

func TestAPI_TellsGooglesFaultsApart(t *testing.T) {
	const disabled = `{"error": {"code": 403, "message": "Compute Engine API has not been used in project demo before or it is disabled.", "status": "PERMISSION_DENIED",
		"errors": [{"reason": "accessNotConfigured"}],
		"details": [{"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "SERVICE_DISABLED", "domain": "googleapis.com", "metadata": {"service": "compute.googleapis.com", "consumer": "projects/demo"}}]}}`
	for name, test := range map[string]struct {
		answers            map[string]any
		path, message, fix string
	}{
		"API disabled": {
			map[string]any{regionPath: failure{403, disabled}},
			"spec.gcp.project", "is disabled", "gcloud services enable compute.googleapis.com --project demo",
		},
		"API disabled, by Service Usage": {
			map[string]any{"GET /v1/projects/demo/services:batchGet": `{"services": [{"name": "projects/1/services/iam.googleapis.com", "state": "DISABLED"}]}`},
			"spec.gcp.project", "iam.googleapis.com", "gcloud services enable iam.googleapis.com",
		},
		"permissions that are missing": {
			map[string]any{"POST /v1/projects/demo:testIamPermissions": allowing("iam.roles.create", "iam.roles.undelete", "compute.disks.create")},
			"spec.gcp.project", "someone@example.org may not: compute.disks.create, iam.roles.create, iam.roles.undelete", "--role roles/iam.roleAdmin",
		},
		"Resource Manager disabled, and nobody says so before": {
			map[string]any{
				"GET /v1/projects/demo/services:batchGet":   failure{403, `{"error": {"code": 403, "message": "Permission denied to get service", "status": "PERMISSION_DENIED"}}`},
				"POST /v1/projects/demo:testIamPermissions": failure{403, strings.ReplaceAll(disabled, computeAPI, resourceManagerAPI)},
			},
			"spec.gcp.project", "is disabled", "gcloud services enable cloudresourcemanager.googleapis.com --project demo",
		},
		"permission denied": {
			map[string]any{regionPath: failure{403, `{"error": {"code": 403, "message": "Required 'compute.regions.get' permission for 'projects/demo/regions/us-central1'", "errors": [{"reason": "forbidden"}]}}`}},
			"spec.gcp.project", "someone@example.org may not", "--member user:someone@example.org",
		},
		"credentials refused": {
			map[string]any{regionPath: failure{401, `{"error": {"code": 401, "message": "Invalid Credentials", "errors": [{"reason": "authError"}]}}`}},
			"", "Invalid Credentials", "gcloud auth application-default login",
		},
		"no such project": {
			map[string]any{regionPath: failure{404, `{"error": {"code": 404, "message": "The resource 'projects/demo' was not found", "errors": [{"reason": "notFound"}]}}`}},
			"spec.gcp.project", "no project", "gcloud projects list",
		},
		"no such region": {
			map[string]any{regionPath: nil},
			"spec.gcp.region", "no region", "gcloud compute regions list",
		},
		"machine type not offered": {
			map[string]any{fmt.Sprintf(typePath, "us-central1-b"): nil},
			"spec.pools[0].machine.type", "not offered in us-central1-b", "--zones us-central1-b",
		},
		"zone down": {
			map[string]any{"GET /compute/v1/projects/demo/zones": `{"items": [
				{"name": "us-central1-a", "status": "UP", "region": "x/us-central1"}, {"name": "us-central1-b", "status": "DOWN", "region": "x/us-central1"}, {"name": "us-central1-c", "status": "UP", "region": "x/us-central1"}]}`},
			"spec.gcp.zones[1]", "is down", "leave it out",
		},
		"quota short": {
			map[string]any{regionPath: `{"name": "us-central1", "status": "UP", "quotas": [{"metric": "CPUS", "limit": 8, "usage": 4}]}`},
			"spec.controlPlane.machine.type", "4 of 8 are in use, and the plan takes 6 more", "ask for 10 of CPUS",
		},
		"too busy for all attempts": {
			map[string]any{regionPath: failure{503, `{"error": {"code": 503, "message": "Backend Error"}}`}},
			"", "Backend Error", "curl",
		},
	} {
		t.Run(name, func(t *testing.T) {
			g := newGoogle()
			for where, answer := range test.answers {
				g.answers[where] = answer
			}
			problems := g.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
			livetest.Expect(t, problems, test.path, test.message, test.fix)
			if len(problems) > 1 && name != "machine type not offered" {
				t.Errorf("%d problems, want one:\n%s", len(problems), livetest.Listed(problems))
			}
		})
	}
}

func TestAPI_AsksAgainWhatGoogleIsTooBusyFor(t *testing.T) {
	g := newGoogle()
	busy := 2
	healthy := g.answers[regionPath].(string)
	g.answers[regionPath] = func(w http.ResponseWriter, _ *http.Request) {
		if busy > 0 {
			busy--
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		fmt.Fprint(w, healthy)
	}
	if problems := g.serve(t).Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}

func TestAPI_ReadsGroupsAndConsoles(t *testing.T) {
	g := newGoogle()
	g.answers["GET /compute/v1/projects/demo/zones/us-central1-a/instances/demo-control-plane-1"] =
		`{"id": "17", "name": "demo-control-plane-1", "status": "RUNNING"}`
	g.answers["GET "+groupPath] = `{"name": "demo-workers", "targetSize": 3}`
	g.answers["POST "+groupPath+"/listManagedInstances"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("pageToken") == "" {
			fmt.Fprint(w, `{"nextPageToken": "2", "managedInstances": [{"id": "18", "instanceStatus": "RUNNING", "currentAction": "NONE",
				"instance": "https://www.googleapis.com/compute/v1/projects/demo/zones/us-central1-b/instances/demo-workers-x1y2"}]}`)
			return
		}
		fmt.Fprint(w, `{"managedInstances": [{"currentAction": "CREATING", "instance": "https://x/projects/demo/zones/us-central1-c/instances/demo-workers-z3z4",
			"lastAttempt": {"errors": {"errors": [{"code": "QUOTA_EXCEEDED", "message": "Quota 'CPUS' exceeded.  Limit: 8.0"}]}}}]}`)
	}
	g.answers["GET "+groupPath+"/listErrors"] = `{"items": [
		{"timestamp": "2026-11-22T10:00:01Z", "error": {"code": "QUOTA_EXCEEDED", "message": "the last word"}},
		{"timestamp": "2026-11-22T10:00:00Z", "error": {"code": "OTHER", "message": "an older word"}}]}`
	console := func(zone, name, text string) {
		data, _ := json.Marshal(map[string]string{"contents": text, "next": "9", "start": "0"})
		g.answers[fmt.Sprintf("GET /compute/v1/projects/demo/zones/%s/instances/%s/serialPort", zone, name)] = string(data)
	}
	console("us-central1-a", "demo-control-plane-1", workingConsole)
	console("us-central1-b", "demo-workers-x1y2", doneConsole)
	_, out := running()
	out.Pools[0].Group = "projects/demo/regions/us-central1/instanceGroupManagers/demo-workers"
	seen, err := g.serve(t).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 4 {
		t.Fatalf("%d seen, %v", len(seen), err)
	}
	if s := seen[0].Status; s == nil || s.N != 3 {
		t.Errorf("the control plane: %+v", seen[0])
	}
	if s := seen[1].Status; s == nil || s.State != node.Done || seen[1].Host.Zone != "us-central1-b" {
		t.Errorf("the first worker: %+v", seen[1])
	}
	if !strings.Contains(seen[2].Before, "Quota 'CPUS' exceeded.  Limit: 8.0 (QUOTA_EXCEEDED)") {
		t.Errorf("the second worker: %+v", seen[2])
	}
	if seen[3].Host.Name != "workers" || !strings.Contains(seen[3].Before, "1 of 3 machines run; Google Cloud says: the last word (QUOTA_EXCEEDED)") {
		t.Errorf("the group: %+v", seen[3])
	}
}

func TestAPI_WaitsForNothingOnAnOldMachineWhoseConsoleForgot(t *testing.T) {
	g := newGoogle()
	const instance = "GET /compute/v1/projects/demo/zones/us-central1-a/instances/demo-control-plane-1"
	g.answers[instance] = `{"id": "17", "name": "demo-control-plane-1", "status": "RUNNING", "creationTimestamp": "2026-01-02T03:04:05.678-08:00"}`
	g.answers[instance+"/serialPort"] = `{"contents": "kernel: hello\n"}`
	_, out := running()
	out.Pools = nil
	seen, err := g.serve(t).Observe(t.Context(), testCluster(nil), out)
	if err != nil || len(seen) != 1 || seen[0].Before != "" {
		t.Errorf("got %+v, %v", seen, err)
	}
}

// leftBehind is a project after a delete that left something of everything,
// and things of others beside it.
func leftBehind() *loopback {
	g := newGoogle()
	const base = "https://www.googleapis.com/compute/v1/projects/demo/"
	at := func(scope, list, objects string) {
		g.answers["GET /compute/v1/projects/demo/aggregated/"+list] = fmt.Sprintf(`{"items": {%q: {%q: [%s]}}}`, scope, list, objects)
	}
	g.answers["GET /compute/v1/projects/demo/aggregated/disks"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("filter") != "labels.kubernetes-anywhere-cluster=demo" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		fmt.Fprint(w, `{"items": {"zones/us-central1-a": {"disks": [{"name": "pvc-1", "zone": "`+base+`zones/us-central1-a", "sizeGb": "10",
			"labels": {"kubernetes-anywhere-cluster": "demo"}}]}}}`)
	}
	g.answers["GET /compute/v1/projects/demo/global/networks"] = func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("pageToken") == "" {
			fmt.Fprint(w, `{"items": [{"name": "default", "selfLink": "`+base+`global/networks/default"}], "nextPageToken": "more"}`)
			return
		}
		fmt.Fprint(w, `{"items": [{"name": "demo", "description": "kubernetes-anywhere-cluster=demo; the cluster's network", "selfLink": "`+base+`global/networks/demo"},
			{"name": "demo-2", "description": "kubernetes-anywhere-cluster=demo-2; another's", "selfLink": "`+base+`global/networks/demo-2"}]}`)
	}
	g.answers["GET /compute/v1/projects/demo/global/firewalls"] = `{"items": [
		{"name": "k8s-fw-a1", "network": "` + base + `global/networks/demo"}, {"name": "default-allow-ssh", "network": "` + base + `global/networks/default"}]}`
	at("regions/us-central1", "targetPools", `{"name": "a1", "region": "`+base+`regions/us-central1", "selfLink": "pool-a1",
			"instances": ["`+base+`zones/us-central1-a/instances/demo-workers-x1y2"]},
		{"name": "b1", "region": "`+base+`regions/us-central1", "selfLink": "pool-b1", "instances": ["`+base+`zones/us-central1-a/instances/demo-2-workers-x1y2"]}`)
	at("regions/us-central1", "forwardingRules", `{"name": "a1", "region": "`+base+`regions/us-central1", "selfLink": "rule-a1", "target": "pool-a1"},
		{"name": "b1", "region": "`+base+`regions/us-central1", "selfLink": "rule-b1", "target": "pool-b1"}`)
	at("regions/us-central1", "addresses", `{"name": "lb", "region": "`+base+`regions/us-central1", "addressType": "EXTERNAL", "users": ["rule-a1"]},
		{"name": "other", "region": "`+base+`regions/us-central1"}`)
	at("regions/us-central1", "instanceGroupManagers", `{"name": "demo-workers", "region": "`+base+`regions/us-central1", "description": "kubernetes-anywhere-cluster=demo;kubernetes-anywhere-pool=workers;"}`)
	at("regions/us-central1", "instanceGroups", `{"name": "demo-workers", "region": "`+base+`regions/us-central1", "network": "`+base+`global/networks/demo"}`)
	at("global", "instanceTemplates", `{"name": "demo-workers-1a2b", "properties": {"labels": {"kubernetes-anywhere-cluster": "demo"}}}`)
	g.answers["GET /v1/projects/demo/serviceAccounts"] = `{"accounts": [
		{"email": "demo-worker@demo.iam.gserviceaccount.com", "description": "kubernetes-anywhere-cluster=demo; workers"},
		{"email": "someone@demo.iam.gserviceaccount.com", "description": "else"}]}`
	g.answers["GET /v1/projects/demo/secrets"] = `{"secrets": [{"name": "projects/1/secrets/demo-workers"}]}`
	return g
}

func TestAPI_ListsWhatTheProgramAndTheControllersLeft(t *testing.T) {
	left, err := leftBehind().serve(t).Leftovers(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"gcloud compute addresses delete lb --region us-central1 --project demo",
		"gcloud compute disks delete pvc-1 --zone us-central1-a --project demo",
		"gcloud compute firewall-rules delete k8s-fw-a1 --project demo",
		"gcloud compute forwarding-rules delete a1 --region us-central1 --project demo",
		"gcloud compute instance-groups managed delete demo-workers --region us-central1 --project demo",
		"gcloud compute instance-templates delete demo-workers-1a2b --project demo",
		"gcloud compute networks delete demo --project demo",
		"gcloud compute target-pools delete a1 --region us-central1 --project demo",
		"gcloud iam service-accounts delete demo-worker@demo.iam.gserviceaccount.com --project demo",
		"gcloud secrets delete demo-workers --project demo",
	}
	if diff := cmp.Diff(want, left); diff != "" {
		t.Error(diff)
	}
}

func TestAPI_ProvesNothingWhereAListIsRefused(t *testing.T) {
	g := leftBehind()
	g.answers["GET /v1/projects/demo/secrets"] = failure{403, `{"error": {"code": 403, "message": "Permission 'secretmanager.secrets.list' denied for resource 'projects/demo'", "status": "PERMISSION_DENIED"}}`}
	left, err := g.serve(t).Leftovers(t.Context(), testCluster(nil))
	if err == nil || !strings.Contains(err.Error(), "secretmanager.secrets.list") || len(left) == 0 {
		t.Errorf("got %v, %v", left, err)
	}
}
