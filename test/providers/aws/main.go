// Command pulumi-resource-aws is the upstream Terraform provider of AWS, of
// which trim leaves the services a cluster is made of, behind Pulumi's bridge:
// what Pulumi's published plugin is made of, for tests on machines that cannot
// fetch that one. It is not distributed.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/hashicorp/terraform-provider-aws/door"
	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/x/muxer"
	"github.com/pulumi/pulumi-terraform-bridge/v3/unstable/metadata"
)

// version is that of the published plugin whose place this one takes.
const version = "6.83.0"

func main() {
	ctx := context.Background()
	info, err := provider(ctx)
	if err != nil {
		fmt.Fprintln(os.Stderr, "pulumi-resource-aws:", err)
		os.Exit(1)
	}
	// The schema is for languages whose programs are not compiled against an
	// SDK; here it only must not be empty.
	pf.MainWithMuxer(ctx, "aws", info, []byte(`{"name":"aws","version":"`+version+`"}`))
}

// provider tells the bridge what it cannot know.
func provider(ctx context.Context) (tfbridge.ProviderInfo, error) {
	older, newer, err := door.Open(ctx)
	if err != nil {
		return tfbridge.ProviderInfo{}, fmt.Errorf("opening the upstream provider: %w", err)
	}
	info := tfbridge.ProviderInfo{
		P:              pf.MuxShimWithPF(ctx, shim.NewProvider(older), newer),
		Name:           "aws",
		ResourcePrefix: "aws",
		Version:        version,
		MetadataInfo:   tfbridge.NewProviderMetadata([]byte("{}")),
		Resources:      resources(),
	}
	dispatcher, ok := info.P.(interface {
		ResolveDispatch(*tfbridge.ProviderInfo) (muxer.DispatchTable, error)
	})
	if !ok {
		return info, fmt.Errorf("the bridge no longer tells which provider serves which resource")
	}
	table, err := dispatcher.ResolveDispatch(&info)
	if err != nil {
		return info, fmt.Errorf("assigning resources to providers: %w", err)
	}
	return info, metadata.Set(info.GetMetadata(), "mux", table)
}
