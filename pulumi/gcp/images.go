package gcp

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// imageFamilies are the families that the vendors publish, by OS and
// architecture: a machine is made from the newest image of its family at that
// time, and none is replaced because there is a newer one. Flatcar's publisher
// has none for arm64 that we know of.
func imageFamilies() map[string]map[string]string {
	return map[string]map[string]string{
		target.Debian: {
			target.AMD64: "projects/debian-cloud/global/images/family/debian-13",
			target.ARM64: "projects/debian-cloud/global/images/family/debian-13-arm64",
		},
		target.Ubuntu: {
			target.AMD64: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-amd64",
			target.ARM64: "projects/ubuntu-os-cloud/global/images/family/ubuntu-2404-lts-arm64",
		},
		target.Flatcar: {
			target.AMD64: "projects/kinvolk-public/global/images/family/flatcar-stable",
		},
	}
}

// image is what the machine's boot disk is made from.
func (b Block) image(machine config.Machine) string {
	if b.Image != "" {
		return b.Image
	}
	return imageFamilies()[b.OS][machine.Arch]
}

// imageKey tells images apart in a few characters.
func (b Block) imageKey(machine config.Machine) string {
	image := b.image(machine)
	if b.Image != "" {
		sum := sha256.Sum256([]byte(image))
		return "image-" + hex.EncodeToString(sum[:])[:hashLength]
	}
	return image[strings.LastIndexByte(image, '/')+1:]
}

// shielded tells whether a machine starts signed code only. That takes an
// image which is known to be signed: the vendors' for amd64. With others
// Google's defaults hold: a virtual TPM where machine and image have one.
func (b Block) shielded(machine config.Machine) bool {
	return b.Image == "" && b.OS != target.Flatcar && machine.Arch == target.AMD64
}

// metadata is what a host is told: its user-data, under the key that its OS
// reads it from, and how people may log in.
func (p *program) metadata(url pulumi.StringInput, bundle pulumi.StringOutput) pulumi.StringMap {
	key, wrap := startupScriptKey, target.StartupScript
	if p.block.OS == target.Flatcar {
		key, wrap = userDataKey, target.FlatcarConfig
	}
	return pulumi.StringMap{
		key: target.BootScript(p.in, url, bundle).ApplyT(wrap).(pulumi.StringOutput),
		// Accounts of the organisation are no accounts of hosts. The project's
		// keys are, behind a port that is shut: who opens it to look at a node
		// would lose the node if that changed what it is told.
		"enable-oslogin": pulumi.String("FALSE"),
	}
}

// Keys of user-data in a machine's metadata: of Google's guest agent, and of
// Ignition.
const (
	startupScriptKey = "startup-script"
	userDataKey      = "user-data"
)
