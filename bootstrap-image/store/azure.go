package store

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

var azureName = regexp.MustCompile(`^([a-zA-Z0-9-]{3,24}(?:\.[a-z0-9-]+)+)/secrets/([a-zA-Z0-9-]{1,127})$`)

// azure reads the current version of a secret of a Key Vault with a managed
// identity of the machine. The loop around retries: it says why.
func (s Stores) azure(name, client string) (Source, error) {
	parts := azureName.FindStringSubmatch(name)
	if parts == nil {
		return nil, errors.New("it is not of the form VAULT.vault.azure.net/secrets/NAME")
	}
	vault, secret := "https://"+parts[1], parts[2]
	options := azcore.ClientOptions{Transport: s.Client, Retry: policy.RetryOptions{MaxRetries: -1}}
	identity := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: options}
	if client != "" {
		identity.ID = azidentity.ClientID(client)
	}
	return func(ctx context.Context) ([]byte, error) {
		// Made anew at each attempt: a credential remembers what it was told.
		credential, err := azidentity.NewManagedIdentityCredential(identity)
		if err != nil {
			return nil, fmt.Errorf("finding the machine's managed identity: %w", err)
		}
		keys, err := azsecrets.NewClient(vault, credential, &azsecrets.ClientOptions{ClientOptions: options})
		if err != nil {
			return nil, fmt.Errorf("opening the vault %q: %w", vault, err)
		}
		answer, err := keys.GetSecret(ctx, secret, "", nil)
		if err != nil {
			return nil, fmt.Errorf("reading the secret %q of %s with the machine's managed identity: %w", secret, vault, azureReason(err))
		}
		if answer.Value == nil {
			return nil, fmt.Errorf("reading the secret %q of %s: it has no value", secret, vault)
		}
		return []byte(*answer.Value), nil
	}, nil
}

// azureReason shortens an error of the SDK, which draws a whole exchange over
// twenty lines, to what the service said.
func azureReason(err error) error {
	var response *azcore.ResponseError
	if errors.As(err, &response) {
		hint := ""
		if response.StatusCode == 403 {
			hint = "; the identity needs the role Key Vault Secrets User on it"
		}
		return fmt.Errorf("%d %s%s", response.StatusCode, response.ErrorCode, hint)
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return errors.New(first)
}
