package aws

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/secretsmanager"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bundle is a node bundle in Secrets Manager.
type bundle struct {
	// resource is what Pulumi calls all that belongs to it.
	resource string
	secret   *secretsmanager.Secret
	version  *secretsmanager.SecretVersion
	// readable is the right of its hosts to read it.
	readable pulumi.Resource
	// userData is the first boot that reads it: no secret.
	userData pulumi.StringOutput
}

// bundles are those of the control planes and, by name, of the pools.
type bundles struct {
	controlPlane *bundle
	pools        map[string]*bundle
}

// bundles writes what each kind of host must be told into a secret of its own.
func (p *program) bundles(secrets *credentials.Credentials, api *endpoint, members []member) (*bundles, error) {
	all := target.Bundles{
		Inputs: p.in, Credentials: secrets, Cloud: name,
		Endpoint: api.nodes, ExtraSANs: api.names,
	}
	for _, m := range members {
		all.Members = append(all.Members, target.MemberInput{
			Name: m.name, Address: m.card.PrivateIp, EtcdDevice: device(m.disk),
		})
	}
	made := &bundles{pools: map[string]*bundle{}}
	var err error
	made.controlPlane, err = p.bundle(node.ControlPlane, p.ofControlPlane(p.cluster+"-"+node.ControlPlane), all.ControlPlane())
	if err != nil {
		return nil, err
	}
	for _, pool := range p.in.Cluster.Spec.Pools {
		if made.pools[pool.Name], err = p.bundle(pool.Name, p.ofPool(pool.Name), all.Worker(pool.Name)); err != nil {
			return nil, err
		}
	}
	return made, nil
}

// before is what must be there before a host that reads it: the content, the
// right, and a way to either.
func (b *bundle) before(net *network) pulumi.ResourceOption {
	return pulumi.DependsOn(append([]pulumi.Resource{b.version, b.readable}, net.ready...))
}

// bundle makes one secret. It is deleted at once when the cluster is: a name
// that is kept for recovery could not be used again.
func (p *program) bundle(what string, tags pulumi.StringMap, content pulumi.StringOutput) (*bundle, error) {
	resource := p.cluster + "-" + what
	stored := secretName(p.cluster, what)
	secret, err := secretsmanager.NewSecret(p.ctx, resource, &secretsmanager.SecretArgs{
		Name:                 pulumi.String(stored),
		Description:          pulumi.String("kubernetes-anywhere: the node bundle of " + what),
		RecoveryWindowInDays: pulumi.Int(0),
		Tags:                 tags,
	}, p.with()...)
	if err != nil {
		return nil, declaring("secret", stored, err)
	}
	// The next version is written before the last one goes: a host that boots
	// in between finds one of the two.
	version, err := secretsmanager.NewSecretVersion(p.ctx, resource, &secretsmanager.SecretVersionArgs{
		SecretId: secret.ID(), SecretString: content,
	}, p.with(pulumi.DeleteBeforeReplace(false))...)
	if err != nil {
		return nil, declaring("version of the secret", stored, err)
	}
	url := pulumi.String(fmt.Sprintf("awssecretsmanager://%s?region=%s", stored, p.block.Region))
	return &bundle{
		resource: resource, secret: secret, version: version,
		userData: userData(p.block.OS, target.BootScript(p.in, url, content)),
	}, nil
}
