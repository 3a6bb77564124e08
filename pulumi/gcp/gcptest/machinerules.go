package gcptest

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Limits of metadata, in bytes
// (https://cloud.google.com/compute/docs/metadata/setting-custom-metadata#limitations).
const (
	longestKey   = 128
	longestValue = 256 << 10
	allMetadata  = 512 << 10
)

// armFamilies and hyperdiskFamilies are families of machine types: those of
// arm64, and those that take Hyperdisks only.
func armFamilies() []string { return []string{"t2a", "c4a", "n4a", "a4x"} }
func hyperdiskFamilies() []string {
	return []string{"c4", "c4a", "c4d", "n4", "n4a", "n4d", "m4", "x4", "h4d", "a4", "a4x"}
}

func family(machineType string) string {
	before, _, _ := strings.Cut(last(machineType), "-")
	return before
}

// machineType wants the name of a machine type, of the zone's where it says.
func machineType(_ *world, in object) []targettest.Problem {
	text, known := in["machineType"].(string)
	if !known {
		return nil
	}
	if !regexp.MustCompile(`^([a-z][0-9]+[a-z]*-[a-z]+[0-9a-z-]*|custom-[0-9]+-[0-9]+|[ef]1-(micro|small)|g1-small)$`).MatchString(last(text)) {
		return []targettest.Problem{problem("machineType", "%q is no machine type", text)}
	}
	if strings.Contains(text, "/zones/") && !strings.Contains(text, "/zones/"+in.text("zone")+"/") {
		return []targettest.Problem{problem("machineType", "%q is of another zone than %q", text, in.text("zone"))}
	}
	return nil
}

// imaged wants the image of a disk to be one by its form, and of the machine's
// architecture where its name tells that.
func imaged(path string) rule {
	return func(_ *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		for at, value := range values(in, path) {
			text, known := value.(string)
			if !known {
				continue
			}
			form := regexp.MustCompile(`^(projects/)?([a-z0-9.:-]+/)?(global/images/)?(family/)?[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
			if !form.MatchString(strings.TrimPrefix(text, selfLinks)) {
				problems = append(problems, problem(at, "%q is no image: write projects/PROJECT/global/images/family/FAMILY", text))
				continue
			}
			arm := strings.Contains(last(text), "arm64")
			vendor := regexp.MustCompile(`(debian|ubuntu-os|fedora-coreos)-cloud/|kinvolk-public/`).MatchString(text)
			if machine := in.text("machineType"); vendor && machine != "" && arm != slices.Contains(armFamilies(), family(machine)) {
				problems = append(problems, problem(at, "%q is of another architecture than a %s", text, machine))
			}
		}
		return problems
	}
}

// diskFits wants a size that a type of disk can have.
func diskFits(kind, size string) rule {
	return func(_ *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		text, known := in[kind].(string)
		types := []string{"pd-standard", "pd-balanced", "pd-ssd", "pd-extreme", "hyperdisk-balanced", "hyperdisk-extreme", "hyperdisk-throughput", "hyperdisk-balanced-high-availability", "hyperdisk-ml"}
		if known && !slices.Contains(types, last(text)) {
			problems = append(problems, problem(kind, "%q is none of %s", text, strings.Join(types, ", ")))
		}
		least := 10.0
		if strings.HasPrefix(last(text), "hyperdisk") {
			least = 4
		}
		if n, known := in.number(size); known && (n < least || n > 65536) {
			problems = append(problems, problem(size, "%v GB are not between %v and 65536", n, least))
		}
		return problems
	}
}

// diskOf holds the disk at a path to the same, and its type to what the
// machine takes.
func diskOf(path, kind, size string) rule {
	return func(w *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		for at, value := range values(in, path) {
			disk, _ := value.(map[string]any)
			found := diskFits(kind, size)(w, disk)
			machine, of := in.text("machineType"), last(object(disk).text(kind))
			if hyper := slices.Contains(hyperdiskFamilies(), family(machine)); machine != "" && of != "" && hyper != strings.HasPrefix(of, "hyperdisk") {
				found = append(found, problem(kind, "a %s takes no %s", machine, of))
			}
			found = append(found, labelsAt("labels", object(disk).object("labels"))...)
			for _, p := range found {
				problems = append(problems, problem(at+"."+p.Property, "%s", p.Reason))
			}
		}
		return problems
	}
}

// metadata holds keys and values to their limits.
func metadata(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	total, form := 0, regexp.MustCompile(`^[a-zA-Z0-9_-]+$`)
	for key, value := range in.object("metadata") {
		text, _ := value.(string)
		total += len(key) + len(text)
		if !form.MatchString(key) || len(key) > longestKey {
			problems = append(problems, problem("metadata."+key, "the key must match %s, in %d bytes", form, longestKey))
		}
		if len(text) > longestValue {
			problems = append(problems, problem("metadata."+key, "is %d bytes long, over the limit of %d", len(text), longestValue))
		}
	}
	if total > allMetadata {
		problems = append(problems, problem("metadata", "is %d bytes in all, over the limit of %d", total, allMetadata))
	}
	return problems
}

// startup wants one startup script, not two.
func startup(_ *world, in object) []targettest.Problem {
	if in.has("metadataStartupScript") && in.object("metadata").has("startup-script") {
		return []targettest.Problem{problem("metadataStartupScript", "the metadata has a startup-script already")}
	}
	return nil
}

// identity wants the account of a machine to exist.
func identity(w *world, in object) []targettest.Problem {
	if email := in.object("serviceAccount").text("email"); email != "" && !w.account(email) {
		return []targettest.Problem{problem("serviceAccount.email", "service account %q does not exist", email)}
	}
	return nil
}

// scopes wants the scopes of a machine's account to be scopes.
func scopes(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	given := in.object("serviceAccount")
	if in.has("serviceAccount") && !given.has("scopes") {
		problems = append(problems, problem("serviceAccount.scopes", "is required"))
	}
	for i, scope := range given.texts("scopes") {
		if !regexp.MustCompile(`^(https://www\.googleapis\.com/auth/[a-z.-]+|[a-z-]+)$`).MatchString(scope) {
			problems = append(problems, problem(fmt.Sprintf("serviceAccount.scopes[%d]", i), "%q is no scope", scope))
		}
	}
	return problems
}

// spot wants the scheduling of a machine that may be taken away to say so
// everywhere.
func spot(path string) rule {
	return func(_ *world, in object) []targettest.Problem {
		s := in.object(path)
		preemptible, model := s["preemptible"] == true, s.text("provisioningModel")
		var problems []targettest.Problem
		if model == "SPOT" && !preemptible {
			problems = append(problems, problem(path+".preemptible", "must be true where provisioningModel is SPOT"))
		}
		if (preemptible || model == "SPOT") && s["automaticRestart"] != false {
			problems = append(problems, problem(path+".automaticRestart", "must be false for a machine that may be taken away"))
		}
		if (preemptible || model == "SPOT") && s.text("onHostMaintenance") == "MIGRATE" {
			problems = append(problems, problem(path+".onHostMaintenance", "must be TERMINATE for a machine that may be taken away"))
		}
		if s.has("instanceTerminationAction") && model != "SPOT" && !s.has("maxRunDuration") {
			problems = append(problems, problem(path+".instanceTerminationAction", "goes with SPOT machines only"))
		}
		return problems
	}
}

// interfaces wants each network interface to be somewhere.
func interfaces(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	for i, nic := range in.objects("networkInterfaces") {
		if !nic.has("network") && !nic.has("subnetwork") {
			problems = append(problems, problem(fmt.Sprintf("networkInterfaces[%d].subnetwork", i), "network or subnetwork must be given"))
		}
	}
	return problems
}

// networkAddress wants the address of a machine to be of its subnet.
func networkAddress(w *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	for i, nic := range in.objects("networkInterfaces") {
		for _, p := range fits("networkIp", "subnetwork")(w, nic) {
			problems = append(problems, problem(fmt.Sprintf("networkInterfaces[%d].%s", i, p.Property), "%s", p.Reason))
		}
	}
	return problems
}

// attached wants the disks of a machine to be told apart.
func attached(_ *world, in object) []targettest.Problem {
	var problems []targettest.Problem
	seen := map[string]bool{in.object("bootDisk").text("deviceName"): in.object("bootDisk").has("deviceName")}
	for i, disk := range in.objects("attachedDisks") {
		device := disk.text("deviceName")
		if device == "" {
			continue
		}
		at := fmt.Sprintf("attachedDisks[%d].deviceName", i)
		if seen[device] {
			problems = append(problems, problem(at, "%q is another disk's already", device))
		}
		if !regexp.MustCompile(`^[a-z]([-_a-z0-9]{0,61}[a-z0-9])?$`).MatchString(device) {
			problems = append(problems, problem(at, "%q does not match %s", device, rfc1035))
		}
		seen[device] = true
	}
	return problems
}

// sameZone wants what a link leads to to be in the machine's zone.
func sameZone(path string) rule {
	return func(_ *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		for at, value := range values(in, path) {
			if text, _ := value.(string); in.text("zone") != "" && strings.Contains(text, "/zones/") && !strings.Contains(text, "/zones/"+in.text("zone")+"/") {
				problems = append(problems, problem(at, "%q is in another zone than %s", text, in.text("zone")))
			}
		}
		return problems
	}
}
