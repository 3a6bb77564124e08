package azuretest

import (
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Limits of machines, from Azure's documentation.
const (
	mostCustomData   = 65535 // bytes, once out of base64
	mostDiskGB       = 32767
	mostInScaleSet   = 1000
	mostInOneGroup   = 100 // of a scale set that stays together
	longestPrefix    = 58  // of computer names on Linux: six characters are added
	longestMachine   = 64
	mostLUN          = 63
	lifetimeOfASpot  = "Spot"
	uniform          = "Uniform"
	rollingUpgrade   = "Rolling"
	userAssigned     = "UserAssigned"
	applicationCheck = "ApplicationHealthLinux"
)

func computeKinds() map[string]kind {
	disk := kind{
		arm: "Microsoft.Compute/disks@2022-07-02", name: "diskName", form: diskForm,
		is:        "1 to 80 letters, digits, underscores, periods and hyphens",
		immutable: []string{"location", "zones", "creationData", "osType"}, rules: diskRules,
	}
	machine := kind{
		arm: "Microsoft.Compute/virtualMachines@2023-03-01", name: "vmName", form: machineForm,
		is: "1 to 64 letters, digits, underscores, periods and hyphens",
		immutable: []string{
			"location", "zones", "plan", "priority", "osProfile.adminUsername", "osProfile.computerName", "osProfile.customData",
			"osProfile.linuxConfiguration.ssh", "osProfile.linuxConfiguration.disablePasswordAuthentication",
			"storageProfile.imageReference", "storageProfile.osDisk.createOption", "storageProfile.osDisk.name",
		},
		rules: machineRules, placed: machinePlaced,
		outputs: func(o targettest.Object, _ object) targettest.Properties {
			return targettest.Properties{"vmId": property(uuid("machine", o.Serial))}
		},
	}
	set := kind{
		arm: "Microsoft.Compute/virtualMachineScaleSets@2023-03-01", name: "vmScaleSetName", form: machineForm,
		is: "1 to 64 letters, digits, underscores, periods and hyphens",
		immutable: []string{
			"location", "zones", "orchestrationMode", "plan", "virtualMachineProfile.priority",
			"virtualMachineProfile.osProfile.computerNamePrefix", "virtualMachineProfile.osProfile.adminUsername",
			"virtualMachineProfile.storageProfile.imageReference.publisher", "virtualMachineProfile.storageProfile.imageReference.offer",
			"virtualMachineProfile.storageProfile.osDisk.managedDisk.storageAccountType",
		},
		rules: setRules,
		outputs: func(o targettest.Object, _ object) targettest.Properties {
			return targettest.Properties{"uniqueId": property(uuid("scale set", o.Serial))}
		},
	}
	return map[string]kind{"Disk": disk, "VirtualMachine": machine, "VirtualMachineScaleSet": set}
}

func diskRules(in object, p *problems) {
	size, given := number(in, "diskSizeGB")
	if option, _ := text(in, "creationData.createOption"); option == "Empty" && !open(in, "diskSizeGB") && !given {
		p.add("diskSizeGB", "an empty disk has a size")
	}
	if given && (size < 1 || size > mostDiskGB) {
		p.add("diskSizeGB", "%d is not 1 to %d", size, mostDiskGB)
	}
	oneZone(in, p)
}

func machineRules(in object, p *problems) {
	osRules(in, "osProfile", p)
	sizeRules(in, "hardwareProfile.vmSize", "storageProfile.imageReference", p)
	bootDisk(in, "storageProfile", p)
	identityRules(in, p)
	spotRules(in, "", p)
	oneZone(in, p)
	if name, ok := text(in, "osProfile.computerName"); ok && (len(name) > longestMachine || strings.ContainsAny(name, "._ ")) {
		p.add("osProfile.computerName", "%q is no name of a host", name)
	}
	luns := map[string]string{}
	for path, disk := range items(in, "storageProfile.dataDisks") {
		n, ok := number(disk, "lun")
		if open(disk, "lun") {
			continue
		}
		if !ok || n < 0 || n > mostLUN {
			p.add(path+".lun", "is not 0 to %d", mostLUN)
		}
		once(luns, fmt.Sprint(n), path+".lun", p)
		if option, _ := text(disk, "createOption"); option == "Attach" && absent(disk, "managedDisk.id") {
			p.add(path+".managedDisk.id", "a disk that is attached has an id")
		}
	}
	if none(in, "networkProfile.networkInterfaces") {
		p.add("networkProfile.networkInterfaces", "a machine has an interface")
	}
}

// machinePlaced demands that a machine is where its disks are, and that
// nothing else has its disks and interfaces.
func machinePlaced(w *world, name string, in object) error {
	for path, disk := range items(in, "storageProfile.dataDisks") {
		id, ok := text(disk, "managedDisk.id")
		if !ok {
			continue
		}
		attached, _ := w.byID(id)
		if at, its := get(plain(attached.Inputs), "zones[0]"), get(in, "zones[0]"); at != its {
			return fmt.Errorf("%s: the disk is in zone %v, the machine in zone %v", path, at, its)
		}
		if other := w.user("azure-native:compute:VirtualMachine", id, name); other != "" {
			return fmt.Errorf("%s: the disk is attached to %q", path, other)
		}
	}
	for path, card := range items(in, "networkProfile.networkInterfaces") {
		id, _ := text(card, "id")
		if other := w.user("azure-native:compute:VirtualMachine", id, name); other != "" {
			return fmt.Errorf("%s: the interface is that of %q", path, other)
		}
	}
	return nil
}

// user is the other object of a type that refers to an id.
func (w *world) user(kind, id, but string) (name string) {
	for _, o := range w.Objects() {
		each("", plain(o.Inputs), func(_ string, v any) {
			if v == id && o.Type == kind && o.Name != but {
				name = o.Name
			}
		})
	}
	return name
}

// Names that Azure refuses for the first user of a Linux machine.
var refusedUsers = []string{
	"administrator", "admin", "user", "user1", "test", "user2", "test1", "user3", "admin1", "1", "123", "a", "actuser", "adm", "admin2",
	"aspnet", "backup", "console", "david", "guest", "john", "owner", "root", "server", "sql", "support", "sys", "test2", "test3", "user4", "user5",
}

var keyForm = regexp.MustCompile(`^(ssh-rsa|ssh-ed25519) [A-Za-z0-9+/]+=*( .*)?$`)

func osRules(in object, path string, p *problems) {
	profile := get(in, path)
	if open(in, path) {
		return
	}
	if user, ok := text(profile, "adminUsername"); !ok && absent(profile, "adminUsername") || slices.Contains(refusedUsers, user) {
		p.add(path+".adminUsername", "%q is no name that Azure takes", user)
	}
	if data, ok := text(profile, "customData"); ok {
		decoded, err := base64.StdEncoding.DecodeString(data)
		switch {
		case err != nil:
			p.add(path+".customData", "is not in base64")
		case len(decoded) > mostCustomData:
			p.add(path+".customData", "has %d bytes, at most %d are allowed", len(decoded), mostCustomData)
		}
	}
	user, _ := text(profile, "adminUsername")
	disabled, _ := get(profile, "linuxConfiguration.disablePasswordAuthentication").(bool)
	keys := items(profile, "linuxConfiguration.ssh.publicKeys")
	switch {
	case open(profile, "linuxConfiguration"):
	case disabled && none(profile, "linuxConfiguration.ssh.publicKeys"):
		p.add(path+".linuxConfiguration.ssh.publicKeys", "with passwords disabled a key is needed: one of the two must be there")
	case !disabled && absent(profile, "adminPassword"):
		p.add(path+".adminPassword", "with passwords enabled one is needed")
	case disabled && !absent(profile, "adminPassword"):
		p.add(path+".adminPassword", "passwords are disabled")
	}
	for at, key := range keys {
		p.form(key, "keyData", keyForm, "a public key of RSA or Ed25519")
		if file, ok := text(key, "path"); ok && user != "" && file != "/home/"+user+"/.ssh/authorized_keys" {
			p.add(path+"."+at+".path", "must be /home/%s/.ssh/authorized_keys", user)
		}
	}
}

var (
	sizeForm = regexp.MustCompile(`^Standard_[A-Z]+[0-9]+(-[0-9]+)?[a-z]*(_[A-Za-z0-9]+)*$`)
	armForm  = regexp.MustCompile(`^Standard_[A-Z]+[0-9]+(-[0-9]+)?[a-z]*p[a-z]*(_|$)`)
)

// sizeRules holds a size against the image: those with a p among their
// features have ARM processors.
func sizeRules(in object, at, imageAt string, p *problems) {
	p.form(in, at, sizeForm, "the name of a size")
	image := get(in, imageAt)
	if parts := []string{"publisher", "offer", "sku", "version"}; absent(image, "id") && absent(image, "communityGalleryImageId") {
		for _, part := range parts {
			if absent(image, part) {
				p.add(imageAt+"."+part, "an image of the marketplace has a publisher, an offer, a SKU and a version")
			}
		}
	}
	size, known := text(in, at)
	offer, _ := text(image, "offer")
	sku, named := text(image, "sku")
	// Flatcar's offer of images for both is called by no architecture.
	if both := offer == "flatcar-container-linux-corevm"; known && named && !both && armForm.MatchString(size) != strings.Contains(sku+offer, "arm64") {
		p.add(at, "%s and the image %s are of different architectures", size, sku)
	}
}

func bootDisk(in object, path string, p *problems) {
	if other(in, path+".osDisk.createOption", "FromImage") {
		p.add(path+".osDisk.createOption", "a disk with a system comes FromImage")
	}
	if size, ok := number(in, path+".osDisk.diskSizeGB"); ok && (size < 1 || size > 4095) {
		p.add(path+".osDisk.diskSizeGB", "%d is not 1 to 4095", size)
	}
}

func identityRules(in object, p *problems) {
	kind, _ := text(in, "identity.type")
	if given := !absent(in, "identity.userAssignedIdentities"); !open(in, "identity.type") && given != strings.Contains(kind, userAssigned) {
		p.add("identity.userAssignedIdentities", "goes with the type UserAssigned, and only with it")
	}
}

func spotRules(in object, path string, p *problems) {
	priority, _ := text(in, path+"priority")
	for _, key := range []string{"evictionPolicy", "billingProfile"} {
		if !open(in, path+"priority") && priority != lifetimeOfASpot && !absent(in, path+key) {
			p.add(path+key, "goes with the priority Spot only")
		}
	}
}
