package wizard

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func TestWizard_WritesOnlyWhatIsNotTheDefault(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "summary", "metadata.name=a", "spec.controlPlane.count=1", "spec.network.podCIDR=10.244.0.0/16", "spec.network.nodeCIDR=10.50.0.0/24")
	want := `{
  "$schema": "https://raw.githubusercontent.com/kubernetes-anywhere/kubernetes-anywhere/main/docs/reference/cluster.schema.json",
  "apiVersion": "kubernetes-anywhere.io/v1alpha1",
  "kind": "Cluster",
  "metadata": { "name": "a" },
  "spec": {
    "target": "local",
    "network": {
      "nodeCIDR": "10.50.0.0/24"
    }
  }
}
`
	if diff := cmp.Diff(want, text(t, w.Draft())); diff != "" {
		t.Error(diff)
	}
}

func TestWizard_AsksWhatMustBeWrittenFirstAndWhatDependsAfterwards(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "spec.cloud.project", "spec.target=cloud")
	for _, next := range []string{"spec.cloud.region", "spec.cloud.zones", "spec.cloud.key", "spec.controlPlane.count"} {
		if w.Question().ID == "spec.cloud.project" {
			if err := w.Answer(""); err == nil || !strings.Contains(err.Error(), "is missing\nfix: write one, such as my-project") {
				t.Errorf("no project is taken: %v", err)
			}
			if err := w.Answer("p"); err != nil {
				t.Fatal(err)
			}
		} else if err := w.Answer(""); err != nil {
			t.Fatal(err)
		}
		if got := w.Question().ID; got != next {
			t.Errorf("asked about %s, want %s", got, next)
		}
	}
}

func TestWizard_ChangesLaterChoicesByEarlierAnswers(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "spec.cloud.key", "spec.target=cloud", "spec.cloud.project=p", "spec.cloud.region=south", "spec.cloud.zones=south-b")
	w.Back()
	if q := w.Question(); q.Default != "south-a,south-b" || cmp.Diff([]string{"south-a", "south-b", "south-c"}, q.Suggestions) != "" || q.Value != "south-b" {
		t.Errorf("got %+v", q)
	}
	w.Back()
	if err := w.Answer("north"); err != nil {
		t.Fatal(err)
	}
	if q := w.Question(); q.ID != "spec.cloud.zones" || q.Value != "" || q.Default != "north-a,north-b" {
		t.Errorf("got %+v", q)
	}
	if notes := strings.Join(w.Notes(), "\n"); !strings.Contains(notes, "spec.cloud.zones is at its default again") {
		t.Errorf("notes %q", notes)
	}
	for w.Question().ID != "spec.target" {
		w.Back()
	}
	if err := w.Answer("local"); err != nil {
		t.Fatal(err)
	}
	if notes := strings.Join(w.Notes(), "\n"); !strings.Contains(notes, "the target leaves out spec.cloud") || strings.Contains(text(t, w.Draft()), "project") {
		t.Errorf("notes %q, and\n%s", notes, text(t, w.Draft()))
	}
}

func TestWizard_RefusesAWrongAnswerAndChangesNothing(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "spec.network.podCIDR")
	before := text(t, w.Draft())
	for answer, want := range map[string]string{"10.244.0.0": "10.244.0.0", "10.244.0.1/16": "10.244.0.0/16"} {
		check, err := w.Check(answer), w.Answer(answer)
		var refused *Refused
		if !errors.As(err, &refused) || check == nil || !strings.Contains(err.Error(), "fix: ") || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v", answer, check, err)
		}
	}
	if w.Question().ID != "spec.network.podCIDR" || text(t, w.Draft()) != before {
		t.Errorf("at %s with\n%s", w.Question().ID, text(t, w.Draft()))
	}
}

func TestWizard_TellsOfWhatAnAnswerDoesToTheWhole(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "spec.pools[0].count", "spec.pools=edit workers")
	if err := w.Answer("30"); err == nil || !strings.Contains(err.Error(), "more than 9 nodes do not fit") {
		t.Errorf("error %v", err)
	}
	if err := w.Answer("many"); err == nil || !strings.Contains(err.Error(), `"many" is no whole number`) {
		t.Errorf("error %v", err)
	}
}

func TestWizard_AddsEditsAndRemovesPools(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "summary", "spec.pools=add", "spec.pools[1].name=gpu", "spec.pools[1].count=1",
		"spec.pools=more gpu", "spec.pools[1].labels=example.com/disk=ssd,a=b", "spec.pools[1].taints=add",
		"spec.pools[1].taints[0].key=gpu", "spec.pools[1].taints[0].effect=NoSchedule", "spec.pools[1].taints=go on",
		"spec.pools=edit workers", "spec.pools[0].count=3", "spec.pools=go on")
	for _, want := range []string{
		`{ "name": "workers", "count": 3 }`, `"a": "b"`, `"example.com/disk": "ssd"`, `"effect": "NoSchedule"`,
	} {
		if got := text(t, w.Draft()); !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s", want, got)
		}
	}
	if err := w.Draft().Err(); err != nil {
		t.Error(err)
	}
	for w.Question().ID != "spec.pools" {
		w.Back()
	}
	say(t, w, "summary", "spec.pools=remove workers", "spec.pools=remove gpu", "spec.pools=go on")
	if got := text(t, w.Draft()); !strings.Contains(got, `"pools": []`) {
		t.Errorf("a cluster without workers is\n%s", got)
	}
}

func TestWizard_ForgetsAnItemThatWasNotFinished(t *testing.T) {
	w := Start(fresh(t), false, nil)
	say(t, w, "spec.pools")
	before := w.Question()
	if err := w.Answer("add"); err != nil {
		t.Fatal(err)
	}
	w.Back()
	if diff := cmp.Diff(before, w.Question()); diff != "" {
		t.Error(diff)
	}
}

func TestWizard_LeavesOutWhatTheTargetRefuses(t *testing.T) {
	d := fresh(t)
	titles := func() string {
		var out []string
		for _, p := range d.parts() {
			first, more := d.asked(p)
			for _, s := range append(first, more...) {
				out = append(out, s.id)
			}
		}
		return strings.Join(out, " ")
	}
	if got := titles(); strings.Contains(got, "machine") || strings.Contains(got, "etcdDiskGB") {
		t.Errorf("local is asked about %s", got)
	}
	if _, err := d.Answer("spec.target", "cloud"); err != nil {
		t.Fatal(err)
	}
	if got := titles(); !strings.Contains(got, "spec.controlPlane.machine.type") || !strings.Contains(got, "spec.controlPlane.etcdDiskGB") {
		t.Errorf("a cloud is asked about %s", got)
	}
}

func TestWizard_AsksAboutEveryFieldSomewhere(t *testing.T) {
	for _, target := range []string{"local", "cloud"} {
		d := fresh(t)
		if _, err := d.Answer("spec.target", target); err != nil {
			t.Fatal(err)
		}
		known := map[string]bool{"$schema": true, "apiVersion": true, "kind": true}
		for _, p := range d.parts() {
			first, more := d.asked(p)
			for _, s := range append(first, more...) {
				known[s.path] = true
			}
		}
		for f := range d.schema.All() {
			ours := f.Block == "" || f.Block == target
			refused := ofMachines()[f.Path] && !d.makesMachines(target)
			if f.Name == "" || !f.IsLeaf() || !ours || refused || strings.Contains(f.Path, "[") || known[f.Path] {
				continue
			}
			t.Errorf("%s: nobody asks about %s", target, f.Path)
		}
	}
}

func TestWizard_OffersWhatIsLeftOnceEach(t *testing.T) {
	d := fresh(t)
	if _, err := d.Answer("spec.target", "cloud"); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, g := range d.further() {
		if seen[g.title] || len(g.steps) == 0 {
			t.Errorf("%q is offered twice, or for nothing", g.title)
		}
		seen[g.title] = true
	}
	for _, want := range []string{"Target cloud: access", "Control plane: snapshots", "Images"} {
		if !seen[want] {
			t.Errorf("%q is not among %v", want, seen)
		}
	}
	w := Start(d, false, nil)
	w.frames[0].at = "further settings"
	if err := w.Answer("Target cloud: access"); err != nil {
		t.Fatal(err)
	}
	if got := w.Question(); got.ID != "spec.cloud.access.apiCIDRs" || got.Title != "API CIDRs" {
		t.Errorf("asked %+v", got)
	}
	say(t, w, "further settings", "spec.cloud.access.apiCIDRs=10.0.0.0/8, 10.1.0.0/16")
	if got := text(t, w.Draft()); !strings.Contains(got, `"apiCIDRs": ["10.0.0.0/8", "10.1.0.0/16"]`) {
		t.Errorf("got\n%s", got)
	}
}

func TestWizard_GoesToWhatIsMissingOnly(t *testing.T) {
	d := fresh(t)
	if err := d.Set("spec.target", "cloud"); err != nil {
		t.Fatal(err)
	}
	w := Start(d, true, nil)
	if got := w.Question().ID; got != "spec.cloud.project" {
		t.Fatalf("asked about %s first", got)
	}
	if err := w.Answer("p"); err != nil {
		t.Fatal(err)
	}
	if got := w.Question().ID; got != "summary" {
		t.Errorf("asked about %s then", got)
	}
	w.Back()
	if got := w.Question().ID; got != "spec.cloud.project" {
		t.Errorf("back is %s", got)
	}
}

func TestWizard_LeadsFromTheSummaryToWhatIsWrong(t *testing.T) {
	d := open(t, "apiVersion: kubernetes-anywhere.io/v1alpha1\nkind: Cluster\nmetadata: {name: a}\nspec:\n  pools:\n    - name: a\n      count: -1\n")
	w := Start(d, false, nil)
	w.frames[0].at = "summary"
	q := w.Question()
	if q.Options[0].Value != "mend 1" || !strings.Contains(q.Body, "spec.pools[0].count") {
		t.Fatalf("got %+v", q)
	}
	if err := w.Check("write"); err == nil {
		t.Error("it can be written although it is wrong")
	}
	if err := w.Answer("mend 1"); err != nil {
		t.Fatal(err)
	}
	if got := w.Question().ID; got != "spec.pools[0].count" {
		t.Fatalf("asked about %s", got)
	}
	if err := w.Answer("2"); err != nil {
		t.Fatal(err)
	}
	if err := w.Answer(""); err != nil || w.End() != Write {
		t.Errorf("%v, ended as %v at %+v", err, w.End(), w.Question())
	}
}

func TestWizard_ShowsTheSummary(t *testing.T) {
	bill := func(c *config.Cluster) []string { return []string{"1     small"} }
	w := Start(fresh(t), false, bill)
	say(t, w, "summary", "spec.target=cloud", "spec.cloud.project=p", "spec.controlPlane.count=3")
	body := w.Question().Body
	for _, want := range []string{
		`Cluster "anywhere" on target "cloud", Kubernetes v1.37.1`, "3 control planes, 2 workers (workers 2)", "pods 10.244.0.0/16",
		"Billed while the cluster exists:\n  1     small", "spec.controlPlane.count: 3 (default 1)", "spec.cloud.project: p\n", `"project": "p"`,
	} {
		if !strings.Contains(body, want) {
			t.Errorf("%q is not in\n%s", want, body)
		}
	}
}
