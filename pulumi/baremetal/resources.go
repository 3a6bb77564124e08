package baremetal

import (
	"fmt"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// hostResource is baremetal:index:Host as the program sees it.
type hostResource struct {
	pulumi.CustomResourceState
}

// newHost declares a host; its bundle is a secret.
func newHost(ctx *pulumi.Context, in target.Inputs, m machine, bundle pulumi.StringInput) (target.HostExport, error) {
	b := block(in.Cluster)
	inputs := pulumi.Map{
		clusterKey:  pulumi.String(in.Cluster.Metadata.Name),
		nameKey:     pulumi.String(m.name),
		roleKey:     pulumi.String(m.role),
		poolKey:     pulumi.String(m.pool),
		addressKey:  pulumi.String(m.reach.Address),
		reachKey:    pulumi.String(m.reach.String()),
		imageKey:    pulumi.String(in.BootstrapImage),
		archiveKey:  pulumi.String(in.ImageArchive),
		smallKey:    pulumi.String(in.BootstrapArchive),
		digestKey:   pulumi.String(in.ImageDigest),
		parallelKey: pulumi.String(strconv.Itoa(b.Parallel)),
		engineKey:   pulumi.String(strconv.FormatBool(*b.InstallEngine)),
		bundleKey:   bundle,
	}
	made := &hostResource{}
	err := ctx.RegisterResource(hostType, m.name, inputs, made, pulumi.AdditionalSecretOutputs([]string{bundleKey}))
	if err != nil {
		return target.HostExport{}, fmt.Errorf("declaring the host %q: %w", m.name, err)
	}
	address := m.address
	if address == "" {
		address = m.reach.Address
	}
	return target.HostExport{
		Name: m.name, Role: m.role, Pool: m.pool,
		Address: pulumi.String(address), ProviderID: pulumi.String(name + "://" + m.name),
	}, nil
}
