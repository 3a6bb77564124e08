package azure

import (
	"encoding/base64"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestHolder_ReadsWhoseATokenIs(t *testing.T) {
	for claims, want := range map[string]string{
		`{"upn": "someone@example.org", "oid": "1"}`: "someone@example.org",
		`{"appid": "app-1", "oid": "1"}`:             "application app-1",
		`{"oid": "1"}`:                               "principal 1",
		`nothing`:                                    "the holder of these credentials",
	} {
		token := "head." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + ".signature"
		if got := holder(token); got != want {
			t.Errorf("%s is %q, want %q", claims, got, want)
		}
	}
}

func TestDial_FailsAtOnceWithoutCredentials(t *testing.T) {
	for _, variable := range []string{"ARM_TENANT_ID", "ARM_CLIENT_ID", "ARM_CLIENT_SECRET", "ARM_USE_MSI", "AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_CLIENT_SECRET",
		"AZURE_CLIENT_CERTIFICATE_PATH", "AZURE_FEDERATED_TOKEN_FILE", "IDENTITY_ENDPOINT", "MSI_ENDPOINT"} {
		t.Setenv(variable, "")
	}
	// Only the tools of this machine are asked, of which there are none: the
	// metadata server's address is none of loopback's.
	t.Setenv("AZURE_TOKEN_CREDENTIALS", "dev")
	t.Setenv("PATH", t.TempDir())
	begun := time.Now()
	problems := New().Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	if took := time.Since(begun); took > 10*time.Second {
		t.Errorf("it took %s", took)
	}
	livetest.Expect(t, problems, "", "DefaultAzureCredential", "az login")
}
