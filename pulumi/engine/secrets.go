package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
)

var _ secrets.Provider = (*Stack)(nil)

// OfType returns the manager of the secrets of a state. It is for Pulumi to
// call; the passphrase is the stack's own, never the environment's.
func (s *Stack) OfType(_ context.Context, kind string, state json.RawMessage) (secrets.Manager, error) {
	if kind != passphrase.Type {
		return nil, fmt.Errorf("opening the secrets of stack %q: they are kept by %q, which is not supported: only a passphrase is", s.options.Stack, kind)
	}
	var salted struct {
		Salt string `json:"salt"`
	}
	if err := json.Unmarshal(state, &salted); err != nil {
		return nil, fmt.Errorf("reading the salt of stack %q: %w", s.options.Stack, err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	// Deriving the key takes a million rounds: once is enough.
	if s.secrets != nil && string(s.secrets.State()) == string(state) {
		return s.secrets, nil
	}
	manager, err := passphrase.GetPassphraseSecretsManager(s.options.Passphrase, salted.Salt)
	if errors.Is(err, passphrase.ErrIncorrectPassphrase) {
		return nil, fmt.Errorf("opening the secrets of stack %q: the passphrase is not the one they were encrypted with", s.options.Stack)
	}
	if err != nil {
		return nil, fmt.Errorf("opening the secrets of stack %q: %w", s.options.Stack, err)
	}
	s.secrets = manager
	return manager, nil
}

// manager returns what encrypts the secrets of a stack: as its state says, or
// a new one when the state holds nothing yet.
func (s *Stack) manager(ctx context.Context, in backend.Stack) (secrets.Manager, error) {
	deployment, err := s.deployment(ctx, in)
	if err != nil {
		return nil, err
	}
	if keeper := deployment.SecretsProviders; keeper != nil && keeper.Type != "" {
		return s.OfType(ctx, keeper.Type, keeper.State)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.secrets != nil {
		return s.secrets, nil
	}
	_, manager, err := passphrase.NewPassphraseSecretsManager(s.options.Passphrase)
	if err != nil {
		return nil, fmt.Errorf("preparing the secrets of stack %q: %w", s.options.Stack, err)
	}
	s.secrets = manager
	return manager, nil
}

// deployment reads the state as it lies there, its secrets still encrypted.
func (s *Stack) deployment(ctx context.Context, in backend.Stack) (*apitype.DeploymentV3, error) {
	untyped, err := in.Backend().ExportDeployment(ctx, in)
	if err != nil {
		return nil, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	if len(untyped.Deployment) == 0 || string(untyped.Deployment) == "null" {
		return &apitype.DeploymentV3{}, nil
	}
	deployment, err := stack.UnmarshalUntypedDeployment(ctx, untyped)
	if err != nil {
		return nil, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	return deployment, nil
}
