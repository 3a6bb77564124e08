package wizard

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const found = `# Ours.
apiVersion: kubernetes-anywhere.io/v1alpha1
kind: Cluster
metadata:
  name: a # short
spec:
  target: cloud
  network:
    podCIDR: 10.244.0.0/16 # written out on purpose
  cloud:
    project: p
    zones: [north-a]
  pools:
    - {name: workers, count: 2}
`

func TestSet_TypesValuesByTheSchema(t *testing.T) {
	for change, want := range map[string]string{
		"spec.pools[0].count=3":                 "{name: workers, count: 3}",
		"spec.pools[workers].spot=yes":          "spot: true}",
		"spec.cloud.zones=north-a, north-b":     "zones:\n      - north-a\n      - north-b\n",
		`spec.cloud.zones=["north-c"]`:          "zones:\n      - north-c\n",
		"spec.pools[0].labels.a=3":              `labels: {a: "3"}`,
		`spec.pools[0].labels["x.io/y"]=z`:      "labels: {x.io/y: z}",
		"spec.pools[0].labels=a=b,c=d":          "a: b",
		`spec.cloud.hosts=[{"address":"h"}]`:    "hosts:\n      - address: h\n",
		"spec.cloud.hosts[0].address=h":         "hosts:\n      - address: h\n",
		"spec.pools[big].count=1":               "- name: big\n      count: 1\n",
		"metadata.name=b":                       "name: b # short",
		"spec.controlPlane.machine.diskGB=30":   "diskGB: 30",
		"spec.cloud.access.apiCIDRs=10.0.0.0/8": "apiCIDRs:\n        - 10.0.0.0/8\n",
	} {
		d := open(t, found)
		path, value, _ := strings.Cut(change, "=")
		if err := d.Set(path, value); err != nil {
			t.Errorf("%s: %v", change, err)
		}
		if got := text(t, d); !strings.Contains(got, want) {
			t.Errorf("%s: %q is not in\n%s", change, want, got)
		}
	}
}

func TestSet_SaysWhatCannotBe(t *testing.T) {
	for change, want := range map[string]string{
		"spec.pools[0].count=three":  `spec.pools[0].count: "three" is no whole number`,
		"spec.pools[0].spot=maybe":   `"maybe" is neither true nor false`,
		"spec.netwrk.podCIDR=x":      `there is no field "netwrk" in spec; did you mean "network"?`,
		"nothing=x":                  `there is no field "nothing" at the top of the config; there is $schema, apiVersion`,
		"spec.pools.count=3":         "spec.pools is a list: write spec.pools[0]",
		"spec.pools.workers.count=3": "spec.pools is a list: write spec.pools[workers] for that item",
		"podCIDR=10.0.0.0/8":         `there is no field "podCIDR" at the top of the config; did you mean "spec.network.podCIDR"?`,
		"pools[workers].count=3":     `did you mean "spec.pools[workers].count"?`,
		"metadata.name.x=3":          "metadata.name is a value of its own (string)",
		"spec.pools[0].labels=a":     `"a" is not key=value`,
		"spec.pools[0].taints=x":     "is no array in JSON",
		"spec.cloud={":               "is no object in JSON",
		"spec.pools[7].count=1":      "the list has 1 items; the next one is [1]",
		"spec..x=1":                  "nothing before a dot",
		"spec.cloud.zones=[\"a\",1]": "",
	} {
		d := open(t, found)
		path, value, _ := strings.Cut(change, "=")
		err := d.Set(path, value)
		if want == "" {
			// JSON is taken as it is; loading says what is wrong with it.
			if err != nil || d.Err() == nil || !strings.Contains(d.Err().Error(), "spec.cloud.zones[1]") {
				t.Errorf("%s: %v, %v", change, err, d.Err())
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q in it", change, err, want)
		}
	}
}

func TestDraft_KeepsWhatTheFileSays(t *testing.T) {
	w := Start(open(t, found), false, nil)
	say(t, w, "summary", "spec.cloud.zones=north-b", "spec.network.serviceCIDR=10.96.0.0/16")
	want := strings.Replace(found, "[north-a]", "\n      - north-b", 1)
	got := text(t, w.Draft())
	// Lists that are set anew are written in lines.
	if diff := cmp.Diff(strings.ReplaceAll(want, ": \n", ":\n"), got); diff != "" {
		t.Error(diff)
	}
	if body := w.Summary(); !strings.Contains(body, "-    zones: [north-a]") || !strings.Contains(body, "+      - north-b") {
		t.Errorf("the change is not shown:\n%s", body)
	}
}

func TestDraft_StaysAsItIsWithoutAnAnswer(t *testing.T) {
	w := Start(open(t, found), false, nil)
	say(t, w, "summary")
	if got := text(t, w.Draft()); got != found {
		t.Error(cmp.Diff(found, got))
	}
	if body := w.Summary(); !strings.Contains(body, "c.yaml stays as it is.") {
		t.Errorf("got\n%s", body)
	}
}

func TestGet_GivesWhatIsInEffectOrWritten(t *testing.T) {
	d := open(t, found)
	if value, err := d.Get("spec.network.serviceCIDR", false); value != "10.96.0.0/16" || err != nil {
		t.Errorf("got %v, %v", value, err)
	}
	if value, err := d.Get("spec.pools[workers].count", true); value != float64(2) || err != nil {
		t.Errorf("got %v, %v", value, err)
	}
	for path, want := range map[string]string{"spec.network.serviceCIDR": "does not say", "spec.nothing": "there is no field"} {
		if value, err := d.Get(path, true); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, %v", path, value, err)
		}
	}
	if _, err := d.Get("spec.images.bundle", false); err == nil {
		t.Error("what is not set has a value")
	}
}

func TestWords_ReadWell(t *testing.T) {
	for name, want := range map[string]string{
		"podCIDR": "Pod CIDR", "kubernetesVersion": "Kubernetes version", "apiCIDRs": "API CIDRs", "diskGB": "Disk in GB", "os": "OS",
		"dnsDomain": "DNS domain", "sshPublicKey": "SSH public key", "natPerZone": "NAT per zone", "etcdDiskGB": "Etcd disk in GB", "apiPort": "API port",
	} {
		if got := words(name); got != want {
			t.Errorf("%s became %q, want %q", name, got, want)
		}
	}
}
