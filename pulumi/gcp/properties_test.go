package gcp

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// opened are what a rule lets in, as tcp/6443.
func opened(o targettest.Object) []string {
	var all []string
	for i := 0; at(o, "allows", i) != nil; i++ {
		for _, port := range words(o, "allows", i, "ports") {
			all = append(all, word(o, "allows", i, "protocol")+"/"+port)
		}
	}
	return all
}

func TestProgram_OpensNothingToTheWorldButTheAPI(t *testing.T) {
	for name, want := range map[string]int{"public": 1, "private": 0} {
		edit := func(_, _, _ document) {}
		if name == "private" {
			edit = private
		}
		found := 0
		for _, o := range declare(t, written(three, edit)).of("Firewall") {
			if word(o, "direction") != "INGRESS" || len(words(o, "targetServiceAccounts")) == 0 {
				t.Errorf("%s is for any host", o.Name)
			}
			if len(words(o, "sourceRanges"))+len(words(o, "sourceServiceAccounts")) == 0 {
				t.Errorf("%s is for any source", o.Name)
			}
			if !slices.Contains(words(o, "sourceRanges"), "0.0.0.0/0") {
				continue
			}
			found++
			if ports := opened(o); !slices.Equal(ports, []string{"tcp/6443"}) {
				t.Errorf("%s opens %v to the world", o.Name, ports)
			}
		}
		if found != want {
			t.Errorf("%s: %d rules let the world in, want %d", name, found, want)
		}
	}
}

func TestProgram_AdmitsOnlyTheGivenRangesToTheAPI(t *testing.T) {
	office := []string{"198.51.100.0/24", "203.0.113.8/32"}
	d := declare(t, written(func(_, _, block document) { block["access"] = document{"apiCIDRs": office} }))
	if got := words(d.one(t, "Firewall", "demo-control-plane-from-outside"), "sourceRanges"); !slices.Equal(got, office) {
		t.Errorf("%v may reach the API", got)
	}
}

func TestProgram_KeepsSSHClosedUnlessAskedFor(t *testing.T) {
	office := []string{"203.0.113.0/24"}
	for _, o := range declare(t, written(three)).of("Firewall") {
		if slices.Contains(opened(o), "tcp/22") {
			t.Errorf("%s opens SSH", o.Name)
		}
	}
	d := declare(t, written(three, func(_, _, block document) { block["access"] = document{"sshCIDRs": office} }))
	ssh := d.one(t, "Firewall", "demo-ssh")
	if !slices.Equal(opened(ssh), []string{"tcp/22"}) || !slices.Equal(words(ssh, "sourceRanges"), office) || len(words(ssh, "targetServiceAccounts")) != 2 {
		t.Errorf("%v", ssh.Inputs.Mappable())
	}
}

// TestProgram_MakesRulesAnewInAnotherNetwork: Google moves none, though the
// provider would try.
func TestProgram_MakesRulesAnewInAnotherNetwork(t *testing.T) {
	d := declare(t, written())
	rules := d.of("Firewall")
	for _, rule := range rules {
		asked := d.asked[rule.Type+" "+rule.Name]
		if !asked.GetDeleteBeforeReplace() || !slices.Contains(asked.GetReplaceOnChanges(), "network") {
			t.Errorf("%s would be moved to another network in place", rule.Name)
		}
	}
	if len(rules) == 0 {
		t.Error("there is no rule")
	}
}

// TestProgram_OpensWhatIsDeclared compares rules with the declarations that
// they are derived from: each port, for each role and source, and no other.
func TestProgram_OpensWhatIsDeclared(t *testing.T) {
	for _, layer := range []string{"flannel", "none"} {
		d := declare(t, written(func(_, spec, _ document) { spec["network"] = document{"layer": layer} }))
		more, err := target.Inputs{Cluster: &config.Cluster{Spec: config.Spec{Network: config.Network{Layer: layer}}}}.LayerPorts()
		if err != nil {
			t.Fatal(err)
		}
		var want, got []string
		for role, ports := range map[string][]target.Port{node.ControlPlane: append(target.ControlPlanePorts(), more...), node.Worker: append(target.WorkerPorts(), more...)} {
			for _, p := range ports {
				for _, from := range map[target.Source][]string{target.ControlPlanes: {"peers"}, target.Nodes: {"nodes"}, target.Anywhere: {"nodes", "outside"}}[p.Source] {
					want = append(want, fmt.Sprintf("demo-%s-from-%s %s/%s", role, from, p.Protocol, portRange(p)))
				}
			}
		}
		want = append(want, "demo-control-plane-from-probers tcp/6443", "demo-worker-from-probers tcp/10250")
		for _, o := range d.of("Firewall") {
			for _, port := range opened(o) {
				got = append(got, o.Name+" "+port)
			}
		}
		slices.Sort(want)
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("%s: got\n%s\nwant\n%s", layer, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

func TestProgram_TellsNodesByTheirAccounts(t *testing.T) {
	d := declare(t, written(three))
	mail := func(role string) string { return d.one(t, "Account", "demo-"+role).Outputs["email"].StringValue() }
	plane, worker := mail(node.ControlPlane), mail(node.Worker)
	for name, want := range map[string][2][]string{
		"demo-control-plane-from-peers": {{plane}, {plane}},
		"demo-control-plane-from-nodes": {{plane, worker}, {plane}},
		"demo-worker-from-nodes":        {{plane, worker}, {worker}},
	} {
		rule := d.one(t, "Firewall", name)
		if from, to := words(rule, "sourceServiceAccounts"), words(rule, "targetServiceAccounts"); !slices.Equal(from, want[0]) || !slices.Equal(to, want[1]) {
			t.Errorf("%s lets %v reach %v", name, from, to)
		}
	}
	for _, vm := range d.of("Instance") {
		if got := word(vm, "serviceAccount", "email"); got != plane {
			t.Errorf("%s acts as %s", vm.Name, got)
		}
	}
	for _, template := range d.of("InstanceTemplate") {
		if got := word(template, "serviceAccount", "email"); got != worker {
			t.Errorf("%s acts as %s", template.Name, got)
		}
	}
}

// TestProgram_GrantsNoMoreThanReadingABundle: whoever adds a role, adds it
// here as well.
func TestProgram_GrantsNoMoreThanReadingABundle(t *testing.T) {
	allowed := map[string][]string{"SecretIamMember": {"roles/secretmanager.secretAccessor"}}
	grants := 0
	for _, o := range declare(t, written(three)).Objects() {
		kind := o.Type[strings.LastIndexByte(o.Type, ':')+1:]
		if !strings.Contains(kind, "Iam") {
			continue
		}
		grants++
		if !slices.Contains(allowed[kind], word(o, "role")) {
			t.Errorf("%s %q grants %s", kind, o.Name, word(o, "role"))
		}
	}
	if grants != 3 { // control planes, and two pools
		t.Errorf("there are %d grants", grants)
	}
}

// marksOf reads labels: those that are labels, and those in a description.
func marksOf(o targettest.Object) map[string]string {
	found := map[string]string{}
	labels, _ := at(o, "labels").(map[string]any)
	for key, value := range labels {
		found[key] = fmt.Sprint(value)
	}
	for _, part := range strings.Split(word(o, "description"), ";") {
		if key, value, is := strings.Cut(part, "="); is && labels == nil {
			found[key] = value
		}
	}
	return found
}

func TestProgram_LabelsWhateverCanBeLabelled(t *testing.T) {
	// What has neither labels nor a description is part of what has.
	without := []string{"RouterNat", "InstanceGroupMembership", "SecretVersion", "SecretIamMember", "IAMMember"}
	d := declare(t, written(three))
	for _, o := range d.Objects() {
		kind, marks := o.Type[strings.LastIndexByte(o.Type, ':')+1:], marksOf(o)
		if slices.Contains(without, kind) {
			continue
		}
		if marks["kubernetes-anywhere-cluster"] != "demo" {
			t.Errorf("%s %q carries %v", kind, o.Name, marks)
		}
		if slices.Contains([]string{"Instance", "InstanceTemplate", "RegionInstanceGroupManager", "Disk", "Secret"}, kind) && marks["kubernetes-anywhere-role"] == "" {
			t.Errorf("%s %q has no role: %v", kind, o.Name, marks)
		}
	}
	for _, o := range append(d.of("InstanceTemplate"), d.of("RegionInstanceGroupManager")...) {
		if pool := marksOf(o)["kubernetes-anywhere-pool"]; pool == "" || !strings.HasPrefix(o.Name, poolName("demo", pool)) {
			t.Errorf("%s is of pool %q", o.Name, pool)
		}
	}
	for _, o := range d.of("Network") {
		if !strings.HasPrefix(word(o, "description"), Mark("demo")+" ") {
			t.Errorf("%q does not begin with the mark", word(o, "description"))
		}
	}
}

func TestProgram_KeepsNamesWithinTheirLimits(t *testing.T) {
	name := regexp.MustCompile(`^[a-z]([-a-z0-9]{0,61}[a-z0-9])?$`)
	account := regexp.MustCompile(`^[a-z][-a-z0-9]{4,28}[a-z0-9]$`)
	for _, o := range declare(t, written(longest)).Objects() {
		for key, form := range map[string]*regexp.Regexp{
			"name": name, "accountId": account,
			"secretId":         regexp.MustCompile(`^[a-zA-Z0-9_-]{1,255}$`),
			"baseInstanceName": regexp.MustCompile(`^[a-z]([-a-z0-9]{0,56}[a-z0-9])?$`),
		} {
			if got := word(o, key); got != "" && !form.MatchString(got) {
				t.Errorf("%s: %s %q has %d characters", o.Type, key, got, len(got))
			}
		}
		// The plugin adds 26 characters.
		if strings.HasSuffix(o.Type, ":InstanceTemplate") && !name.MatchString(word(o, "namePrefix")+strings.Repeat("0", 26)) {
			t.Errorf("names that begin with %q are too long", word(o, "namePrefix"))
		}
		if description := word(o, "description"); len(description) > 256 {
			t.Errorf("%s: description of %d characters", o.Type, len(description))
		}
	}
}

func TestProgram_MakesMachinesThatAreClosedAndShielded(t *testing.T) {
	d := declare(t, written(three))
	for _, o := range append(d.of("Instance"), d.of("InstanceTemplate")...) {
		if at(o, "networkInterfaces", 0, "accessConfigs") != nil || at(o, "networkInterfaces", 1) != nil {
			t.Errorf("%s has a public address: %v", o.Name, at(o, "networkInterfaces"))
		}
		for _, key := range []string{"enableSecureBoot", "enableVtpm", "enableIntegrityMonitoring"} {
			if at(o, "shieldedInstanceConfig", key) != true {
				t.Errorf("%s: %s is %v", o.Name, key, at(o, "shieldedInstanceConfig", key))
			}
		}
		if word(o, "metadata", "enable-oslogin") != "FALSE" {
			t.Errorf("%s: %v", o.Name, at(o, "metadata"))
		}
		if at(o, "canIpForward") == true {
			t.Errorf("%s may send as somebody else", o.Name)
		}
	}
}

// TestProgram_MakesEncryptedDisks: Google encrypts every persistent disk and
// hyperdisk, and there is no way to turn that off; scratch disks are the ones
// that no key of ours could be asked for.
func TestProgram_MakesEncryptedDisks(t *testing.T) {
	d := declare(t, written(three))
	kinds := []string{"pd-balanced", "pd-ssd", "hyperdisk-balanced"}
	seen := 0
	check := func(o targettest.Object, path ...any) {
		seen++
		if got := word(o, path...); !slices.Contains(kinds, got) {
			t.Errorf("%s has a disk of type %q", o.Name, got)
		}
	}
	for _, o := range d.of("Disk") {
		check(o, "type")
	}
	for _, o := range d.of("Instance") {
		check(o, "bootDisk", "initializeParams", "type")
		if at(o, "scratchDisks") != nil {
			t.Errorf("%s has scratch disks", o.Name)
		}
	}
	for _, o := range d.of("InstanceTemplate") {
		check(o, "disks", 0, "diskType")
		if at(o, "disks", 1) != nil {
			t.Errorf("%s has further disks", o.Name)
		}
	}
	if seen != 8 {
		t.Errorf("%d disks were looked at", seen)
	}
}
