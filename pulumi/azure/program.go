package azure

import (
	"fmt"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-azure-native-sdk/resources/v2"
	azurenative "github.com/pulumi/pulumi-azure-native-sdk/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// The types that the program makes, all of azure-native:
//
//	resources:ResourceGroup             one, unless existing.resourceGroup
//	network:VirtualNetwork, Subnet,     one each, unless existing.subnet
//	        NatGateway
//	network:PublicIPAddress             one for the NAT gateway, one for the API
//	network:NetworkSecurityGroup        one, on every interface
//	network:ApplicationSecurityGroup    two: control planes, nodes
//	network:LoadBalancer                internal, and public unless it is private
//	network:NetworkInterface            one a control plane
//	compute:Disk                        one a control plane: etcd's
//	compute:VirtualMachine              one a control plane
//	compute:VirtualMachineScaleSet      one a pool
//	keyvault:Vault                      one
//	keyvault:Secret                     one for the control planes, one a pool
//	managedidentity:UserAssignedIdentity  likewise
//	authorization:RoleAssignment        likewise, and one for what addons do
//	authorization:RoleDefinition        one for what addons do on control planes

// program is one run of the program.
type program struct {
	ctx      *pulumi.Context
	in       target.Inputs
	block    Block
	secrets  *credentials.Credentials
	provider *azurenative.Provider
	// group is the name of the resource group that everything is in, once it
	// is there.
	group pulumi.StringInput
}

// Program declares the cluster's resources and exports the outputs. It asks
// nothing of Azure: what it needs to know is in the config or comes out of
// other resources.
func (*Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		p, err := begin(ctx, in)
		if err != nil {
			return err
		}
		on, err := p.network()
		if err != nil {
			return err
		}
		through, err := p.firewall()
		if err != nil {
			return err
		}
		api, err := p.endpoint(on)
		if err != nil {
			return err
		}
		store, err := p.store(on)
		if err != nil {
			return err
		}
		bundles, err := p.bundles(api)
		if err != nil {
			return err
		}
		planes, err := p.controlPlanes(place{on, through, store}, api, bundles)
		if err != nil {
			return err
		}
		pools, err := p.pools(place{on, through, store}, bundles)
		if err != nil {
			return err
		}
		target.Export(ctx, target.Exports{
			Endpoint:       pulumi.Sprintf("https://%s:%d", api.host, apiPort),
			NodeEndpoint:   pulumi.String(api.nodes),
			Hosts:          planes,
			Pools:          pools,
			CACertificate:  p.secrets.CACertificate,
			CAKey:          p.secrets.CAKey,
			BootstrapToken: p.secrets.BootstrapToken,
			RotationStage:  p.secrets.RotationStage,
			RotationLast:   p.secrets.RotationLast,
		})
		return nil
	}
}

// place is what machines are put into.
type place struct {
	*network
	*firewall
	*store
}

// begin declares the cluster's secrets, the provider and the resource group.
func begin(ctx *pulumi.Context, in target.Inputs) (*program, error) {
	secrets, err := credentials.NewCredentials(ctx, "credentials", in.Cluster.Metadata.Name, in.Rotation)
	if err != nil {
		return nil, err
	}
	p := &program{ctx: ctx, in: in, block: block(in.Cluster), secrets: secrets}
	provider, err := azurenative.NewProvider(ctx, name, &azurenative.ProviderArgs{
		SubscriptionId: pulumi.String(p.block.Subscription),
		// Azure is not told that this is Pulumi's own doing.
		DisablePulumiPartnerId: pulumi.Bool(true),
	}, pulumi.Version(pluginVersion))
	if err != nil {
		return nil, fmt.Errorf("declaring the provider of subscription %q: %w", p.block.Subscription, err)
	}
	p.provider = provider
	if p.block.Existing.ResourceGroup != "" {
		p.group = pulumi.String(p.block.Existing.ResourceGroup)
		return p, nil
	}
	group, err := resources.NewResourceGroup(ctx, p.groupName(), &resources.ResourceGroupArgs{
		ResourceGroupName: pulumi.String(p.groupName()),
		Location:          pulumi.String(p.block.Location),
		Tags:              p.tags("", ""),
	}, p.options()...)
	if err != nil {
		return nil, fmt.Errorf("declaring the resource group %q: %w", p.groupName(), err)
	}
	p.group = group.Name
	return p, nil
}

// bundles are what the hosts are told. The API is reached by users at another
// name than by nodes, which its certificate must have too.
func (p *program) bundles(api *endpoint) (target.Bundles, error) {
	bundles := target.Bundles{
		Inputs: p.in, Credentials: p.secrets, Cloud: name,
		Endpoint:  pulumi.String(api.nodes),
		ExtraSANs: pulumi.StringArray{api.host},
	}
	for n := 1; n <= p.in.Cluster.Spec.ControlPlane.Count; n++ {
		address, err := fixedAddress(p.in.Cluster.Spec.Network, n)
		if err != nil {
			return bundles, err
		}
		bundles.Members = append(bundles.Members, target.MemberInput{
			Name:       target.ControlPlaneName(p.in.Cluster.Metadata.Name, n),
			Address:    pulumi.String(address),
			EtcdDevice: pulumi.String(etcdDevice),
		})
	}
	return bundles, nil
}

// options are those of every resource, and more.
func (p *program) options(more ...pulumi.ResourceOption) []pulumi.ResourceOption {
	return append([]pulumi.ResourceOption{pulumi.Provider(p.provider)}, more...)
}

// apiPort is where API servers listen, and the balancers before them.
const apiPort = 6443

// hostPort is an address of the API.
func hostPort(host string) string { return host + ":" + strconv.Itoa(apiPort) }
