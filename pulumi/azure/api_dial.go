package azure

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// scope is what credentials are asked for: to speak with Azure Resource
// Manager. Role assignments decide what they may do.
const scope = "https://management.azure.com/.default"

// Bounds of one question.
const (
	callTimeout  = 20 * time.Second
	loginTimeout = 45 * time.Second
	retries      = 2
)

// dial reaches the subscription by the credentials that the published provider
// finds: its own variables, else what Azure's tools left on this machine.
func dial(ctx context.Context, cluster *config.Cluster) (API, error) {
	found, err := credential()
	if err != nil {
		return nil, &live.Fault{Reason: live.Unauthenticated, Err: err}
	}
	source := bounds{found}
	token, err := source.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{scope}})
	if err != nil {
		return nil, err
	}
	return newClient(source, bounded(), holder(token.Token), cluster)
}

// credential is the source of tokens.
func credential() (azcore.TokenCredential, error) {
	tenant, id, secret := os.Getenv("ARM_TENANT_ID"), os.Getenv("ARM_CLIENT_ID"), os.Getenv("ARM_CLIENT_SECRET")
	if tenant != "" && id != "" && secret != "" {
		return azidentity.NewClientSecretCredential(tenant, id, secret, nil)
	}
	if os.Getenv("ARM_USE_MSI") == "true" {
		options := &azidentity.ManagedIdentityCredentialOptions{}
		if id != "" {
			options.ID = azidentity.ClientID(id)
		}
		return azidentity.NewManagedIdentityCredential(options)
	}
	return azidentity.NewDefaultAzureCredential(nil)
}

// bounds gives a source of tokens a time to answer in, and its failures our
// words: it may ask other programs, or a person who is not there.
type bounds struct{ azcore.TokenCredential }

func (b bounds) GetToken(ctx context.Context, options policy.TokenRequestOptions) (azcore.AccessToken, error) {
	ctx, cancel := context.WithTimeout(ctx, loginTimeout)
	defer cancel()
	token, err := b.TokenCredential.GetToken(ctx, options)
	if err != nil {
		return token, &live.Fault{Reason: live.Unauthenticated, Err: errors.New(firstLine(err.Error()))}
	}
	return token, nil
}

// bounded are the options of every client: few retries, and nothing is
// registered on the way.
func bounded() *arm.ClientOptions {
	return &arm.ClientOptions{
		DisableRPRegistration: true,
		ClientOptions: policy.ClientOptions{
			Retry:     policy.RetryOptions{MaxRetries: retries, TryTimeout: callTimeout, RetryDelay: time.Second, MaxRetryDelay: 8 * time.Second},
			Telemetry: policy.TelemetryOptions{Disabled: true},
		},
	}
}

// holder reads from a token whose it is. The token is not verified: it is only
// told to people.
func holder(token string) string {
	parts := strings.Split(token, ".")
	var claims struct {
		UPN    string `json:"upn"`
		Unique string `json:"unique_name"`
		App    string `json:"appid"`
		Object string `json:"oid"`
	}
	if len(parts) == 3 {
		if data, err := base64.RawURLEncoding.DecodeString(parts[1]); err == nil {
			_ = json.Unmarshal(data, &claims) // what it does not say is said below
		}
	}
	for _, name := range []string{claims.UPN, claims.Unique} {
		if name != "" {
			return name
		}
	}
	switch {
	case claims.App != "":
		return "application " + claims.App
	case claims.Object != "":
		return "principal " + claims.Object
	}
	return "the holder of these credentials"
}

func firstLine(text string) string {
	line, rest, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if rest != "" {
		line += " …"
	}
	return line
}

// plainClient fetches what needs no token: logs by an address that is a secret.
func plainClient() *http.Client { return &http.Client{Timeout: callTimeout} }
