package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParsePath_IsReadBack(t *testing.T) {
	for _, path := range []string{"metadata.name", "spec.pools[0].count", `spec.pools[1].labels["a.b/c"]`, "$schema", `a["x\"]"].b`} {
		steps, err := ParsePath(path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if got := JoinPath(steps); got != path {
			t.Errorf("%s became %s", path, got)
		}
	}
	for path, why := range map[string]string{
		"spec..a": "before a dot", ".a": "before a dot", "a.": "after a dot", "a.[0]": "after a dot", "a[": "not closed",
		"a[]": "empty", `a["b]`: "not closed", "a[0]b": "a dot is missing",
	} {
		if _, err := ParsePath(path); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: error %v, want %q in it", path, err, why)
		}
	}
}

func TestSet_ChangesOnePlace(t *testing.T) {
	for name, test := range map[string]struct {
		text, path string
		value      any
		old, new   string
	}{
		"JSON, a number":  {handwritten, "spec.pools[0].count", 5, `"count": 2`, `"count": 5`},
		"JSON, by name":   {handwritten, "spec.pools[big].count", 5, `"count": 1`, `"count": 5`},
		"JSON, a key":     {handwritten, `spec.pools[0].labels["a.b"]`, "c", `"labels": {}`, `"labels": { "a.b": "c" }`},
		"JSON, the next":  {handwritten, "spec.pools[2]", map[string]any{"name": "x"}, "        \"count\": 1\n      }\n", "        \"count\": 1\n      },\n      { \"name\": \"x\" }\n"},
		"JSON, a new one": {handwritten, "spec.pools[gpu].count", 1, "        \"count\": 1\n      }\n", "        \"count\": 1\n      },\n      {\n        \"name\": \"gpu\",\n        \"count\": 1\n      }\n"},
		"JSON, an object": {handwritten, "spec.gcp.zones", []string{"a", "b"}, "    ]\n  }", "    ],\n    \"gcp\": {\n      \"zones\": [\"a\", \"b\"]\n    }\n  }"},
		"YAML, a number":  {commented, "spec.pools[workers].count", 5, "count: 2 # enough", "count: 5 # enough"},
		"YAML, an object": {commented, "spec.network.layer", "none", "count: 1\n", "count: 1\n  network:\n    layer: none\n"},
		"YAML, deep":      {commented, "spec.pools[1].taints[0].key", "k", "count: 1\n", "count: 1\n      taints:\n        - key: k\n"},
	} {
		want := strings.Replace(test.text, test.old, test.new, 1)
		if want == test.text {
			t.Fatalf("%s: the test changes nothing", name)
		}
		got := edit(t, test.text, func(d *Document) error { return d.Set(test.path, test.value) })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		d, _ := ParseDocument("c", []byte(got))
		if value, found, err := d.Get(test.path); !found || err != nil || value == nil {
			t.Errorf("%s: got %v, %v, %v", name, value, found, err)
		}
	}
}

func TestSet_WritesOutTheDefaultPoolToChangeIt(t *testing.T) {
	got := edit(t, "metadata: {name: a}\n", func(d *Document) error { return d.Set("spec.pools[0].count", 7) })
	if want := "metadata: {name: a}\nspec:\n  pools:\n    - name: workers\n      count: 7\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestSet_PutsSeveralObjectsBelowEachOther(t *testing.T) {
	got := edit(t, "{\n  \"spec\": { \"pools\": [{ \"name\": \"a\" }] }\n}\n", func(d *Document) error { return d.Set("spec.pools[b].count", 1) })
	if want := "    \"pools\": [\n      { \"name\": \"a\" },\n      {\n        \"name\": \"b\",\n        \"count\": 1\n      }\n    ]\n"; !strings.Contains(got, want) {
		t.Errorf("got\n%s", got)
	}
}

func TestSet_RefusesWhatLeadsNowhere(t *testing.T) {
	for path, why := range map[string]string{
		"":                     "there is no path",
		"metadata.name.first":  `"a" is a value of its own, in which there is no first`,
		"spec.pools[7].count":  "the list has 2 items; the next one is [2]",
		"spec.pools[x]":        `the list has no item of the name "x"`,
		"metadata.name[0].foo": "is a value of its own",
	} {
		d, err := ParseDocument("c", []byte(handwritten))
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Set(path, 1); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: error %v, want %q in it", path, err, why)
		}
	}
}

func TestUnset_TakesAwayWhatIsLeftEmpty(t *testing.T) {
	const gcp = "spec:\n  gcp:\n    access:\n      publicNodes: true\n"
	for name, test := range map[string]struct{ text, path, want string }{
		"a field":       {handwritten, "later", strings.Replace(handwritten, "  \"later\": [\"a field of\", \"another version <&>\"],\n", "", 1)},
		"an item":       {commented, "spec.pools[0]", strings.Replace(commented, "    # The first.\n    - name: workers\n      count: 2 # enough\n", "", 1)},
		"by name":       {commented, "spec.pools[big]", strings.Replace(commented, "    - name: big\n      count: 1\n", "", 1)},
		"what is empty": {gcp, "spec.gcp.access.publicNodes", "spec: {}\n"},
		"nothing":       {commented, "spec.gcp.project", commented},
	} {
		got := edit(t, test.text, func(d *Document) error { return d.Unset(test.path) })
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestGet_TellsWhatIsWrittenFromWhatIsNot(t *testing.T) {
	d, err := ParseDocument("c", []byte(handwritten))
	if err != nil {
		t.Fatal(err)
	}
	if value, found, err := d.Get("spec.pools[big].count"); value != 1 || !found || err != nil {
		t.Errorf("got %v, %v, %v", value, found, err)
	}
	for _, path := range []string{"spec.network.podCIDR", "spec.pools[9]", "spec.pools[none]", "metadata.name.first"} {
		if value, found, err := d.Get(path); found || err != nil {
			t.Errorf("%s: got %v, %v, %v", path, value, found, err)
		}
	}
}
