package gcp

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

// What Google's names look like.
var (
	// projectForm allows the domain that projects of old organisations have.
	projectForm = regexp.MustCompile(`^([a-z0-9.-]+\.[a-z]+:)?[a-z][a-z0-9-]{4,28}[a-z0-9]$`)
	numberForm  = regexp.MustCompile(`^[0-9]+$`)
	regionForm  = regexp.MustCompile(`^[a-z]+-[a-z]+[0-9]{1,2}$`)
	nameForm    = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	typeForm    = regexp.MustCompile(`^[a-z][a-z0-9]*-[a-z0-9][a-z0-9-]*$`)
	imageForm   = regexp.MustCompile(`^(https://www\.googleapis\.com/compute/v1/)?projects/[a-z0-9.:-]+/global/images/[a-z]([a-z0-9-]{0,61}[a-z0-9])?$`)
	familyForm  = regexp.MustCompile(`^(?:projects/)?([a-z0-9.:-]+)/(?:global/images/family/)?([a-z][a-z0-9-]*)$`)
)

// Validate tells what is wrong, all at once. What only Google knows, such as
// which types a zone has, preflight asks.
func (b *Block) Validate(cluster *config.Cluster) []config.FieldProblem {
	f := &findings{}
	b.where(f)
	b.system(f, cluster)
	b.using(f)
	*f = append(*f, b.Access.Validate("access")...)
	b.machines(f, cluster)
	b.room(f, cluster)
	if name := cluster.Metadata.Name; name != "" && (name[0] < 'a' || name[0] > 'z') {
		f.add("", "write another metadata.name, which begins with a letter: \"k"+name+"\"",
			"metadata.name is %q, and names in Google Cloud begin with a letter", name)
	}
	if bundle := cluster.Spec.Images.Bundle; bundle != "" {
		f.add("", "remove spec.images.bundle; name a registry that has the images in spec.images.registry, or leave it empty for the upstream ones",
			"spec.images.bundle is %q, an archive on this machine; hosts of this target pull their images from a registry", bundle)
	}
	return *f
}

// where checks what says where the cluster is.
func (b *Block) where(f *findings) {
	const ids = "write an id that 'gcloud projects list --format value(projectId)' prints"
	switch {
	case b.Project == "":
		f.add("project", ids, "is empty")
	case numberForm.MatchString(b.Project):
		f.add("project", fmt.Sprintf("write what 'gcloud projects describe %s --format value(projectId)' prints", b.Project),
			"%q is a project's number, not its id", b.Project)
	case !projectForm.MatchString(b.Project):
		f.add("project", ids, "%q is not the id of a project: 6 to 30 lower-case letters, digits and hyphens, a letter first", b.Project)
	}
	if !regionForm.MatchString(b.Region) {
		fix := "write a name that 'gcloud compute regions list' prints"
		if cut := strings.LastIndexByte(b.Region, '-'); cut > 0 && regionForm.MatchString(strings.ToLower(b.Region[:cut])) {
			fix = fmt.Sprintf("write %q; zones stand in zones", strings.ToLower(b.Region[:cut]))
		} else if regionForm.MatchString(strings.ToLower(b.Region)) {
			fix = fmt.Sprintf("write %q", strings.ToLower(b.Region))
		}
		f.add("region", fix, "%q is not the name of a region", b.Region)
		return // which zones are the region's cannot be told
	}
	if len(b.Zones) == 0 {
		f.add("zones", fmt.Sprintf("write at least one, such as %q, or remove zones", zonesOf(b.Region)[0]), "there is no zone to put a machine into")
	}
	for i, zone := range b.Zones {
		at := fmt.Sprintf("zones[%d]", i)
		switch {
		case !zoneOf(b.Region, zone):
			f.add(at, fmt.Sprintf("write one that 'gcloud compute zones list --filter region:%s' prints, such as %q", b.Region, zonesOf(b.Region)[0]),
				"%q is no zone of %s", zone, b.Region)
		case slices.Index(b.Zones, zone) < i:
			f.add(at, "remove one of the two", "%q is in the list already", zone)
		}
	}
}

// zoneOf tells whether a zone is one of a region's.
func zoneOf(region, zone string) bool {
	letter, of := strings.CutPrefix(zone, region+"-")
	return of && len(letter) == 1 && letter[0] >= 'a' && letter[0] <= 'z'
}

// system checks what hosts run.
func (b *Block) system(f *findings, cluster *config.Cluster) {
	known := slices.Contains(target.OperatingSystems(), b.OS)
	if !known {
		f.add("os", "write one of "+strings.Join(target.OperatingSystems(), ", "),
			"there is no OS %q%s", b.OS, config.Meant(b.OS, target.OperatingSystems()))
	}
	machines := machinesOf(cluster)
	if b.Image != "" {
		b.ownImage(f, machines)
		return
	}
	for _, m := range machines {
		if known && slices.Contains(config.Architectures(), m.Arch) && b.image(m.Machine) == "" {
			f.add("os", fmt.Sprintf("write %q or %q, or the image to use in image, or %s.arch %q", target.Debian, target.Ubuntu, m.path, target.AMD64),
				"the publisher of %s has no %s image in Google Cloud, which %s asks for", b.OS, m.Arch, m.path)
			return
		}
	}
}

// ownImage checks the name of an image, which one architecture starts. A family
// is none: which image it stands for changes, and hosts must not.
func (b *Block) ownImage(f *findings, machines []placed) {
	if !imageForm.MatchString(b.Image) {
		fix := "write projects/PROJECT/global/images/NAME, as 'gcloud compute images list --uri' prints"
		if family := familyForm.FindStringSubmatch(b.Image); family != nil {
			fix = fmt.Sprintf("write what 'gcloud compute images describe-from-family %s --project %s --format value(selfLink)' prints", family[2], family[1])
		}
		f.add("image", fix, "%q is not the name of one image", b.Image)
		return
	}
	for _, m := range machines[1:] {
		if m.Arch != machines[0].Arch {
			f.add("image", fmt.Sprintf("remove image, or write %s.arch %q", m.path, machines[0].Arch),
				"one image cannot start both %s and %s machines", machines[0].Arch, m.Arch)
			return
		}
	}
}

// using checks the network that the cluster uses and does not make.
func (b *Block) using(f *findings) {
	for _, field := range []struct{ path, name, command string }{
		{"existing.network", b.Existing.Network, "gcloud compute networks list"},
		{"existing.subnetwork", b.Existing.Subnetwork, "gcloud compute networks subnets list"},
	} {
		if field.name != "" && !nameForm.MatchString(field.name) {
			f.add(field.path, fmt.Sprintf("write a name that '%s' prints: not a link, and of the same project", field.command), "%q is not a name in Google Cloud", field.name)
		}
	}
	if b.Existing.Network == "" && b.Existing.Subnetwork != "" {
		f.add("existing.network", "write the name of the network that the subnet is in", "there is a subnet, %q, and no network", b.Existing.Subnetwork)
	}
}
