package metadata

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// newService is one whose 169.254.169.254 is a server on the loopback.
func newService(t *testing.T, handler http.HandlerFunc) Service {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	inner := server.Client().Transport
	return Service{Client: &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		if r.URL.Host != "169.254.169.254" {
			t.Errorf("it asks %s", r.URL)
		}
		moved := r.Clone(r.Context())
		moved.URL.Host = strings.TrimPrefix(server.URL, "http://")
		return inner.RoundTrip(moved)
	})}}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// texts answers paths with texts to requests that carry a header.
func texts(name, value string, answers map[string]string) http.HandlerFunc {
	return func(out http.ResponseWriter, in *http.Request) {
		switch text, found := answers[in.URL.Path]; {
		case in.Method == http.MethodPut && in.URL.Path == "/latest/api/token":
			out.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", "300")
			_, _ = io.WriteString(out, "session")
		case in.Header.Get(name) != value:
			http.Error(out, "who asks?", http.StatusForbidden)
		case !found:
			http.NotFound(out, in)
		default:
			_, _ = io.WriteString(out, text)
		}
	}
}

func azure(resource, rest string) http.HandlerFunc {
	return texts("Metadata", "true", map[string]string{"/metadata/instance/compute": `{"location": "westeurope", "name": "demo-workers_3", "resourceId": "` +
		resource + `", "vmSize": "Standard_D2s_v5", "osProfile": {"adminUsername": "x", "computerName": "Demo-w000003"}` + rest + `}`})
}

func TestInstance_IsWhatTheCloudControllersCallIt(t *testing.T) {
	const group = "/subscriptions/1-2/resourceGroups/Demo-RG/providers/Microsoft.Compute/"
	for name, test := range map[string]struct {
		cloud   string
		handler http.HandlerFunc
		want    node.Instance
	}{
		"gcp": {node.GCP, texts("Metadata-Flavor", "Google", map[string]string{
			"/computeMetadata/v1/project/project-id": "acme", "/computeMetadata/v1/instance/name": "demo-workers-x1z9\n",
			"/computeMetadata/v1/instance/zone":         "projects/123/zones/europe-west4-a",
			"/computeMetadata/v1/instance/machine-type": "projects/123/machineTypes/e2-standard-2",
		}), node.Instance{Name: "demo-workers-x1z9", ProviderID: "gce://acme/europe-west4-a/demo-workers-x1z9", Zone: "europe-west4-a", Region: "europe-west4", Type: "e2-standard-2"}},
		"aws": {node.AWS, texts("X-Aws-Ec2-Metadata-Token", "session", map[string]string{
			"/latest/dynamic/instance-identity/document": `{"instanceId": "i-0abc", "availabilityZone": "eu-central-1b", "region": "eu-central-1", "instanceType": "m6i.large"}`,
		}), node.Instance{Name: "i-0abc", ProviderID: "aws:///eu-central-1b/i-0abc", Zone: "eu-central-1b", Region: "eu-central-1", Type: "m6i.large"}},
		"azure, of a scale set": {node.Azure, azure(group+"virtualMachineScaleSets/demo-workers/virtualMachines/3", `, "zone": "2"`), node.Instance{
			Name: "demo-w000003", ProviderID: "azure:///subscriptions/1-2/resourceGroups/demo-rg/providers/Microsoft.Compute/virtualMachineScaleSets/demo-workers/virtualMachines/3",
			Zone: "westeurope-2", Region: "westeurope", Type: "Standard_D2s_v5",
		}},
		"azure, by itself, in no zone": {node.Azure, azure(group+"virtualMachines/demo-control-plane-1", `, "zone": ""`), node.Instance{
			Name: "demo-w000003", ProviderID: "azure:///subscriptions/1-2/resourceGroups/demo-rg/providers/Microsoft.Compute/virtualMachines/demo-control-plane-1",
			Region: "westeurope", Type: "Standard_D2s_v5",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := newService(t, test.handler).Instance(t.Context(), test.cloud)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestInstance_SaysWhatTheServiceAnswered(t *testing.T) {
	nothing := texts("", "", nil)
	for cloud, want := range map[string]string{node.GCP: "not defined", node.AWS: "404", node.Azure: "404 Not Found", "moon": `none for "moon"`} {
		if got, err := newService(t, nothing).Instance(t.Context(), cloud); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %+v, %v", cloud, got, err)
		}
	}
	if got, err := newService(t, azure("/something/else", "")).Instance(t.Context(), node.Azure); err == nil || !strings.Contains(err.Error(), "unknown form") {
		t.Errorf("got %+v, %v", got, err)
	}
}
