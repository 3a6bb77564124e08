package gcp

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	sdk "github.com/pulumi/pulumi-gcp/sdk/v7/go/gcp"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// build is one run of the program: what all of its parts need.
type build struct {
	ctx     *pulumi.Context
	in      target.Inputs
	cluster string
	block   Block
	// provider makes what the plugin names; fixed makes what we name, which
	// must be gone before another of its name can be made.
	provider, fixed pulumi.ResourceOption
}

// begin declares the provider. It is explicit, so that neither the shell's
// project nor its region or zone ends up in a cluster.
func begin(ctx *pulumi.Context, in target.Inputs) (*build, error) {
	b := &build{ctx: ctx, in: in, cluster: in.Cluster.Metadata.Name, block: block(in.Cluster)}
	project := pulumi.String(b.block.Project)
	provider, err := sdk.NewProvider(ctx, name, &sdk.ProviderArgs{
		Project: project,
		Region:  pulumi.String(b.block.Region),
		Zone:    pulumi.String(target.ControlPlaneZone(in.Cluster, 1)),
		// Some APIs charge calls with a user's credentials to the project of
		// gcloud itself, where they are not enabled, unless told otherwise.
		BillingProject:      project,
		UserProjectOverride: pulumi.Bool(true),
		// Labels are those of the cluster and no others.
		AddTerraformAttributionLabel: pulumi.Bool(false),
	})
	if err != nil {
		return nil, b.failed("provider", name, err)
	}
	b.provider = pulumi.Provider(provider)
	b.fixed = pulumi.Composite(b.provider, pulumi.DeleteBeforeReplace(true))
	return b, nil
}

// failed says what could not be declared.
func (b *build) failed(kind, name string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("declaring the %s %q: %w", kind, name, err)
}

// project and region are those of the block, as inputs.
func (b *build) project() pulumi.String { return pulumi.String(b.block.Project) }
func (b *build) region() pulumi.String  { return pulumi.String(b.block.Region) }

// labels are those of what serves the whole cluster.
func (b *build) labels() pulumi.StringMap { return labelled(target.Labels(b.cluster)) }

// description is that of what can carry no labels.
func (b *build) description(what string) pulumi.String {
	return pulumi.String(Mark(b.cluster) + " " + what)
}
