package aws

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live/livetest"
)

// forgetCredentials hides those of whoever runs the tests.
func forgetCredentials(t *testing.T) {
	t.Helper()
	for _, variable := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_ROLE_ARN",
		"AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_CONTAINER_CREDENTIALS_FULL_URI", "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_EC2_METADATA_SERVICE_ENDPOINT"} {
		t.Setenv(variable, "")
	}
	t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
}

func TestDial_FailsAtOnceWithoutCredentials(t *testing.T) {
	forgetCredentials(t)
	begun := time.Now()
	problems := New().Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)})
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	livetest.Expect(t, problems, "", "credentials", "aws sso login")
}

func TestDial_TakesTheEnvironmentsCredentials(t *testing.T) {
	forgetCredentials(t)
	server := httptest.NewServer(newLoopback())
	t.Cleanup(server.Close)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_ENDPOINT_URL", server.URL)
	if problems := New().Preflight(t.Context(), target.Inputs{Cluster: testCluster(nil)}); len(problems) > 0 {
		t.Error(livetest.Listed(problems))
	}
}
