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
//	gcp:compute/instanceTemplate:InstanceTemplate                   name left to the plugin's auto-naming: it is replaced, new before old
//	gcp:compute/regionInstanceGroupManager:RegionInstanceGroupManager
//	gcp:serviceaccount/account:Account
//	gcp:secretmanager/secret:Secret, secretVersion:SecretVersion, secretIamMember:SecretIamMember
package gcp
