package target

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Bundles are the node bundles of a cluster while its program still runs.
type Bundles struct {
	Inputs      Inputs
	Credentials *credentials.Credentials
	// Cloud is as in node.Bundle.
	Cloud string
	// Endpoint is host:port of the API as nodes reach it.
	Endpoint pulumi.StringInput
	Members  []MemberInput
	// ExtraSANs are further names and addresses of the API server.
	ExtraSANs pulumi.StringArrayInput
}

// MemberInput is a node.Member while the program still runs. EtcdDevice may be
// nil.
type MemberInput struct {
	Name                string
	Address, EtcdDevice pulumi.StringInput
}

// ControlPlane is the bundle of the control planes: a secret.
func (b Bundles) ControlPlane() pulumi.StringOutput {
	return b.apply(ControlPlaneBundle)
}

// Worker is the bundle of a pool: a secret.
func (b Bundles) Worker(pool string) pulumi.StringOutput {
	return b.apply(func(in BundleInput) ([]byte, error) { return WorkerBundle(in, pool) })
}

// apply makes a bundle once all that it depends on is known.
func (b Bundles) apply(make func(BundleInput) ([]byte, error)) pulumi.StringOutput {
	addresses, devices := pulumi.StringArray{}, pulumi.StringArray{}
	for _, member := range b.Members {
		addresses = append(addresses, member.Address)
		if member.EtcdDevice == nil {
			member.EtcdDevice = pulumi.String("")
		}
		devices = append(devices, member.EtcdDevice)
	}
	sans := b.ExtraSANs
	if sans == nil {
		sans = pulumi.StringArray{}
	}
	known := pulumi.All(b.Endpoint, addresses, devices, sans)
	made := known.ApplyT(func(values []any) pulumi.StringOutput {
		in := BundleInput{
			Cluster: b.Inputs.Cluster, Cloud: b.Cloud, CloudController: b.Inputs.CloudController, Layer: b.Inputs.Layer,
			Endpoint: values[0].(string), ExtraSANs: values[3].([]string),
		}
		for i, member := range b.Members {
			in.ControlPlanes = append(in.ControlPlanes, node.Member{
				Name: member.Name, Address: values[1].([]string)[i], EtcdDevice: values[2].([]string)[i],
			})
		}
		return b.Credentials.Apply(func(c node.Credentials) (string, error) {
			in.Credentials = c
			data, err := make(in)
			return string(data), err
		})
	}).(pulumi.StringOutput)
	return pulumi.ToSecret(made).(pulumi.StringOutput)
}

// BootScript is the first-boot script of hosts that pull their images and read
// their bundle at a URL. It holds the digest of a secret and no secret, and is
// shown in previews as what it is.
func BootScript(in Inputs, url pulumi.StringInput, bundle pulumi.StringOutput) pulumi.StringOutput {
	script := pulumi.All(url, bundle).ApplyT(func(values []any) (string, error) {
		return FirstBoot(FirstBootInput{
			BootstrapImage: in.BootstrapImage,
			BundleURL:      fmt.Sprint(values[0]),
			BundleSHA256:   BundleDigest([]byte(values[1].(string))),
		})
	}).(pulumi.StringOutput)
	return pulumi.Unsecret(script).(pulumi.StringOutput)
}
