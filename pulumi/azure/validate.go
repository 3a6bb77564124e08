package azure

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// findings collects problems.
type findings []config.FieldProblem

func (f *findings) add(path, fix, format string, args ...any) {
	*f = append(*f, config.FieldProblem{Path: path, Message: fmt.Sprintf(format, args...), Fix: fix})
}

// What Azure's names and ids look like. The form of a public key is that of
// RSA, the one kind that every one of Azure's interfaces takes.
var (
	subscriptionForm = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	locationForm     = regexp.MustCompile(`^[a-z][a-z0-9]{2,39}$`)
	groupForm        = regexp.MustCompile(`^[\p{L}\p{N}_().-]{0,89}[\p{L}\p{N}_()-]$`)
	subnetForm       = regexp.MustCompile(`^/subscriptions/([0-9a-fA-F-]{36})/resourceGroups/[^/]+/providers/Microsoft\.Network/virtualNetworks/[^/]+/subnets/[^/]+$`)
	offerForm        = regexp.MustCompile(`^[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+:[A-Za-z0-9_.-]+:(latest|[0-9]+\.[0-9]+\.[0-9]+)$`)
	imageForm        = regexp.MustCompile(`^(/CommunityGalleries/[^/]+/Images/[^/]+/Versions/[^/]+|/subscriptions/[0-9a-fA-F-]{36}/resourceGroups/[^/]+/providers/Microsoft\.Compute/(images/[^/]+|galleries/[^/]+/images/[^/]+(/versions/[^/]+)?))$`)
	keyForm          = regexp.MustCompile(`^ssh-rsa AAAAB3NzaC1yc2E[A-Za-z0-9+/]{300,}={0,2}( [^\n]*)?$`)
)

// Validate tells what is wrong, all at once. What only Azure knows, such as
// which types a region has, preflight asks.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	f := &findings{}
	b.where(f)
	b.system(f, cluster)
	b.using(f)
	*f = append(*f, b.Access.Validate("access")...)
	b.entry(f)
	f.machines(b, cluster)
	f.network(cluster)
	if bundle := cluster.Spec.Images.Bundle; bundle != "" {
		f.add("", "remove spec.images.bundle; name a registry that has the images in spec.images.registry, or leave it empty for the upstream ones",
			"spec.images.bundle is %q, an archive on this machine; hosts of this target pull their images from a registry", bundle)
	}
	return *f
}

// where checks what says where the cluster is.
func (b *Block) where(f *findings) {
	if !subscriptionForm.MatchString(b.Subscription) {
		f.add("subscription", "write the id that 'az account show --query id --output tsv' prints",
			"%q is not the id of a subscription, which are hexadecimal digits in groups of 8, 4, 4, 4 and 12", b.Subscription)
	}
	if !locationForm.MatchString(b.Location) {
		fix := "write a name that 'az account list-locations --query [].name --output tsv' prints"
		if short := strings.ToLower(strings.ReplaceAll(b.Location, " ", "")); locationForm.MatchString(short) {
			fix = fmt.Sprintf("write %q", short)
		}
		f.add("location", fix, "%q is not the short name of a region", b.Location)
	}
	f.zones("zones", b.Zones, allZones())
}

// zones checks a list of zones against those that there may be.
func (f *findings) zones(path string, zones, possible []string) {
	for i, zone := range zones {
		at := fmt.Sprintf("%s[%d]", path, i)
		switch {
		case !slices.Contains(allZones(), zone):
			f.add(at, fmt.Sprintf("write one of %s", strings.Join(allZones(), ", ")), "%q is no zone: Azure numbers those of a region", zone)
		case !slices.Contains(possible, zone):
			f.add(at, "add it to spec.azure.zones, or remove it here", "zone %q is not one of the cluster's", zone)
		case slices.Index(zones, zone) < i:
			f.add(at, "remove one of the two", "%q is in the list already", zone)
		}
	}
}

// system checks what hosts run.
func (b *Block) system(f *findings, cluster *config.Cluster) {
	if !slices.Contains(target.OperatingSystems(), b.OS) {
		f.add("os", "write one of "+strings.Join(target.OperatingSystems(), ", "),
			"there is no OS %q%s", b.OS, config.Meant(b.OS, target.OperatingSystems()))
	}
	if b.Image == "" {
		return
	}
	if !offerForm.MatchString(b.Image) && !imageForm.MatchString(b.Image) {
		f.add("image", `write publisher:offer:sku:version, such as "Debian:debian-13:13-gen2:latest", or the id of an image or a gallery's image`,
			"%q is neither an offer of the marketplace nor the id of an image", b.Image)
	}
	first := cluster.Spec.ControlPlane.Machine.Arch
	for i, pool := range cluster.Spec.Pools {
		if pool.Machine.Arch != first {
			f.add("image", fmt.Sprintf("remove image, or write spec.pools[%d].machine.arch %q", i, first),
				"one image cannot start both %s and %s machines", first, pool.Machine.Arch)
			return
		}
	}
}

// using checks what the cluster uses and does not make.
func (b *Block) using(f *findings) {
	if group := b.Existing.ResourceGroup; group != "" && !groupForm.MatchString(group) {
		f.add("existing.resourceGroup", "write the name alone, as 'az group list --query [].name' prints it",
			"%q is not the name of a resource group", group)
	}
	if b.Existing.Subnet == "" {
		return
	}
	parts := subnetForm.FindStringSubmatch(b.Existing.Subnet)
	switch {
	case parts == nil:
		f.add("existing.subnet", "write the id that 'az network vnet subnet show --resource-group GROUP --vnet-name NETWORK --name SUBNET --query id' prints",
			"%q is not the id of a subnet", b.Existing.Subnet)
	case !strings.EqualFold(parts[1], b.Subscription):
		f.add("existing.subnet", fmt.Sprintf("use a subnet of subscription %s", b.Subscription),
			"the subnet is of subscription %s: machines can only be in networks of their own one", parts[1])
	}
}

// entry checks who may log in.
func (b *Block) entry(f *findings) {
	if b.SSHPublicKey != "" && !keyForm.MatchString(b.SSHPublicKey) {
		f.add("sshPublicKey", "write the one line that is in ~/.ssh/id_rsa.pub; 'ssh-keygen -t rsa -b 4096' makes a pair",
			"this is not the public half of an RSA key of 2048 bits or more in OpenSSH's form, the one that Azure takes")
	}
	if len(b.Access.SSHCIDRs) > 0 && b.SSHPublicKey == "" {
		f.add("access.sshCIDRs", "write sshPublicKey too, or remove sshCIDRs", "port 22 would be open, and nobody could log in without a key")
	}
}
