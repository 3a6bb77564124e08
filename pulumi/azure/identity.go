package azure

import (
	"fmt"

	"github.com/pulumi/pulumi-azure-native-sdk/managedidentity/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// identity declares who the machines of a role are: the control planes, or
// those of one pool, which has one of its own so that it can read its own
// secret and no other pool's.
//
// What addons need (a cloud controller, the disks' CSI driver, the autoscaler)
// is granted to these identities as the addons declare it (grants.go).
func (p *program) identity(what, role, pool string) (*managedidentity.UserAssignedIdentity, error) {
	// The module is of an older version than the others: the newest cannot be
	// had. The provider knows both.
	made, err := managedidentity.NewUserAssignedIdentity(p.ctx, p.called(what), &managedidentity.UserAssignedIdentityArgs{
		ResourceName:      pulumi.String(p.called(what)),
		ResourceGroupName: p.group,
		Location:          pulumi.String(p.block.Location),
		Tags:              p.tags(role, pool),
	}, p.options(pulumi.Version(pluginVersion))...)
	if err != nil {
		return nil, fmt.Errorf("declaring the identity %q: %w", p.called(what), err)
	}
	return made, p.grant(what, made, role)
}
