package plan_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

func TestChange_IsShownInOneLine(t *testing.T) {
	long := strings.Repeat("x", 300)
	for _, test := range []struct {
		change plan.Change
		want   string
	}{
		{plan.Change{Path: "size", Old: "50", New: "100"}, "size: 50 -> 100"},
		{plan.Change{Path: "labels.a", New: "b"}, "labels.a: (none) -> b"},
		{plan.Change{Path: "labels.a", Old: "b"}, "labels.a: b -> (none)"},
		{plan.Change{Path: "tags"}, "tags"},
		{plan.Change{Path: "a", Old: long + "-1-" + long, New: long + "-2-" + long}, "a: …xxxxx-1-xxxxx… -> …xxxxx-2-xxxxx…"},
		{plan.Change{Path: "a", Old: long, New: "short"}, "a: " + strings.Repeat("x", 24) + "…" + strings.Repeat("x", 23) + " -> short"},
	} {
		got := test.change.Shown(60)
		if got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
		if utf8.RuneCountInString(got) > 60 {
			t.Errorf("%s is wider than 60", got)
		}
	}
}

func TestPrint_ShowsBothValuesWhereThePathIsLong(t *testing.T) {
	p := &plan.Plan{Cluster: "demo", Addons: []plan.Object{{Op: plan.Update, Ref: "Deployment kube-system/coredns", Fields: []string{
		"spec.replicas: 1 -> 2",
		"spec.template.spec.volumes[config].configMap.name: coredns-5626m6dt56 -> coredns-7gg9h9bbdf",
		"data: (hidden)",
	}}}}
	p.Settle(nil)
	want := `  ~ Deployment kube-system/coredns
      spec.replicas: 1 -> 2
      spec.template.spec.volumes[config].configMap.name:
        coredns-5626m6dt56 -> coredns-7gg9h9bbdf
      data: (hidden)
`
	if got := print(t, p); !strings.Contains(got, want) {
		t.Errorf("it printed\n%s", got)
	}
}

func TestShorten_KeepsWhatDiffers(t *testing.T) {
	same := strings.Repeat("0123456789", 100)
	for _, test := range [][2]string{
		{same + "a", same + "b"}, {"a" + same, "b" + same}, {same, same + "!"}, {same + same, same + "?" + same},
		{strings.Repeat("ä", 500), strings.Repeat("ä", 499)}, {same, ""}, {"", same},
	} {
		a, b := plan.Shorten(test[0], test[1], 40)
		if a == b {
			t.Errorf("both are %q", a)
		}
		for _, text := range []string{a, b} {
			if utf8.RuneCountInString(text) > 40 || !utf8.ValidString(text) {
				t.Errorf("%q is not cut", text)
			}
		}
	}
	if a, b := plan.Shorten("abc", "abd", 3); a != "abc" || b != "abd" {
		t.Errorf("what is short enough became %q and %q", a, b)
	}
}
