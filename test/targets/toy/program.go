package toy

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program declares the credentials and the hosts, and exports the outputs.
func (Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cluster := in.Cluster.Metadata.Name
		secrets, err := credentials.NewCredentials(ctx, "credentials", cluster, in.Rotation)
		if err != nil {
			return err
		}
		bundles := target.Bundles{Inputs: in, Credentials: secrets, Endpoint: pulumi.String("192.0.2.1:6443")}
		for _, name := range in.Cluster.ControlPlaneNames() {
			bundles.Members = append(bundles.Members, target.MemberInput{Name: name, Address: pulumi.String("192.0.2.1")})
		}
		var made []target.HostExport
		declare := func(role, pool string, names []string, bundle pulumi.StringOutput) error {
			for _, name := range names {
				host, err := newHost(ctx, in, name, bundle)
				if err != nil {
					return err
				}
				made = append(made, target.HostExport{
					Name: name, Role: role, Pool: pool, Address: host.Address, ProviderID: pulumi.String("toy://" + name),
				})
			}
			return nil
		}
		if err := declare(node.ControlPlane, "", in.Cluster.ControlPlaneNames(), bundles.ControlPlane()); err != nil {
			return err
		}
		for _, pool := range in.Cluster.Spec.Pools {
			if err := declare(node.Worker, pool.Name, pool.NodeNames(cluster), bundles.Worker(pool.Name)); err != nil {
				return err
			}
		}
		target.Export(ctx, target.Exports{
			Endpoint: pulumi.String("https://192.0.2.1:6443"), NodeEndpoint: bundles.Endpoint, Hosts: made,
			CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
			RotationStage: secrets.RotationStage, RotationLast: secrets.RotationLast,
		})
		return nil
	}
}

// host is toy:index:Host as the program sees it.
type host struct {
	pulumi.CustomResourceState

	Address pulumi.StringOutput `pulumi:"address"`
}

// newHost declares a host that boots by the script that every host boots by.
func newHost(ctx *pulumi.Context, in target.Inputs, name string, bundle pulumi.StringOutput) (*host, error) {
	made := &host{}
	return made, ctx.RegisterResource(hostType, name, pulumi.Map{
		folderKey: pulumi.String(block(in.Cluster).Folder),
		scriptKey: target.BootScript(in, pulumi.String("file:///bundle.json"), bundle),
		bundleKey: bundle,
	}, made, pulumi.AdditionalSecretOutputs([]string{bundleKey}))
}
