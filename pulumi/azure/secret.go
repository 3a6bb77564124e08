package azure

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/authorization/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/keyvault/v2"
	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// secretsUser is Azure's role "Key Vault Secrets User": it reads values of
// secrets and does nothing else.
const secretsUser = "4633458b-17de-408a-b874-0445c86b69e6"

// retentionDays is how long a deleted vault can be brought back: the least
// that Azure allows.
const retentionDays = 7

// store is where node bundles are kept.
type store struct {
	// owner is the identity of the control planes.
	owner *managedidentity.UserAssignedIdentity
	vault *keyvault.Vault
}

// stored is a bundle in the store.
type stored struct {
	url    pulumi.StringOutput
	bundle pulumi.StringOutput
	// reader may read it, and grant says so.
	reader *managedidentity.UserAssignedIdentity
	grant  pulumi.Resource
}

// store declares the vault. Its name and its tenant are those of an identity:
// a program that asks Azure nothing knows no tenant.
func (p *program) store(on *network) (*store, error) {
	owner, err := p.identity(controlPlaneRole, controlPlaneRole, "")
	if err != nil {
		return nil, err
	}
	properties := keyvault.VaultPropertiesArgs{
		TenantId: owner.TenantId,
		Sku:      keyvault.SkuArgs{Family: pulumi.String("A"), Name: keyvault.SkuNameStandard},
		// Roles, each for one secret, and not policies for the whole vault.
		EnableRbacAuthorization:   pulumi.Bool(true),
		EnableSoftDelete:          pulumi.Bool(true),
		SoftDeleteRetentionInDays: pulumi.Int(retentionDays),
	}
	if on.ours {
		// Who writes the bundles does so by Azure's resource manager, which
		// these rules do not concern.
		properties.NetworkAcls = keyvault.NetworkRuleSetArgs{
			DefaultAction:       pulumi.String("Deny"),
			Bypass:              pulumi.String("AzureServices"),
			VirtualNetworkRules: keyvault.VirtualNetworkRuleArray{keyvault.VirtualNetworkRuleArgs{Id: on.subnet}},
		}
	}
	vault, err := keyvault.NewVault(p.ctx, p.called("bundles"), &keyvault.VaultArgs{
		VaultName:         owner.ClientId.ApplyT(vaultName).(pulumi.StringOutput),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		Properties:        properties,
		Tags:              p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the vault %q: %w", p.called("bundles"), err)
	}
	return &store{owner: owner, vault: vault}, nil
}

// keep declares a bundle as a secret of the vault, and who may read it. A
// secret is not deleted but goes with its vault: deleting one takes a right on
// what is inside of the vault, which not even its owner has.
func (p *program) keep(in *store, reader *managedidentity.UserAssignedIdentity, bundle pulumi.StringOutput, role, pool string) (stored, error) {
	what := role
	if pool != "" {
		what = pool
	}
	name := reader.ClientId.ApplyT(func(id string) string { return secretName(what, id) }).(pulumi.StringOutput)
	secret, err := keyvault.NewSecret(p.ctx, p.called(what), &keyvault.SecretArgs{
		SecretName:        name,
		VaultName:         in.vault.Name,
		ResourceGroupName: p.group,
		Properties:        keyvault.SecretPropertiesArgs{Value: bundle, ContentType: pulumi.String("application/json")},
		Tags:              p.tags(role, pool),
	}, p.options(pulumi.RetainOnDelete(true))...)
	if err != nil {
		return stored{}, fmt.Errorf("declaring the secret of %q: %w", p.called(what), err)
	}
	grant, err := authorization.NewRoleAssignment(p.ctx, p.called(what), &authorization.RoleAssignmentArgs{
		RoleAssignmentName: reader.PrincipalId.ApplyT(func(id string) string { return grantName(id, secretsUser) }).(pulumi.StringOutput),
		Scope:              secret.ID(),
		RoleDefinitionId:   pulumi.Sprintf("/subscriptions/%s/providers/Microsoft.Authorization/roleDefinitions/%s", p.block.Subscription, secretsUser),
		PrincipalId:        reader.PrincipalId,
		// Without the type, Azure looks an identity up that it may not know yet.
		PrincipalType: pulumi.String("ServicePrincipal"),
		Description:   pulumi.Sprintf("cluster %s: its %s machines read their bundle", p.in.Cluster.Metadata.Name, what),
	}, p.options()...)
	if err != nil {
		return stored{}, fmt.Errorf("declaring the right to read the secret of %q: %w", p.called(what), err)
	}
	url := pulumi.Sprintf("azurekeyvault://%s.vault.azure.net/secrets/%s?client=%s", in.vault.Name, name, reader.ClientId)
	return stored{url: url, bundle: bundle, reader: reader, grant: grant}, nil
}
