package gcp

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

func TestDial_FailsAtOnceWithoutCredentials(t *testing.T) {
	forgetCredentials(t)
	begun := time.Now()
	problems := New().Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	livetest.Expect(t, problems, "", "no credentials", "gcloud auth application-default login")
}

func TestDial_SaysThatAKeyIsNoLongerValid(t *testing.T) {
	forgetCredentials(t)
	g := newGoogle()
	g.answers["POST /token"] = failure{400, `{"error": "invalid_grant", "error_description": "Invalid JWT Signature."}`}
	server := httptest.NewServer(g)
	t.Cleanup(server.Close)
	t.Setenv("GOOGLE_CREDENTIALS", serviceAccountKey(t, server.URL+"/token"))
	cloud := New(WithAPI(func(ctx context.Context, cluster *config.Cluster) (API, error) {
		return dialAt(ctx, cluster, server.URL)
	}))
	problems := cloud.Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	livetest.Expect(t, problems, "", "Invalid JWT Signature", "gcloud auth application-default login")
	if len(problems) != 1 {
		t.Errorf("want one problem:\n%s", livetest.Listed(problems))
	}
}

func TestDial_KnowsWhoseTheCredentialsAre(t *testing.T) {
	forgetCredentials(t)
	t.Setenv("GOOGLE_CREDENTIALS", serviceAccountKey(t, "http://127.0.0.1:1/token"))
	api, err := dial(t.Context(), testCluster(nil))
	if err != nil {
		t.Fatal(err)
	}
	if got := api.Who(); got != "robot@demo.iam.gserviceaccount.com" {
		t.Errorf("they are %q's", got)
	}
}

// forgetCredentials hides those of whoever runs the tests.
func forgetCredentials(t *testing.T) {
	t.Helper()
	for _, variable := range []string{"GOOGLE_APPLICATION_CREDENTIALS", "GOOGLE_OAUTH_ACCESS_TOKEN", "GOOGLE_CREDENTIALS",
		"GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON", "GCE_METADATA_HOST"} {
		t.Setenv(variable, "")
	}
	t.Setenv("HOME", t.TempDir())
	t.Setenv("APPDATA", t.TempDir())
}

func serviceAccountKey(t *testing.T, tokens string) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	data, err := json.Marshal(map[string]string{
		"type": "service_account", "project_id": "demo", "client_email": "robot@demo.iam.gserviceaccount.com", "token_uri": tokens,
		"private_key": string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)})),
	})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
