package aws

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// image is what machines of an architecture boot from: the vendor's published
// image by the alias that EC2 itself resolves when it starts a machine, so
// that nothing is looked up here and new machines get the newest. Flatcar's
// vendor publishes none (its list of ids by region is at
// stable.release.flatcar-linux.net): the config names one.
func image(b Block, arch string) (string, error) {
	if b.Image != "" {
		return b.Image, nil
	}
	switch b.OS {
	case target.Debian:
		return "resolve:ssm:/aws/service/debian/release/13/latest/" + arch, nil
	case target.Ubuntu:
		return fmt.Sprintf("resolve:ssm:/aws/service/canonical/ubuntu/server/24.04/stable/current/%s/hvm/ebs-gp3/ami-id", arch), nil
	}
	return "", fmt.Errorf("choosing an image of %q: none is published under a fixed name; write spec.aws.image", b.OS)
}

// rootDevice is what an image of a system calls its boot disk.
func rootDevice(os string) string {
	if os == target.Ubuntu {
		return "/dev/sda1"
	}
	return "/dev/xvda"
}

// userData is the first boot in the form that a system reads.
func userData(os string, script pulumi.StringOutput) pulumi.StringOutput {
	return script.ApplyT(func(script string) (string, error) {
		if os == target.Flatcar {
			return target.FlatcarConfig(script)
		}
		return target.CloudConfig(script)
	}).(pulumi.StringOutput)
}
