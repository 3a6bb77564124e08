package azure

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// loopback answers on this machine in Azure Resource Manager's own shape, by
// method and path: a body, a failure, or a function of the request.
type loopback struct {
	mu      sync.Mutex
	address string
	answers map[string]any
	unknown []string
}

// failure is an answer that is an error.
type failure struct {
	status        int
	code, message string
}

type handler = func(http.ResponseWriter, *http.Request)

const (
	subscriptionPath = "/subscriptions/" + subscriptionID
	usagePath        = "GET " + subscriptionPath + "/providers/Microsoft.Compute/locations/westeurope/usages"
	permissionsPath  = "GET " + subscriptionPath + "/providers/Microsoft.Authorization/permissions"
	skuPath          = "GET " + subscriptionPath + "/providers/Microsoft.Compute/skus"
)

func newLoopback() *loopback {
	l := &loopback{answers: map[string]any{
		"GET " + subscriptionPath:                `{"subscriptionId": "` + subscriptionID + `", "state": "Enabled"}`,
		"GET " + subscriptionPath + "/locations": `{"value": [{"name": "westeurope"}, {"name": "northeurope"}]}`,
		skuPath: `{"value": [
			{"resourceType": "disks", "name": "Premium_LRS"},
			{"resourceType": "virtualMachines", "name": "Standard_D2s_v5", "family": "standardDSv5Family", "locations": ["westeurope"],
			 "locationInfo": [{"location": "westeurope", "zones": ["1", "2", "3"]}], "restrictions": [],
			 "capabilities": [{"name": "vCPUs", "value": "2"}, {"name": "CpuArchitectureType", "value": "x64"}]}]}`,
		usagePath: `{"value": [
			{"limit": 10, "currentValue": 0, "unit": "Count", "name": {"value": "cores", "localizedValue": "Total Regional vCPUs"}},
			{"limit": 10, "currentValue": 0, "unit": "Count", "name": {"value": "standardDSv5Family", "localizedValue": "Standard DSv5 Family vCPUs"}}]}`,
		"GET " + subscriptionPath + "/providers/Microsoft.Network/locations/westeurope/usages": `{"value": [
			{"limit": 20, "currentValue": 1, "unit": "Count", "name": {"value": "PublicIPAddresses", "localizedValue": "Public IP Addresses"}}]}`,
		permissionsPath:                          `{"value": [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write", "Microsoft.Authorization/*/Delete"]}, {"actions": ["Microsoft.Authorization/*"], "notActions": []}]}`,
		"GET " + subscriptionPath + "/resources": `{"value": []}`,
		"GET " + clusterGroup:                    failure{404, "ResourceGroupNotFound", "Resource group 'kubernetes-anywhere-demo' could not be found."},
	}}
	for _, provider := range neededProviders() {
		l.answers["GET "+subscriptionPath+"/providers/"+provider] = fmt.Sprintf(`{"namespace": %q, "registrationState": "Registered"}`, provider)
	}
	return l
}

func (l *loopback) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	where := r.Method + " " + r.URL.Path
	// Paths differ in capitals between clients; ARM does not mind, nor we.
	l.mu.Lock()
	answer, found := l.answers[where]
	for path, one := range l.answers {
		if strings.EqualFold(path, where) {
			answer, found = one, true
		}
	}
	if !found {
		l.unknown = append(l.unknown, where)
	}
	l.mu.Unlock()
	w.Header().Set("Content-Type", "application/json")
	switch answer := answer.(type) {
	case handler:
		answer(w, r)
	case failure:
		w.WriteHeader(answer.status)
		fmt.Fprintf(w, `{"error": {"code": %q, "message": %q}}`, answer.code, answer.message)
	case string:
		fmt.Fprint(w, answer)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"error": {"code": "NotFound", "message": "nothing is here"}}`)
	}
}

// token is a credential of someone.
type token struct{ err error }

func (c token) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: "t", ExpiresOn: time.Now().Add(time.Hour)}, c.err
}

// serve makes a target that asks this Azure by its own libraries.
func (l *loopback) serve(t *testing.T, source azcore.TokenCredential) *Target {
	t.Helper()
	server := httptest.NewTLSServer(l) // to others, no token is sent
	t.Cleanup(server.Close)
	l.address = server.URL
	options := bounded()
	options.Transport = server.Client()
	options.Retry.RetryDelay, options.Retry.MaxRetryDelay = time.Millisecond, time.Millisecond
	options.Cloud = cloud.Configuration{
		ActiveDirectoryAuthorityHost: server.URL,
		Services:                     map[cloud.ServiceName]cloud.ServiceConfiguration{cloud.ResourceManager: {Endpoint: server.URL, Audience: "https://management.azure.com"}},
	}
	return impatient(func(_ context.Context, cluster *config.Cluster) (API, error) {
		c, err := newClient(source, options, "someone@example.org", cluster)
		if err == nil {
			c.plain = server.Client()
		}
		return c, err
	})
}
