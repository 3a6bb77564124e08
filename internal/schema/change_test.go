package schema_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// change is a config of a target without and with another value of a field.
// It is not possible where the target has the field's value from another one.
func (r rendering) change(target string, f *schema.Field) (before, after object, possible bool) {
	r.t.Helper()
	hosts := f.Path == "spec.controlPlane.count" || f.Path == "spec.pools[].count"
	if target == "baremetal" && hosts {
		return nil, nil, false // it counts the hosts that are listed
	}
	if f.Path == "spec.images.bundle" && target != "local" && target != "baremetal" {
		return nil, nil, false // hosts that pull images take no archive
	}
	before, after = r.ready(target, f.Path), r.ready(target, f.Path)
	switch f.Path {
	case "spec.baremetal.hosts[].role":
		set(r.t, after, "spec.baremetal.hosts[0].role", "worker")
		set(r.t, after, "spec.baremetal.hosts[1].role", "control-plane")
	case "spec.baremetal.hosts[].pool":
		set(r.t, after, "spec.baremetal.hosts[1].pool", "others")
		set(r.t, after, "spec.baremetal.hosts[2].pool", "workers")
	default:
		set(r.t, after, at(f.Path), r.another(target, f))
	}
	return before, after, true
}

// at is where a field is changed: in the first item of each list, save for the
// names that only workers have.
func at(pattern string) string {
	if pattern == "spec.baremetal.hosts[].name" {
		return "spec.baremetal.hosts[1].name"
	}
	return strings.ReplaceAll(pattern, "[]", "[0]")
}

// ready is a base of a target in which a field can be changed alone.
func (r rendering) ready(target, pattern string) object {
	r.t.Helper()
	whole := base(target)
	with := func(path string, value any) { set(r.t, whole, path, value) }
	switch {
	case pattern == "spec.pools[].min" || pattern == "spec.pools[].max":
		with("spec.pools[0].max", 4)
	case strings.HasPrefix(pattern, "spec.pools[].taints"):
		with("spec.pools[0].taints", []any{object{"key": "dedicated", "value": "a", "effect": "NoSchedule"}})
	case pattern == "spec.azure.access.sshCIDRs":
		with("spec.azure.sshPublicKey", rsaKey("A"))
	case pattern == "spec.gcp.existing.subnetwork":
		with("spec.gcp.existing.network", "mine")
	case strings.HasPrefix(pattern, "spec.aws.existing."):
		zones := func(of string) object {
			return object{"us-east-2a": "subnet-" + of + "000000a", "us-east-2b": "subnet-" + of + "000000b", "us-east-2c": "subnet-" + of + "000000c"}
		}
		with("spec.aws.existing", object{"network": "vpc-00000001", "subnets": zones("1"), "publicSubnets": zones("2")})
	case pattern == "spec.baremetal.hosts[].pool":
		with("spec.pools", []any{object{"name": "workers", "count": 1}, object{"name": "others", "count": 1}})
		with("spec.baremetal.hosts[1].pool", "workers")
		with("spec.baremetal.hosts[2].pool", "others")
	case pattern == "spec.baremetal.hosts[].nodeAddress":
		with("spec.baremetal.hosts[0]", object{"address": "one.example.com", "role": "control-plane", "nodeAddress": "10.240.0.11"})
	case strings.HasPrefix(pattern, "spec.addons[]"):
		with("spec.addons", []any{addonFor(pattern, r.own[0])})
	case strings.HasPrefix(pattern, "spec.logging."):
		with("spec.addons", []any{object{"name": config.LoggingAddon}})
		with("spec.logging", loggingFor(pattern))
	case strings.HasPrefix(pattern, "spec.baremetal.jump."):
		with("spec.baremetal.jump.address", "jump.example.com")
	case strings.HasPrefix(pattern, "spec.baremetal.hosts[].jump."):
		with("spec.baremetal.hosts[0].jump.address", "jump.example.com")
	}
	return whole
}

// addonFor is an addon of which a field can be changed alone.
func addonFor(pattern, folder string) object {
	switch {
	case strings.HasSuffix(pattern, ".path"):
		return object{"name": "mine", "path": folder}
	case strings.HasSuffix(pattern, ".name"):
		return object{"name": "headlamp"}
	case strings.HasSuffix(pattern, ".enabled"):
		return object{"name": "metrics-server"}
	}
	return object{"name": "coredns"}
}

// loggingFor is what a field of logging goes with.
func loggingFor(pattern string) object {
	switch pattern {
	case "spec.logging.path":
		return object{"output": config.LogsToFile}
	case "spec.logging.endpoint":
		return object{"output": config.LogsToHTTP, "endpoint": "https://one.example.com/logs"}
	}
	return object{"output": config.LogsToStdout, "endpoint": "https://one.example.com/logs"}
}

// another is a valid value of a field that is not the one it has.
func (r rendering) another(target string, f *schema.Field) any {
	r.t.Helper()
	if target == "baremetal" && f.Path == "spec.network.nodeCIDR" {
		return "10.240.0.0/23" // which holds the hosts
	}
	if value, given := r.values()[f.Path]; given {
		return value
	}
	has, _ := f.Defaults[target]
	choices := f.Choices
	if f.Item != nil {
		choices = f.Item.Choices
		if by, some := f.Item.TargetChoices[target]; some {
			choices = by
		}
	} else if by, some := f.TargetChoices[target]; some {
		choices = by
	}
	switch f.Type {
	case schema.Boolean:
		return has != true
	case schema.List:
		// The last one: the first is where the first of everything is anyway.
		if n := len(choices.Values); n > 0 {
			return []any{choices.Values[n-1]}
		}
	case schema.String:
		if at := slices.IndexFunc(choices.Values, func(one string) bool { return one != has }); at >= 0 {
			return choices.Values[at]
		}
	case schema.Integer:
		if n, is := has.(float64); is {
			return int(n) + 1
		}
	}
	r.t.Fatalf("nothing says what else %s could be", f.Path)
	return nil
}

// values are those of fields of which neither default nor choices lead to
// another one.
func (r rendering) values() map[string]any {
	const fingerprint = "SHA256:0000000000000000000000000000000000000000000"
	range24 := []any{"203.0.113.0/24"}
	all := map[string]any{
		"metadata.name":                      "other",
		"spec.controlPlane.count":            3,
		"spec.controlPlane.snapshots.every":  "12h",
		"spec.pools[].name":                  "others",
		"spec.pools[].count":                 3,
		"spec.pools[].min":                   1,
		"spec.pools[].max":                   5,
		"spec.pools[].labels":                object{"disk": "ssd"},
		"spec.pools[].taints[].key":          "reserved",
		"spec.pools[].taints[].value":        "b",
		"spec.pools[].taints[].effect":       "NoExecute",
		"spec.network.podCIDR":               "10.200.0.0/16",
		"spec.network.serviceCIDR":           "10.97.0.0/16",
		"spec.network.nodeCIDR":              "10.241.0.0/24",
		"spec.network.dnsDomain":             "example.internal",
		"spec.addons[].name":                 "node-problem-detector",
		"spec.addons[].path":                 r.own[1],
		"spec.addons[].enabled":              false,
		"spec.logging.output":                config.LogsToFile,
		"spec.logging.path":                  "/var/log/other",
		"spec.logging.endpoint":              "https://two.example.com/logs",
		"spec.images.registry":               "mirror.example.com/k8s",
		"spec.images.bundle":                 r.archive,
		"spec.gcp.project":                   "other-project",
		"spec.gcp.image":                     "projects/my-project/global/images/hardened",
		"spec.gcp.existing.network":          "mine",
		"spec.gcp.existing.subnetwork":       "hosts",
		"spec.aws.image":                     "ami-0123456789abcdef0",
		"spec.aws.existing.network":          "vpc-00000002",
		"spec.aws.existing.subnets":          object{"us-east-2a": "subnet-3000000a", "us-east-2b": "subnet-3000000b", "us-east-2c": "subnet-3000000c"},
		"spec.aws.existing.publicSubnets":    object{"us-east-2a": "subnet-4000000a"},
		"spec.azure.subscription":            "11111111-1111-1111-1111-111111111111",
		"spec.azure.image":                   "Debian:debian-13:13-gen2:13.0.1",
		"spec.azure.sshPublicKey":            rsaKey("B"),
		"spec.azure.existing.resourceGroup":  "mine",
		"spec.azure.existing.subnet":         "/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/s",
		"spec.local.hostImage":               "example.com/host:1",
		"spec.baremetal.endpoint":            "api.example.com",
		"spec.baremetal.knownHosts":          "/keys/known_hosts",
		"spec.baremetal.hosts[].address":     "10.240.0.21",
		"spec.baremetal.hosts[].name":        "rack1-a",
		"spec.baremetal.hosts[].nodeAddress": "10.240.0.31",
	}
	for _, prefix := range []string{"spec.gcp", "spec.aws", "spec.azure"} {
		all[prefix+".access.apiCIDRs"], all[prefix+".access.sshCIDRs"] = range24, range24
	}
	for _, login := range []string{"spec.baremetal", "spec.baremetal.jump", "spec.baremetal.hosts[]", "spec.baremetal.hosts[].jump"} {
		all[login+".port"], all[login+".user"], all[login+".key"] = 2222, "admin", "/keys/two"
		all[login+".fingerprint"] = fingerprint
		if strings.HasSuffix(login, "jump") {
			all[login+".address"] = "other.example.com"
		}
	}
	return all
}

// rsaKey has the form of a public key.
func rsaKey(of string) string { return "ssh-rsa AAAAB3NzaC1yc2E" + strings.Repeat(of, 300) }

// reader is what reads a field that no rendering shows, in words, and the proof
// that it does.
type reader struct {
	words string
	read  func(*testing.T)
}

// elsewhere are the fields that change nothing of what is rendered.
func elsewhere() map[string]reader {
	onlyOne := func(path string) func(*testing.T) {
		return func(t *testing.T) {
			whole := base("local")
			set(t, whole, path, "other")
			if _, problems := load(t, whole); !about(problems, path) {
				t.Errorf("another %s is taken", path)
			}
		}
	}
	return map[string]reader{
		"$schema": {"editors, which complete and check the document by it", func(t *testing.T) {
			if every().Find("$schema") == nil || !strings.Contains(string(every().JSON()), `"$schema": {`) {
				t.Error("the field is not in the schema")
			}
		}},
		"apiVersion": {"every command: it says how the rest is to be read", onlyOne("apiVersion")},
		"kind":       {"every command: it says that this is the config of a cluster", onlyOne("kind")},
		"spec.target": {"every command: it chooses who makes the hosts, and with that all of 1-provision", func(t *testing.T) {
			r := rendering{t: t}
			if len(differences(r.files(base("local")), r.files(base("gcp")))) < 20 {
				t.Error("two targets render alike")
			}
		}},
		"spec.baremetal.lost": {"delete, which does not ask those hosts what is left on them", func(t *testing.T) {
			whole := base("baremetal")
			asked := func() error {
				cluster, problems := load(t, whole)
				if len(problems) > 0 {
					t.Fatal(problems)
				}
				_, err := linked()["baremetal"].Leftovers(context.Background(), cluster)
				return err
			}
			if err := asked(); err == nil {
				t.Error("hosts that cannot be reached said what is left on them")
			}
			set(t, whole, "spec.baremetal.lost", []any{"10.240.0.11", "10.240.0.12", "10.240.0.13"})
			if err := asked(); err != nil {
				t.Errorf("lost hosts were asked: %v", err)
			}
		}},
	}
}
