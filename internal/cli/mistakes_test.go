package cli

import (
	"strings"
	"testing"
)

// mistaken are calls that cannot be carried out, and what each is told: all that
// is wrong with it, and what to type.
func mistaken() map[string][]string {
	const help = "--help"
	return map[string][]string{
		"create --timeout 0s --timeline x.txt -f none.json":               {"--timeout 0s", "--timeline x.txt", "open none.json", "'kubectl anywhere config -f none.json' writes it"},
		"create --timeout 0s -f bad.json":                                 {"error: --timeout 0s", "spec.target", "fix: write one of"},
		"provision --timeout 0s -f none.json":                             {"--timeout 0s", "open none.json"},
		"provision --bundle none.kit -f c.json":                           {"none.kit", "'kubectl anywhere images bundle --out FILE'"},
		"provision --bundle c.json -f c.json":                             {"neither a kit nor an archive", "'kubectl anywhere images bundle --out FILE'"},
		"delete -o xml -f none.json":                                      {"--output xml", "open none.json"},
		"delete nope":                                                     {`there is no cluster "nope"`, "'kubectl anywhere create'"},
		"certs -o xml nope":                                               {"--output xml", `there is no cluster "nope"`},
		"certs renew --timeout 0s nope":                                   {"--timeout 0s", `there is no cluster "nope"`},
		"certs rotate-ca --all --step sideways --timeout=-1s -f bad.json": {"--timeout -1s", "--step sideways", "leave --step out, or --all", "spec.target"},
		"etcd restore none.db --timeout 0s -f none.json":                  {"--timeout 0s", `there is no snapshot "none.db"`, "open none.json"},
		"network switch cilium -o xml --timeout 0s":                       {"--timeout 0s", "--output xml", "add --plan"},
		"addons apply --timeout 0s nope":                                  {"--timeout 0s", `there is no cluster "nope"`},
		"addons list -o xml nope":                                         {"--output xml", `there is no cluster "nope"`},
		"addons enable headlamp":                                          {"there is no config to change", "'kubectl anywhere create' makes one"},
		"pool scale workers --timeout 0s":                                 {"--count", "--timeout 0s"},
		"pool scale workers --count 2":                                    {"there is no pool to change", "'kubectl anywhere create' makes one"},
		"pool add x --taints a --taints b --timeout 0s":                   {"--taints a:", "--taints b:", "--timeout 0s"},
		"kubeconfig --kubeconfig x --switch-context nope":                 {"--kubeconfig names", "--switch-context is", `there is no cluster "nope"`},
		"images bundle -f c.json":                                         {"no clone of this repository", "--repo FOLDER"},
		"images push":                                                     {"--to is missing", help},
		"status -q -v":                                                    {"leave one of them out", help},
		"status nope two":                                                 {"one cluster, not 2", help},
		"completion uninstall bash":                                       {`unknown command or argument "bash"`, help},
	}
}

func TestMistakes_AreAllToldAtOnceWithWhatToType(t *testing.T) {
	for line, says := range mistaken() {
		t.Run(line, func(t *testing.T) {
			b := newBench(t)
			write(t, "c.json", nil)
			place(t, "bad.json", `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "a"}, "spec": {"target": "gpc"}}`)
			b.err.Reset()
			if code := Run(t.Context(), b.env, strings.Fields(line)); code != ExitUsage {
				t.Errorf("exit %d, want %d", code, ExitUsage)
			}
			t.Log(b.err.String())
			has(t, b.err.String(), says...)
			if !advice.MatchString(b.err.String()) && !strings.Contains(b.err.String(), "fix: ") {
				t.Error("nothing is there to type")
			}
			b.untouched(t)
		})
	}
}

func TestMistakes_AreRecordsToAProgram(t *testing.T) {
	b := newBench(t)
	place(t, "bad.json", `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "a"}, "spec": {"target": "gpc"}}`)
	_, records := b.said(t, "create --timeout 0s -f bad.json --log-format json")
	if len(records) != 2 || !strings.Contains(records[0]["msg"].(string), "--timeout 0s") || records[1]["path"] != "spec.target" {
		t.Errorf("got %v", records)
	}
}

func TestNoState_NamesTheConfigToCreate(t *testing.T) {
	b := newBench(t)
	file := write(t, "my own.json", nil)
	code, _, stderr := b.run(t, "kubeconfig", "-f", file)
	if code != ExitFailed {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "has no state at", `'kubectl anywhere create -f 'my own.json'' makes it`)
}

func TestFold_BreaksBetweenWordsAndNeverWhatIsTyped(t *testing.T) {
	for _, test := range []struct {
		text  string
		width int
		want  string
	}{
		{"one two three", 0, "one two three"},
		{"one two three", 13, "one two three"},
		{"one two three", 8, "one two\n  three"},
		{"one 'two three'; four", 10, "one\n  'two three';\n  four"},
		{"a cluster's config ('x y') here", 14, "a cluster's\n  config\n  ('x y') here"},
		{"first line\nsee 'x --help'", 12, "first line\nsee\n  'x --help'"},
	} {
		if got := fold(test.text, test.width); got != test.want {
			t.Errorf("%q in %d columns: %q, want %q", test.text, test.width, got, test.want)
		}
	}
}
