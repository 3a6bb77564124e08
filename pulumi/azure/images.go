package azure

import (
	"encoding/base64"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi-azure-native-sdk/compute/v2"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Images that are none of the marketplace begin with one of these.
const (
	communityGallery = "/CommunityGalleries/"
	subscriptions    = "/subscriptions/"
)

// published are the vendors' own offers in Azure's marketplace, none of which
// asks for a plan or for terms to be accepted: publisher, offer, SKU, version,
// by OS and architecture.
func published(os, arch string) string {
	return map[string]string{
		target.Debian + target.AMD64:  "Debian:debian-13:13-gen2:latest",
		target.Debian + target.ARM64:  "Debian:debian-13:13-arm64:latest",
		target.Ubuntu + target.AMD64:  "Canonical:ubuntu-24_04-lts:server:latest",
		target.Ubuntu + target.ARM64:  "Canonical:ubuntu-24_04-lts:server-arm64:latest",
		target.Flatcar + target.AMD64: "kinvolk:flatcar-container-linux-corevm-amd64:stable-gen2:latest",
		target.Flatcar + target.ARM64: "kinvolk:flatcar-container-linux-corevm:stable:latest",
	}[os+arch]
}

// image is what the boot disk of machines of an architecture is made from.
func (p *program) image(arch string) compute.ImageReferenceArgs {
	text := p.block.Image
	if text == "" {
		text = published(p.block.OS, arch)
	}
	if strings.HasPrefix(text, communityGallery) {
		return compute.ImageReferenceArgs{CommunityGalleryImageId: pulumi.String(text)}
	}
	if strings.HasPrefix(text, subscriptions) {
		return compute.ImageReferenceArgs{Id: pulumi.String(text)}
	}
	parts := strings.Split(text, ":")
	parts = append(parts, make([]string, max(0, 4-len(parts)))...)
	return compute.ImageReferenceArgs{
		Publisher: pulumi.String(parts[0]), Offer: pulumi.String(parts[1]),
		Sku: pulumi.String(parts[2]), Version: pulumi.String(parts[3]),
	}
}

// customData is the first boot in the form that the OS reads, as Azure takes
// it: in base64.
func (p *program) customData(bundle stored) pulumi.StringOutput {
	wrap := target.CloudConfig
	if p.block.OS == target.Flatcar {
		wrap = target.FlatcarConfig
	}
	return target.BootScript(p.in, bundle.url, bundle.bundle).ApplyT(func(script string) (string, error) {
		text, err := wrap(script)
		return base64.StdEncoding.EncodeToString([]byte(text)), err
	}).(pulumi.StringOutput)
}
