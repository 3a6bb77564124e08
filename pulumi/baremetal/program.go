package baremetal

import (
	"cmp"
	"net"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// apiServerPort is where the API server of a control plane listens.
const apiServerPort = 6443

// Program declares the credentials and the hosts, and exports the outputs.
// Nodes reach the API by a balancer of their own, so that nothing is needed in
// front of the control planes.
func (t *Target) Program(in target.Inputs) pulumi.RunFunc {
	t.meant.set(block(in.Cluster).Lost)
	return func(ctx *pulumi.Context) error {
		secrets, err := credentials.NewCredentials(ctx, "credentials", in.Cluster.Metadata.Name, in.Rotation)
		if err != nil {
			return err
		}
		all := machines(in.Cluster)
		var made []target.HostExport
		for _, m := range all {
			host, err := newHost(ctx, in, m, bundleOf(in, m, all, secrets))
			if err != nil {
				return err
			}
			made = append(made, host)
		}
		target.Export(ctx, target.Exports{
			Endpoint:       pulumi.String("https://" + net.JoinHostPort(endpoint(in, all), strconv.Itoa(apiServerPort))),
			NodeEndpoint:   pulumi.String(node.BalancerEndpoint),
			Hosts:          made,
			CACertificate:  secrets.CACertificate,
			CAKey:          secrets.CAKey,
			BootstrapToken: secrets.BootstrapToken,
			RotationStage:  secrets.RotationStage,
			RotationLast:   secrets.RotationLast,
		})
		return nil
	}
}

// endpoint is the name or address that users reach the API by.
func endpoint(in target.Inputs, all []machine) string {
	first := ""
	for _, m := range all {
		if m.role == node.ControlPlane && first == "" {
			// As it is reached from here, where the users are.
			first = m.reach.Address
			if m.reach.Jump != nil {
				first = m.address
			}
		}
	}
	return cmp.Or(block(in.Cluster).Endpoint, first)
}

// bundleOf is the bundle of a host: a secret.
func bundleOf(in target.Inputs, m machine, all []machine, secrets *credentials.Credentials) pulumi.StringOutput {
	return secrets.Apply(func(c node.Credentials) (string, error) {
		input := bundleInput(in, all)
		input.Credentials = c
		if m.role == node.ControlPlane {
			data, err := target.ControlPlaneBundle(input)
			return string(data), err
		}
		data, err := target.WorkerBundle(input, m.pool)
		return string(data), err
	})
}

// bundleInput is what the bundles of this cluster are made from, but for the
// credentials.
func bundleInput(in target.Inputs, all []machine) target.BundleInput {
	input := target.BundleInput{
		Cluster:   in.Cluster,
		Layer:     in.Layer,
		Endpoint:  node.BalancerEndpoint,
		Balanced:  true,
		ExtraSANs: []string{"127.0.0.1", "localhost"},
	}
	add := func(san string) {
		for _, known := range input.ExtraSANs {
			if known == san {
				return
			}
		}
		input.ExtraSANs = append(input.ExtraSANs, san)
	}
	for _, m := range all {
		if m.role == node.ControlPlane {
			input.ControlPlanes = append(input.ControlPlanes, node.Member{Name: m.name, Address: m.address})
			add(m.address)
			add(m.reach.Address)
		}
	}
	add(endpoint(in, all))
	if in.ImageArchive != "" {
		input.ImageArchive = archivePath
	}
	return input
}
