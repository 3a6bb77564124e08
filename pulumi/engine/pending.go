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
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// repair settles the operations that a killed run left half done, and tells
// whether there were any.
//
// A creation that was cut off may have made something that no state records.
// Where the provider is one of this process, its creation is run to the end:
// by the provider's contract that adopts what exists. Then it is recorded, so
// that an Up keeps it and a Destroy deletes it. Another provider's is cleared:
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
	resources, err := withCreated(snapshot, cut)
	if err == nil {
		err = s.finishCreate(ctx, snapshot, cut)
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
	made, err := provider.Create(ctx, plugin.CreateRequest{
		URN: cut.URN, Name: cut.URN.Name(), Type: cut.Type, Properties: cut.Inputs,
		Timeout: cut.CustomTimeouts.Create,
	})
	if err != nil {
		return err
	}
	cut.ID, cut.Outputs = made.ID, made.Properties
	return nil
}
