package config

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const handwritten = `{
  "apiVersion": "kubernetes-anywhere.io/v1alpha1",
  "later": ["a field of", "another version <&>"],
  "metadata": { "name": "a" },
  "spec": {
    "pools": [
      { "name": "workers", "count": 2, "labels": {} },
      {
        "name": "big",
        "count": 1
      }
    ]
  }
}
`

const commented = `# The cluster of the docs.
metadata:
  name: a # its name
spec:
  pools:
    # The first.
    - name: workers
      count: 2 # enough
    - name: big
      count: 1
`

// edit changes a document and returns it.
func edit(t *testing.T, text string, change func(*Document) error) string {
	t.Helper()
	d, err := ParseDocument("c", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	if err := change(d); err != nil {
		t.Fatal(err)
	}
	out, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestDocument_KeepsWhatIsNotChanged(t *testing.T) {
	for _, text := range []string{handwritten, commented} {
		if diff := cmp.Diff(text, edit(t, text, func(*Document) error { return nil })); diff != "" {
			t.Errorf("without a change (-want +got):\n%s", diff)
		}
	}
}

func TestDocument_ChangesOnePlace(t *testing.T) {
	scale := func(d *Document) error { return d.ScalePool("workers", 5, 1, 9) }
	fixed := func(d *Document) error { return d.ScalePool("big", 3, 0, 0) }
	add := func(d *Document) error {
		return d.AddPool(Pool{Name: "gpu", Count: 1, Machine: Machine{Type: "g2-standard-4"}})
	}
	drop := func(d *Document) error { return d.RemovePool("big") }
	for name, test := range map[string]struct {
		text     string
		change   func(*Document) error
		old, new string
	}{
		"JSON, on one line": {handwritten, scale, `"count": 2, "labels": {} }`, `"count": 5, "labels": {}, "min": 1, "max": 9 }`},
		"JSON, on several":  {handwritten, fixed, `"count": 1`, `"count": 3`},
		"JSON, added": {handwritten, add, "        \"count\": 1\n      }\n",
			"        \"count\": 1\n      },\n      { \"name\": \"gpu\", \"count\": 1, \"machine\": { \"type\": \"g2-standard-4\" } }\n"},
		"JSON, removed": {handwritten, drop, ",\n      {\n        \"name\": \"big\",\n        \"count\": 1\n      }", ""},
		"YAML":          {commented, scale, "count: 2 # enough\n", "count: 5 # enough\n      min: 1\n      max: 9\n"},
		"YAML, added":   {commented, add, "count: 1\n", "count: 1\n    - name: gpu\n      count: 1\n      machine:\n        type: g2-standard-4\n"},
		"YAML, removed": {commented, drop, "    - name: big\n      count: 1\n", ""},
	} {
		want := strings.Replace(test.text, test.old, test.new, 1)
		if want == test.text {
			t.Fatalf("%s: the test changes nothing", name)
		}
		if diff := cmp.Diff(want, edit(t, test.text, test.change)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestDocument_WritesOutTheDefaultPoolToChangeIt(t *testing.T) {
	got := edit(t, "metadata: {name: a}\n", func(d *Document) error { return d.ScalePool("workers", 7, 0, 0) })
	if want := "metadata: {name: a}\nspec:\n  pools:\n    - name: workers\n      count: 7\n"; got != want {
		t.Errorf("got\n%s", got)
	}
}

func TestDocument_NamesThePoolsThereAre(t *testing.T) {
	d, err := ParseDocument("c", []byte(commented))
	if err != nil {
		t.Fatal(err)
	}
	for what, err := range map[string]error{
		`no pool "worker"; did you mean "workers"?; there is workers, big`: d.ScalePool("worker", 1, 0, 0),
		`there is a pool "big" already`:                                    d.AddPool(Pool{Name: "big"}),
		`no pool "small"`:                                                  d.RemovePool("small"),
	} {
		if err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("error %v, want %q in it", err, what)
		}
	}
	if _, err := ParseDocument("c", []byte("[1]")); err == nil {
		t.Error("a list was taken for a config")
	}
}
