package baremetal

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// load reads a config with this target alone.
func load(t *testing.T, document string) (*config.Cluster, string) {
	t.Helper()
	cluster, report := config.Load("c.json", []byte(document), map[string]func() config.Block{name: func() config.Block { return &Block{} }})
	var problems []string
	for _, p := range report.Problems {
		problems = append(problems, p.Path+": "+p.Message+" → "+p.Fix)
	}
	return cluster, strings.Join(problems, "\n")
}

// document is a config whose block is given.
func document(block string) string {
	return `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "demo"}, "spec": {
		"target": "baremetal", "controlPlane": {"count": 1}, "pools": [{"name": "workers", "count": 1}, {"name": "large", "count": 1}],
		"network": {"nodeCIDR": "10.240.0.0/24"}, "baremetal": ` + block + `}}`
}

const threeHosts = `
	{"address": "10.240.0.2", "role": "control-plane"}, {"address": "10.240.0.3", "pool": "workers"},
	{"address": "node.example.com", "pool": "large", "name": "big"}`

func TestBlock_IsReadAndHandsDownWhatHostsLeaveOpen(t *testing.T) {
	cluster, problems := load(t, document(`{"key": "~/.ssh/id", "user": "admin", "port": 2200, "jump": {"address": "jump.example.com", "user": "hop"}, "hosts": [
		{"address": "10.240.0.2", "role": "control-plane", "user": "root", "agent": true, "fingerprint": "SHA256:`+strings.Repeat("a", 43)+`"},
		{"address": "10.240.0.3", "pool": "workers"}, {"address": "node.example.com", "pool": "large", "name": "big", "jump": {"address": "other", "key": "/k"}}]}`))
	if problems != "" {
		t.Fatal(problems)
	}
	got := machines(cluster)
	known := defaultKnownHosts
	jump := &reach{Address: "jump.example.com", Port: 22, User: "hop", Key: "~/.ssh/id", KnownHosts: known}
	want := []machine{
		{at: 0, name: "demo-control-plane-1", role: node.ControlPlane, address: "10.240.0.2", reach: reach{
			Address: "10.240.0.2", Port: 2200, User: "root", Agent: true, KnownHosts: known, Jump: jump, Fingerprint: "SHA256:" + strings.Repeat("a", 43)}},
		{at: 1, name: "demo-10-240-0-3", role: node.Worker, pool: "workers", address: "10.240.0.3", reach: reach{
			Address: "10.240.0.3", Port: 2200, User: "admin", Key: "~/.ssh/id", KnownHosts: known, Jump: jump}},
		{at: 2, name: "big", role: node.Worker, pool: "large", reach: reach{
			Address: "node.example.com", Port: 2200, User: "admin", Key: "~/.ssh/id", KnownHosts: known,
			Jump: &reach{Address: "other", Port: 22, User: "admin", Key: "/k", KnownHosts: known}}},
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(machine{})); diff != "" {
		t.Error(diff)
	}
	if names := New().NodeNames(cluster, "large"); len(names) != 1 || names[0] != "big" {
		t.Errorf("got %q", names)
	}
}

func TestBlock_OffersOnlyTheNearerWayToProveWhoOneIs(t *testing.T) {
	got := Login{Agent: true}.or(Login{Key: "/k", Port: 1, User: "u"})
	if got != (Login{Agent: true, Port: 1, User: "u"}) {
		t.Errorf("got %+v", got)
	}
}

func TestBlock_RefusesWhatCannotBeWithTheFix(t *testing.T) {
	for name, test := range map[string]struct{ block, want string }{
		"no key":             {`{"hosts": [` + threeHosts + `]}`, `spec.baremetal.hosts[0]: there is no key to log in to 10.240.0.2 with → write "key"`},
		"too few planes":     {`{"key": "/k", "hosts": [{"address": "10.240.0.3", "pool": "workers"}, {"address": "10.240.0.4", "pool": "large"}]}`, "spec.baremetal.hosts: 0 hosts have the role control-plane, and spec.controlPlane.count is 1 →"},
		"too many of a pool": {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "pool": "large"}]}`, `spec.baremetal.hosts: 2 hosts are of pool "large", and its count is 1 → write spec.pools[1].count 2`},
		"unknown pool":       {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "pool": "lage"}]}`, `spec.baremetal.hosts[3].pool: spec.pools has no pool "lage"; did you mean "large"? → write one of workers, large`},
		"which pool":         {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "role": "worker"}]}`, "spec.baremetal.hosts[3]: nothing says which pool 10.240.0.9 is of → write the name of its pool: one of workers, large"},
		"what for":           {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9"}]}`, `spec.baremetal.hosts[3]: nothing says what 10.240.0.9 is for → write "role"`},
		"no such role":       {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "role": "master"}]}`, `spec.baremetal.hosts[3].role: "master" is no role of hosts`},
		"plane in a pool":    {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "role": "control-plane", "pool": "large"}]}`, "spec.baremetal.hosts[3].pool: a control plane is in no pool"},
		"same address":       {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.3", "pool": "large", "name": "x"}]}`, "spec.baremetal.hosts[3].address: the address 10.240.0.3:22 is that of hosts[1] already"},
		"same name":          {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "pool": "large", "name": "big"}]}`, "spec.baremetal.hosts[3].name: the node name big is that of hosts[2] already"},
		"bad name":           {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "pool": "large", "name": "Big One"}]}`, `spec.baremetal.hosts[3].name: "Big One" can be no node's name`},
		"named plane":        {`{"key": "/k", "hosts": [{"address": "10.240.0.2", "role": "control-plane", "name": "x"}]}`, "spec.baremetal.hosts[0].name: control planes are called by their order: demo-control-plane-1, … → remove the name"},
		"long name":          {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "` + strings.Repeat("a", 60) + `.example.com", "pool": "large"}]}`, "which is too long for a node"},
		"outside":            {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "192.0.2.1", "pool": "large"}]}`, "spec.baremetal.hosts[3].address: 192.0.2.1 is not in spec.network.nodeCIDR 10.240.0.0/24 → write \"nodeAddress\""},
		"node address":       {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "192.0.2.1", "nodeAddress": "192.0.2.1", "pool": "large"}]}`, "spec.baremetal.hosts[3].nodeAddress: 192.0.2.1 is not in"},
		"plane by name":      {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "cp.example.com", "role": "control-plane"}]}`, "spec.baremetal.hosts[3]: other control planes reach cp.example.com by an address"},
		"IPv6":               {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "2001:db8::1", "pool": "large"}]}`, "spec.baremetal.hosts[3].address: 2001:db8::1 is an IPv6 address"},
		"user in address":    {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "root@10.240.0.9", "pool": "large"}]}`, "user and port are fields of their own"},
		"half an address":    {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0", "pool": "large"}]}`, `"10.240.0" is no IPv4 address`},
		"fingerprint":        {`{"key": "/k", "hosts": [` + threeHosts + `, {"address": "10.240.0.9", "pool": "large", "fingerprint": "MD5:aa"}]}`, "spec.baremetal.hosts[3].fingerprint: "},
		"port":               {`{"key": "/k", "port": 70000, "hosts": [` + threeHosts + `]}`, "spec.baremetal.port: 70000 is no port"},
		"user":               {`{"key": "/k", "user": "-o", "hosts": [` + threeHosts + `]}`, `spec.baremetal.user: "-o" can be no user's name`},
		"parallel":           {`{"key": "/k", "parallel": 100, "hosts": [` + threeHosts + `]}`, "spec.baremetal.parallel: 100 workers at a time cannot be → write 1 to 32"},
		"endpoint":           {`{"key": "/k", "endpoint": "https://api", "hosts": [` + threeHosts + `]}`, "spec.baremetal.endpoint: "},
		"jump without key":   {`{"hosts": [{"address": "10.240.0.2", "role": "control-plane", "key": "/k", "jump": {"address": "j"}}]}`, "there is no key to log in to the jump host j with"},
		"no hosts":           {`{"key": "/k"}`, "spec.baremetal.hosts: is missing"},
	} {
		if _, problems := load(t, document(test.block)); !strings.Contains(problems, test.want) {
			t.Errorf("%s: %q is not in\n%s", name, test.want, problems)
		}
	}
	if _, problems := load(t, document(`{"key": "/k", "hosts": [`+threeHosts+`]}`)); problems != "" {
		t.Errorf("a good one is refused:\n%s", problems)
	}
}

func TestExample_IsAConfigThatIsAccepted(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "examples", "baremetal.json"))
	if err != nil {
		t.Fatal(err)
	}
	if _, problems := load(t, string(data)); problems != "" {
		t.Error(problems)
	}
}
