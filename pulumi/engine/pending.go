package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	pkgresource "github.com/pulumi/pulumi/pkg/v3/resource"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy/providers"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	sdkproviders "github.com/pulumi/pulumi/sdk/v3/go/common/providers"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// repair settles the operations that a killed run left half done, and tells
// whether there were any.
//
// A creation that was cut off may have made something that no state records.
// Where the provider is one of this process, its creation is run to the end:
// by the provider's contract that adopts what exists. Then it is recorded, so
// that an Up keeps it and a Destroy deletes it. One that would take long is
// recorded as it is. Another provider's is cleared:
// Up makes it again. Other operations are cleared too, and a refresh reads
// what became of them.
func (s *Stack) repair(ctx context.Context, in backend.Stack) (bool, error) {
	deployment, err := s.deployment(ctx, in)
	if err != nil || len(deployment.PendingOperations) == 0 {
		return false, err
	}
	snapshot, err := in.Snapshot(ctx, s)
	if err != nil {
		return false, fmt.Errorf("reading the state of stack %q: %w", s.options.Stack, err)
	}
	for _, op := range snapshot.PendingOperations {
		if op.Type != pkgresource.OperationTypeCreating {
			s.options.Notice(fmt.Sprintf("an earlier run was cut off while %s %q (%s): reading what became of it",
				op.Type, op.Resource.URN.Name(), op.Resource.Type))
			continue
		}
		s.settleCreate(ctx, snapshot, op.Resource)
	}
	snapshot.PendingOperations = nil
	untyped, err := stack.SerializeUntypedDeployment(ctx, snapshot, nil)
	if err != nil {
		return false, fmt.Errorf("repairing the state of stack %q: %w", s.options.Stack, err)
	}
	if err := in.Backend().ImportDeployment(ctx, in, untyped); err != nil {
		return false, fmt.Errorf("repairing the state of stack %q: %w", s.options.Stack, s.explainLock(ctx, err))
	}
	return true, nil
}

// settleCreate finishes a creation and records it, or says that it can't.
func (s *Stack) settleCreate(ctx context.Context, snapshot *deploy.Snapshot, cut *pkgresource.State) {
	what := fmt.Sprintf("an earlier run was cut off while creating %q (%s)", cut.URN.Name(), cut.Type)
	const forgot = ": forgot the attempt; what it made, if anything, may be left"
	if _, ours := s.options.Providers[string(cut.Type.Package())]; !ours {
		s.options.Notice(what + forgot)
		return
	}
	settle := s.finishCreate
	if slices.Contains(s.options.Lengthy, string(cut.Type)) {
		settle = s.readCreated
	}
	resources, err := withCreated(snapshot, cut)
	if err == nil {
		err = settle(ctx, snapshot, cut)
	}
	if errors.Is(err, errNothing) {
		s.options.Notice(what + ": nothing was made yet")
		return
	}
	if err != nil {
		s.options.Notice(fmt.Sprintf("%s, and finishing it failed: %v%s", what, err, forgot))
		return
	}
	snapshot.Resources = resources
	s.options.Notice(what + ": finished and recorded it")
}

// withCreated returns the resources with one more, in a place where Pulumi
// takes it: after all that it depends on.
func withCreated(snapshot *deploy.Snapshot, cut *pkgresource.State) ([]*pkgresource.State, error) {
	old := slices.IndexFunc(snapshot.Resources, func(r *pkgresource.State) bool { return r.URN == cut.URN && !r.Delete })
	switch {
	case old < 0:
		return append(slices.Clone(snapshot.Resources), cut), nil
	case !snapshot.Resources[old].PendingReplacement:
		return nil, errors.New("the one it was to replace is still recorded")
	}
	// The old one is deleted already; the record of it only marks its place.
	changed := *snapshot
	changed.Resources = slices.Clone(snapshot.Resources)
	changed.Resources[old] = cut
	changed.PendingOperations = nil
	if err := changed.VerifyIntegrity(); err != nil {
		return nil, fmt.Errorf("putting it in the place of the one it replaces: %w", err)
	}
	return changed.Resources, nil
}

// finishCreate calls the provider's idempotent Create and completes the state
// with what it answers.
func (s *Stack) finishCreate(ctx context.Context, snapshot *deploy.Snapshot, cut *pkgresource.State) error {
	return s.withProvider(ctx, snapshot, cut, func(provider plugin.Provider) error {
		made, err := provider.Create(ctx, plugin.CreateRequest{
			URN: cut.URN, Name: cut.URN.Name(), Type: cut.Type, Properties: cut.Inputs,
			Timeout: cut.CustomTimeouts.Create,
		})
		if err != nil {
			return err
		}
		cut.ID, cut.Outputs = made.ID, made.Properties
		return nil
	})
}

// errNothing is a creation that was cut off before anything was made.
var errNothing = errors.New("there is nothing")

// readCreated completes the state with what the provider finds of a resource
// that is known by its name and inputs alone.
func (s *Stack) readCreated(ctx context.Context, snapshot *deploy.Snapshot, cut *pkgresource.State) error {
	return s.withProvider(ctx, snapshot, cut, func(provider plugin.Provider) error {
		found, err := provider.Read(ctx, plugin.ReadRequest{
			URN: cut.URN, Name: cut.URN.Name(), Type: cut.Type,
			ID: resource.ID(cut.URN.Name()), Inputs: cut.Inputs, State: cut.Inputs,
		})
		if err != nil {
			return err
		}
		if found.ID == "" || found.Outputs == nil {
			return errNothing
		}
		cut.ID, cut.Outputs = found.ID, found.Outputs
		return nil
	})
}

// withProvider lends the provider that a resource is of, configured as it was.
func (s *Stack) withProvider(ctx context.Context, snapshot *deploy.Snapshot, cut *pkgresource.State, use func(plugin.Provider) error) error {
	reference, err := sdkproviders.ParseReference(cut.Provider)
	if err != nil {
		return fmt.Errorf("reading which provider it has: %w", err)
	}
	i := slices.IndexFunc(snapshot.Resources, func(r *pkgresource.State) bool { return r.URN == reference.URN() })
	if i < 0 {
		return fmt.Errorf("its provider %q is not recorded", reference)
	}
	configured := snapshot.Resources[i]
	host, err := s.newHost(ctx, s.sink(), s.sink(), nil)
	if err != nil {
		return err
	}
	defer host.Close()
	pctx, err := plugin.NewContextWithHost(ctx, s.sink(), s.sink(), host, s.options.Home, s.options.Home, nil)
	if err != nil {
		return err
	}
	defer pctx.Close()
	provider, err := host.Provider(pctx, workspace.PluginDescriptor{Name: string(cut.Type.Package()), Kind: apitype.ResourcePlugin}, env.Global())
	if err != nil {
		return err
	}
	name := configured.URN.Name()
	if _, err := provider.Configure(ctx, plugin.ConfigureRequest{
		URN: &configured.URN, Name: &name, Type: &configured.Type, ID: &configured.ID,
		Inputs: providers.FilterProviderConfig(configured.Inputs),
	}); err != nil {
		return fmt.Errorf("configuring its provider: %w", err)
	}
	return use(provider)
}
