// Package gcp is the target Google Cloud: one Pulumi program on the published
// gcp plugin, version 7.
//
// The resources it declares (pulumi name = name in the cloud unless said):
//
//	pulumi:providers:gcp                                            explicit; project, region
//	gcp:compute/network:Network                                     description = Mark(cluster)…
//	gcp:compute/subnetwork:Subnetwork
//	gcp:compute/router:Router, gcp:compute/routerNat:RouterNat
//	gcp:compute/firewall:Firewall                                   by service accounts (source and target), and by ranges
//	gcp:compute/address:Address                                     internal: control planes, API; external: API
//	gcp:compute/disk:Disk                                           etcd's
//	gcp:compute/instance:Instance                                   control planes
//	gcp:compute/instanceGroup:InstanceGroup                         one a zone, without instances of its own …
//	gcp:compute/instanceGroupMembership:InstanceGroupMembership     … they are put in one by one: a replaced instance keeps
//	                                                                its link, and a group that lists links would not notice
//	gcp:compute/regionHealthCheck:RegionHealthCheck                 HTTPS /readyz on 6443; TCP 10250
//	gcp:compute/regionBackendService:RegionBackendService           INTERNAL, EXTERNAL
//	gcp:compute/forwardingRule:ForwardingRule
//	gcp:compute/instanceTemplate:InstanceTemplate                   namePrefix; replaced new before old; pulumi name ends in the image's
//	gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager
//	gcp:serviceaccount/account:Account
//	gcp:secretmanager/secret:Secret, secretVersion:SecretVersion, secretIamMember:SecretIamMember
package gcp

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program declares the network, the identities and what they may reach, the
// endpoint, the control planes behind it and the pools, and exports the
// outputs. It looks nothing up: a preview needs no credentials.
func (*Target) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		b, err := begin(ctx, in)
		if err != nil {
			return err
		}
		secrets, err := credentials.NewCredentials(ctx, "credentials", b.cluster)
		if err != nil {
			return err
		}
		on, err := b.network()
		if err != nil {
			return err
		}
		who, err := b.identities()
		if err != nil {
			return err
		}
		if err := b.firewall(on, who); err != nil {
			return err
		}
		at, err := b.endpoint(on)
		if err != nil {
			return err
		}
		members, err := b.members(on)
		if err != nil {
			return err
		}
		bundles := target.Bundles{
			Inputs: in, Credentials: secrets, Cloud: name,
			Endpoint: at.forNodes(), Members: inputs(members), ExtraSANs: at.names(),
		}
		hosts, groups, err := b.controlPlanes(on, members, bundles, who.controlPlane)
		if err != nil {
			return err
		}
		if err := b.balance(on, at, groups); err != nil {
			return err
		}
		pools, err := b.pools(on, bundles, who.worker)
		if err != nil {
			return err
		}
		target.Export(ctx, target.Exports{
			Endpoint: at.forUsers(), NodeEndpoint: at.forNodes(),
			Hosts: hosts, Pools: pools,
			CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
		})
		return nil
	}
}
