package choice

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

type block struct{}

func (*block) Default(*config.Cluster)                        {}
func (*block) Validate(*config.Cluster) []config.FieldProblem { return nil }

// edited is what becomes of a config whose spec.addons, or all of the spec's
// end, is as given.
func edited(t *testing.T, spec string, change func(*config.Document, *config.Cluster) ([]string, error)) (text string, notes []string, err error) {
	t.Helper()
	before := "apiVersion: kubernetes-anywhere.io/v1alpha1\nkind: Cluster\nmetadata: {name: a}\nspec:\n  target: local # mine\n" + spec
	load := func(text string) *config.Cluster {
		cluster, report := config.Load("c.yaml", []byte(text), map[string]func() config.Block{"local": func() config.Block { return &block{} }})
		if len(report.Problems) > 0 {
			t.Fatalf("%s\nis not right: %+v", text, report.Problems)
		}
		return cluster
	}
	doc, err := config.ParseDocument("c.yaml", []byte(before))
	if err != nil {
		t.Fatal(err)
	}
	notes, err = change(doc, load(before))
	after, broken := doc.Bytes()
	if broken != nil {
		t.Fatal(broken)
	}
	load(string(after))
	_, rest, _ := strings.Cut(string(after), "target: local # mine\n")
	return rest, notes, err
}

func TestEnable_SaysItInTheFewestWords(t *testing.T) {
	for _, test := range []struct {
		name, spec, addon, want, says string
	}{
		{"one that is not listed", "", "headlamp", "  addons:\n    - name: headlamp\n", ""},
		{"one more", "  addons:\n    # why\n    - name: fluent-bit\n", "headlamp", "  addons:\n    # why\n    - name: fluent-bit\n    - name: headlamp\n", ""},
		{"one that was disabled and is there by default", "  addons:\n    - name: metrics-server\n      enabled: false\n", "metrics-server", "", ""},
		{"one that was disabled", "  addons:\n    - name: headlamp # ours\n      enabled: false\n", "headlamp", "  addons:\n    - name: headlamp # ours\n", ""},
		{"one of the user's own", "  addons:\n    - name: mine\n      path: mine\n      enabled: false\n", "mine", "  addons:\n    - name: mine\n      path: mine\n", ""},
		{"one that is there", "", "metrics-server", "", "enabled already"},
		{"one in the user's hands", "  addons:\n    - name: headlamp\n      unmanaged: true\n", "headlamp", "  addons:\n    - name: headlamp\n", "looked after again"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, notes, err := edited(t, test.spec, func(d *config.Document, c *config.Cluster) ([]string, error) {
				return Enable(d, c, []string{test.addon})
			})
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" || !strings.Contains(strings.Join(notes, "\n"), test.says) {
				t.Errorf("%v %q\n%s", err, notes, diff)
			}
		})
	}
}

func TestDisable_SaysItInTheFewestWords(t *testing.T) {
	for _, test := range []struct {
		name, spec, addons, want, says string
		unmanaged                      bool
	}{
		{"one that is there by default", "", "metrics-server", "  addons:\n    - name: metrics-server\n      enabled: false\n", "", false},
		{"one that was listed", "  addons:\n    - name: headlamp\n    - name: fluent-bit\n", "headlamp", "  addons:\n    - name: fluent-bit\n", "", false},
		{"the last that was listed", "  addons:\n    - name: headlamp\n", "headlamp", "", "", false},
		{"one of the user's own", "  addons:\n    - name: mine\n      path: mine\n", "mine", "  addons:\n    - name: mine\n      path: mine\n      enabled: false\n", "", false},
		{"one that is not there", "", "headlamp", "", "not enabled", false},
		{"a required one, to be the user's", "", "coredns", "  addons:\n    - name: coredns\n      unmanaged: true\n", "", true},
		{"one that is the user's", "  addons:\n    - name: headlamp\n      unmanaged: true\n", "headlamp", "", "stays in the cluster", false},
		{"one of every cluster that is the user's", "  addons:\n    - name: metrics-server\n      unmanaged: true\n", "metrics-server", "  addons:\n    - name: metrics-server\n      enabled: false\n", "stays in the cluster", false},
		{"two", "  addons:\n    - name: headlamp\n", "headlamp metrics-server", "  addons:\n    - name: metrics-server\n      enabled: false\n", "", false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, notes, err := edited(t, test.spec, func(d *config.Document, c *config.Cluster) ([]string, error) {
				return Disable(d, c, strings.Fields(test.addons), test.unmanaged)
			})
			if diff := cmp.Diff(test.want, got); err != nil || diff != "" || !strings.Contains(strings.Join(notes, "\n"), test.says) {
				t.Errorf("%v %q\n%s", err, notes, diff)
			}
		})
	}
}

func TestChoice_RefusesWithTheWayOut(t *testing.T) {
	on, off := true, false
	for _, test := range []struct {
		enable      bool
		spec, names string
		want        string
	}{
		{on, "", "metric-server", `there is no addon "metric-server"; did you mean "metrics-server"?`},
		{on, "", "aws-ebs-csi", "aws-ebs-csi is for target aws, not for local"},
		{on, "", "flannel", "kubectl anywhere network switch flannel"},
		{off, "", "nothing-like-it", `there is no addon "nothing-like-it"`},
		{off, "", "coredns", "kubectl anywhere addons disable coredns --unmanaged"},
		{off, "  network: {policy: kube-network-policies}\n", "kube-network-policies", "config set spec.network.policy-"},
		{off, "", "headlamp metric-server", "did you mean"},
	} {
		got, _, err := edited(t, test.spec, func(d *config.Document, c *config.Cluster) ([]string, error) {
			if test.enable {
				return Enable(d, c, strings.Fields(test.names))
			}
			return Disable(d, c, strings.Fields(test.names), false)
		})
		if err == nil || !strings.Contains(err.Error(), test.want) || got != test.spec {
			t.Errorf("%s: got %v, and the config\n%s", test.names, err, got)
		}
	}
}
