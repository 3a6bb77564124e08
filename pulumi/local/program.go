package local

import (
	"fmt"
	"net"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiServerPort is where the API server listens on its host.
const apiServerPort = 6443

// Program declares the credentials, the network, the control planes and the
// pools, and exports the outputs. The API is reached at the only control plane,
// or by a balancer before several.
func (t *Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		cluster := in.Cluster.Metadata.Name
		secrets, err := credentials.NewCredentials(ctx, "credentials", cluster, in.Rotation)
		if err != nil {
			return err
		}
		on, err := newNetwork(ctx, in)
		if err != nil {
			return err
		}
		members, err := members(in)
		if err != nil {
			return err
		}
		if isBalanced(in.Cluster) {
			if err := newBalancer(ctx, in, on, members); err != nil {
				return err
			}
		}
		api, err := nodeEndpoint(in, members)
		if err != nil {
			return err
		}
		planes, err := controlPlanes(ctx, in, on, secrets, api, members)
		if err != nil {
			return err
		}
		workers, err := pools(ctx, in, on, secrets, api, members)
		if err != nil {
			return err
		}
		port := strconv.Itoa(block(in.Cluster).APIPort)
		target.Export(ctx, target.Exports{
			Endpoint:       pulumi.String("https://" + net.JoinHostPort("127.0.0.1", port)),
			NodeEndpoint:   pulumi.String(api),
			Hosts:          append(planes, workers...),
			CACertificate:  secrets.CACertificate,
			CAKey:          secrets.CAKey,
			BootstrapToken: secrets.BootstrapToken,
			RotationStage:  secrets.RotationStage,
			RotationLast:   secrets.RotationLast,
		})
		return nil
	}
}

// members are the control planes, whose addresses are known beforehand.
func members(in target.Inputs) ([]node.Member, error) {
	var all []node.Member
	for n := range in.Cluster.Spec.ControlPlane.Count {
		address, err := addressAt(in.Cluster.Spec.Network.NodeCIDR, firstControlPlane+n)
		if err != nil {
			return nil, err
		}
		all = append(all, node.Member{Name: target.ControlPlaneName(in.Cluster.Metadata.Name, n+1), Address: address})
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("declaring the control planes: spec.controlPlane.count is 0; write 1, 3 or 5")
	}
	return all, nil
}

// nodeEndpoint is where nodes reach the API.
func nodeEndpoint(in target.Inputs, members []node.Member) (string, error) {
	address := members[0].Address
	if isBalanced(in.Cluster) {
		var err error
		if address, err = addressAt(in.Cluster.Spec.Network.NodeCIDR, ofBalancer); err != nil {
			return "", err
		}
	}
	return net.JoinHostPort(address, strconv.Itoa(apiServerPort)), nil
}

func controlPlanes(ctx *pulumi.Context, in target.Inputs, on *networkResource, secrets *credentials.Credentials, api string, members []node.Member) ([]target.HostExport, error) {
	bundle := secrets.Apply(func(c node.Credentials) (string, error) {
		data, err := target.ControlPlaneBundle(bundleInput(in, api, members, c))
		return string(data), err
	})
	var made []target.HostExport
	for n, member := range members {
		args := hostArgs{
			name: member.Name, role: node.ControlPlane, address: member.Address,
			bundle: bundle, userData: userData(in, bundle),
		}
		if n == 0 && !isBalanced(in.Cluster) {
			args.apiPort = block(in.Cluster).APIPort
		}
		host, err := newHost(ctx, in, on, args)
		if err != nil {
			return nil, err
		}
		made = append(made, host)
	}
	return made, nil
}

func pools(ctx *pulumi.Context, in target.Inputs, on *networkResource, secrets *credentials.Credentials, api string, members []node.Member) ([]target.HostExport, error) {
	var made []target.HostExport
	for _, pool := range in.Cluster.Spec.Pools {
		bundle := secrets.Apply(func(c node.Credentials) (string, error) {
			data, err := target.WorkerBundle(bundleInput(in, api, members, c), pool.Name)
			return string(data), err
		})
		for n := range pool.Count {
			host, err := newHost(ctx, in, on, hostArgs{
				name: target.WorkerName(in.Cluster.Metadata.Name, pool.Name, n+1),
				role: node.Worker, pool: pool.Name,
				bundle: bundle, userData: userData(in, bundle),
			})
			if err != nil {
				return nil, err
			}
			made = append(made, host)
		}
	}
	return made, nil
}

// bundleInput is what the bundles of this cluster are made from.
func bundleInput(in target.Inputs, api string, members []node.Member, secrets node.Credentials) target.BundleInput {
	input := target.BundleInput{
		Cluster:       in.Cluster,
		Layer:         in.Layer,
		Endpoint:      api,
		ControlPlanes: members,
		ExtraSANs:     []string{"127.0.0.1", "localhost"},
		Credentials:   secrets,
	}
	if in.ImageArchive != "" {
		input.ImageArchive = archivePath
	}
	return input
}

// userData is the first-boot script. It holds the digest of a secret and no
// secret, and is shown in previews as what it is.
func userData(in target.Inputs, bundle pulumi.StringOutput) pulumi.StringOutput {
	script := bundle.ApplyT(func(text string) (string, error) {
		first := target.FirstBootInput{
			BootstrapImage: in.BootstrapImage,
			BundleURL:      "file://" + bundlePath,
			BundleSHA256:   target.BundleDigest([]byte(text)),
		}
		if in.ImageArchive != "" {
			first.ImageArchive = archivePath
		}
		if in.BootstrapArchive != "" {
			first.BootstrapArchive = smallPath
		}
		return target.FirstBoot(first)
	}).(pulumi.StringOutput)
	return pulumi.Unsecret(script).(pulumi.StringOutput)
}
