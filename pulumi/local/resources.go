package local

import (
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// networkResource is local:index:Network as the program sees it.
type networkResource struct {
	pulumi.CustomResourceState

	Name pulumi.StringOutput `pulumi:"name"`
}

// hostResource is local:index:Host as the program sees it.
type hostResource struct {
	pulumi.CustomResourceState

	Address    pulumi.StringOutput `pulumi:"hostAddress"`
	ProviderID pulumi.StringOutput `pulumi:"providerID"`
}

// balancerResource is local:index:Balancer as the program sees it.
type balancerResource struct{ pulumi.CustomResourceState }

// hostArgs is what the program says of one host.
type hostArgs struct {
	name, role, pool string
	// address is empty where the provider chooses.
	address string
	apiPort int
	// bundle is a secret; userData is not.
	bundle, userData pulumi.StringInput
}

func newNetwork(ctx *pulumi.Context, in target.Inputs) (*networkResource, error) {
	cluster := in.Cluster.Metadata.Name
	made := &networkResource{}
	err := ctx.RegisterResource(networkType, cluster, pulumi.Map{
		clusterKey: pulumi.String(cluster),
		nameKey:    pulumi.String(cluster),
		cidrKey:    pulumi.String(in.Cluster.Spec.Network.NodeCIDR),
	}, made)
	if err != nil {
		return nil, fmt.Errorf("declaring the network %q: %w", cluster, err)
	}
	return made, nil
}

// newBalancer declares the balancer before several control planes.
func newBalancer(ctx *pulumi.Context, in target.Inputs, on *networkResource, members []node.Member) error {
	cluster := in.Cluster.Metadata.Name
	address, err := addressAt(in.Cluster.Spec.Network.NodeCIDR, ofBalancer)
	if err != nil {
		return err
	}
	var backends []string
	for _, member := range members {
		backends = append(backends, net.JoinHostPort(member.Address, strconv.Itoa(apiServerPort)))
	}
	// The image that a host starts with is the balancer's too.
	archive := in.BootstrapArchive
	if archive == "" {
		archive = in.ImageArchive
	}
	err = ctx.RegisterResource(balancerType, balancerName(cluster), pulumi.Map{
		clusterKey:  pulumi.String(cluster),
		nameKey:     pulumi.String(balancerName(cluster)),
		networkKey:  on.Name,
		cidrKey:     pulumi.String(in.Cluster.Spec.Network.NodeCIDR),
		addressKey:  pulumi.String(address),
		imageKey:    pulumi.String(in.BootstrapImage),
		smallKey:    pulumi.String(archive),
		digestKey:   pulumi.String(in.ImageDigest),
		portKey:     pulumi.String(strconv.Itoa(block(in.Cluster).APIPort)),
		backendsKey: pulumi.String(strings.Join(backends, ",")),
	}, &balancerResource{})
	if err != nil {
		return fmt.Errorf("declaring the balancer of %q: %w", cluster, err)
	}
	return nil
}

func newHost(ctx *pulumi.Context, in target.Inputs, on *networkResource, args hostArgs) (target.HostExport, error) {
	inputs := pulumi.Map{
		clusterKey:  pulumi.String(in.Cluster.Metadata.Name),
		nameKey:     pulumi.String(args.name),
		roleKey:     pulumi.String(args.role),
		poolKey:     pulumi.String(args.pool),
		networkKey:  on.Name,
		cidrKey:     pulumi.String(in.Cluster.Spec.Network.NodeCIDR),
		imageKey:    pulumi.String(block(in.Cluster).HostImage),
		addressKey:  pulumi.String(args.address),
		archiveKey:  pulumi.String(in.ImageArchive),
		smallKey:    pulumi.String(in.BootstrapArchive),
		digestKey:   pulumi.String(in.ImageDigest),
		userDataKey: args.userData,
		bundleKey:   args.bundle,
	}
	if args.apiPort != 0 {
		inputs[portKey] = pulumi.String(strconv.Itoa(args.apiPort))
	}
	made := &hostResource{}
	err := ctx.RegisterResource(hostType, args.name, inputs, made, pulumi.AdditionalSecretOutputs([]string{bundleKey}))
	if err != nil {
		return target.HostExport{}, fmt.Errorf("declaring the host %q: %w", args.name, err)
	}
	return target.HostExport{
		Name: args.name, Role: args.role, Pool: args.pool, Address: made.Address, ProviderID: made.ProviderID,
	}, nil
}
