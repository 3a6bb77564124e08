package credentials

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Credentials is the resource as a program sees it.
type Credentials struct {
	pulumi.CustomResourceState

	CACertificate           pulumi.StringOutput `pulumi:"caCertificate"`
	CAKey                   pulumi.StringOutput `pulumi:"caKey"`
	EtcdCACertificate       pulumi.StringOutput `pulumi:"etcdCACertificate"`
	EtcdCAKey               pulumi.StringOutput `pulumi:"etcdCAKey"`
	FrontProxyCACertificate pulumi.StringOutput `pulumi:"frontProxyCACertificate"`
	FrontProxyCAKey         pulumi.StringOutput `pulumi:"frontProxyCAKey"`
	ServiceAccountKey       pulumi.StringOutput `pulumi:"serviceAccountKey"`
	EncryptionKey           pulumi.StringOutput `pulumi:"encryptionKey"`
	BootstrapToken          pulumi.StringOutput `pulumi:"bootstrapToken"`
	// RotationStage is Stable, Trust or Reissue, and RotationLast the step that
	// led there.
	RotationStage pulumi.StringOutput `pulumi:"rotationStage"`
	RotationLast  pulumi.StringOutput `pulumi:"rotationLast"`
}

// NewCredentials declares the credentials of a cluster. Rotation is the step
// that its authorities are to take now, empty for none.
func NewCredentials(ctx *pulumi.Context, name, cluster, rotation string, options ...pulumi.ResourceOption) (*Credentials, error) {
	// The engine is told which outputs are secret even before it has them.
	options = append(options, pulumi.AdditionalSecretOutputs([]string{
		caKey, etcdCAKey, frontProxyCAKey, serviceAccountKey, encryptionKey, bootstrapToken, rotationOther,
	}))
	made := &Credentials{}
	inputs := pulumi.Map{clusterInput: pulumi.String(cluster)}
	if rotation != "" {
		inputs[rotationInput] = pulumi.String(rotation)
	}
	if err := ctx.RegisterResource(Type, name, inputs, made, options...); err != nil {
		return nil, fmt.Errorf("declaring the credentials of cluster %q: %w", cluster, err)
	}
	return made, nil
}

// Apply calls back with the credentials once they are known. What it returns
// is a secret, as they are.
func (c *Credentials) Apply(use func(node.Credentials) (string, error)) pulumi.StringOutput {
	return pulumi.All(
		c.CACertificate, c.CAKey, c.EtcdCACertificate, c.EtcdCAKey, c.FrontProxyCACertificate, c.FrontProxyCAKey,
		c.ServiceAccountKey, c.EncryptionKey, c.BootstrapToken,
	).ApplyT(func(values []any) (string, error) {
		text := make([]string, len(values))
		for i, value := range values {
			text[i], _ = value.(string)
		}
		return use(node.Credentials{
			CA:                node.Authority{Certificate: text[0], Key: text[1]},
			EtcdCA:            node.Authority{Certificate: text[2], Key: text[3]},
			FrontProxyCA:      node.Authority{Certificate: text[4], Key: text[5]},
			ServiceAccountKey: text[6],
			EncryptionKey:     text[7],
			BootstrapToken:    text[8],
		})
	}).(pulumi.StringOutput)
}
