package gcp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"golang.org/x/oauth2"
	"golang.org/x/oauth2/google"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// scope is what the credentials are asked for; IAM decides what they may do.
const scope = "https://www.googleapis.com/auth/cloud-platform"

// callTimeout is how long one call may take, a hundredth of the time a cluster
// does.
const callTimeout = 30 * time.Second

// dial reaches the project by the credentials that the published provider
// would find: those of its own environment variables, then Google's default
// ones.
func dial(ctx context.Context, cluster *config.Cluster) (API, error) { return dialAt(ctx, cluster, "") }

// dialAt is dial with another address than Google's own.
func dialAt(ctx context.Context, cluster *config.Cluster, endpoint string) (API, error) {
	// Tokens are fetched long after this call, by the context given here.
	tokens := context.WithValue(context.WithoutCancel(ctx), oauth2.HTTPClient, &http.Client{Timeout: callTimeout})
	found, err := findCredentials(tokens)
	if err != nil {
		return nil, &live.Fault{Reason: live.Unauthenticated, Err: err}
	}
	b := block(cluster)
	base := &retrying{base: http.DefaultTransport, pause: time.Second}
	client := &http.Client{
		Timeout:   callTimeout,
		Transport: &oauth2.Transport{Source: found.source, Base: &billing{base: base, project: found.quotaProject(b.Project)}},
	}
	return newClient(ctx, client, endpoint, found.who, cluster)
}

// found are credentials and whose they are.
type found struct {
	source oauth2.TokenSource
	who    string
	// user tells that they are a person's, whose calls to some APIs have to
	// name the project that they count for; quota is the one the file names.
	user  bool
	quota string
}

func (f found) quotaProject(project string) string {
	switch {
	case f.quota != "":
		return f.quota
	case f.user:
		return project
	}
	return ""
}

// findCredentials looks where the provider does. The metadata server is asked
// on Google's own machines only: anywhere else nothing answers for minutes.
func findCredentials(ctx context.Context) (found, error) {
	if token := os.Getenv("GOOGLE_OAUTH_ACCESS_TOKEN"); token != "" {
		return found{
			source: oauth2.StaticTokenSource(&oauth2.Token{AccessToken: token}),
			who:    "the holder of GOOGLE_OAUTH_ACCESS_TOKEN",
		}, nil
	}
	for _, variable := range []string{"GOOGLE_CREDENTIALS", "GOOGLE_CLOUD_KEYFILE_JSON", "GCLOUD_KEYFILE_JSON"} {
		given := os.Getenv(variable)
		if given == "" {
			continue
		}
		data := []byte(given)
		if !strings.HasPrefix(strings.TrimSpace(given), "{") {
			var err error
			if data, err = os.ReadFile(given); err != nil {
				return found{}, fmt.Errorf("reading the credentials that %s names: %w", variable, err)
			}
		}
		credentials, err := fromJSON(ctx, data)
		if err != nil {
			return found{}, fmt.Errorf("reading the credentials in %s: %w", variable, err)
		}
		return describe(credentials), nil
	}
	if os.Getenv("GOOGLE_APPLICATION_CREDENTIALS") == "" && !exists(wellKnownFile()) && !onGoogle() {
		return found{}, errors.New("there are no credentials of Google Cloud on this machine")
	}
	credentials, err := google.FindDefaultCredentials(ctx, scope)
	if err != nil {
		return found{}, err
	}
	return describe(credentials), nil
}

// fromJSON takes credentials of whatever type they say they are of: they are from
// the user's own environment, where the provider reads the same.
func fromJSON(ctx context.Context, data []byte) (*google.Credentials, error) {
	var file struct {
		Type google.CredentialsType `json:"type"`
	}
	if err := json.Unmarshal(data, &file); err != nil {
		return nil, err
	}
	return google.CredentialsFromJSONWithType(ctx, data, file.Type, scope)
}

// describe tells whose credentials are.
func describe(credentials *google.Credentials) found {
	var file struct {
		Type         string `json:"type"`
		ClientEmail  string `json:"client_email"`
		Account      string `json:"account"`
		Impersonates string `json:"service_account_impersonation_url"`
		Quota        string `json:"quota_project_id"`
	}
	_ = json.Unmarshal(credentials.JSON, &file) // what it does not say is described below
	f := found{source: credentials.TokenSource, quota: file.Quota, user: file.Type == "authorized_user"}
	switch {
	case file.ClientEmail != "":
		f.who = file.ClientEmail
	case file.Impersonates != "":
		_, name, _ := strings.Cut(file.Impersonates, "/serviceAccounts/")
		f.who, _, _ = strings.Cut(name, ":")
	case file.Account != "":
		f.who = file.Account
	case f.user:
		f.who = "the user of 'gcloud auth application-default login'"
	default:
		f.who = "this machine's service account"
	}
	return f
}

// wellKnownFile is where gcloud leaves the default credentials.
func wellKnownFile() string {
	const name = "application_default_credentials.json"
	if runtime.GOOS == "windows" {
		return filepath.Join(os.Getenv("APPDATA"), "gcloud", name)
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return ""
	}
	return filepath.Join(home, ".config", "gcloud", name)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// onGoogle tells whether this is a machine of Google's, by what its firmware
// says or by the address that tests and sandboxes give.
func onGoogle() bool {
	if os.Getenv("GCE_METADATA_HOST") != "" {
		return true
	}
	product, err := os.ReadFile("/sys/class/dmi/id/product_name")
	return err == nil && strings.HasPrefix(strings.TrimSpace(string(product)), "Google")
}
