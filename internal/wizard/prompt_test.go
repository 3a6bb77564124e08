package wizard

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// prompt feeds lines to a wizard, and gives what it printed.
func prompt(t *testing.T, w *Wizard, typed bool, lines ...string) (string, error) {
	t.Helper()
	var out strings.Builder
	err := Prompt(w, strings.NewReader(strings.Join(lines, "\n")+"\n"), &out, typed)
	return out.String(), err
}

func TestPrompt_TakesDefaultsForEmptyLines(t *testing.T) {
	w := Start(fresh(t), false, nil)
	out, err := prompt(t, w, false, strings.Repeat("\n", 40))
	if err != nil || w.End() != Write {
		t.Fatalf("%v, ended as %v:\n%s", err, w.End(), out)
	}
	for line := range strings.SplitSeq(out, "\n") {
		if len([]rune(line)) > 80 && !strings.Contains(line, "$schema") {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	for _, want := range []string{"== Network ==", "Pod CIDR  (spec.network.podCIDR)", "[10.244.0.0/16] > ", "1) Write .config.json"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in\n%s", want, out)
		}
	}
	if strings.Contains(out, "\x1b") {
		t.Error("there are control characters in it")
	}
}

func TestPrompt_TakesNumbersValuesAndTheWayBack(t *testing.T) {
	w := Start(fresh(t), false, nil)
	out, err := prompt(t, w, true,
		"a", "2", "<", "cloud", "", // the target: by its number, again by its name
		"", "p", "south", // a project is missing, then it is there
		"<", "-", "", "", // the region is taken back; zones and key are as they are
		"3", "large", // 3 is a value here, no position
		"", "none", strings.Repeat("\n", 20))
	if err != nil || w.End() != Write {
		t.Fatalf("%v, ended as %v:\n%s", err, w.End(), out)
	}
	got := text(t, w.Draft())
	for _, want := range []string{`"name": "a"`, `"target": "cloud"`, `"project": "p"`, `"count": 3`, `"type": "large"`} {
		if !strings.Contains(got, want) {
			t.Errorf("%s is not in\n%s\nafter\n%s", want, got, out)
		}
	}
	if strings.Contains(got, "south") {
		t.Errorf("the region was not taken back:\n%s", got)
	}
	if !strings.Contains(out, "  ! is missing\n    fix: write one") {
		t.Errorf("what is missing is not told:\n%s", out)
	}
}

func TestPrompt_FitsEightyColumns(t *testing.T) {
	w := Start(fresh(t), false, nil)
	out, err := prompt(t, w, false, "", "cloud", "", "p", "", "", "", "", "", "", "add", "a-pool-of-twenty-let", "1", "", "go on", strings.Repeat("\n", 20))
	if err != nil || !strings.Contains(out, "More of a-pool-of-twenty-let") {
		t.Fatalf("%v\n%s", err, out)
	}
	for line := range strings.SplitSeq(out, "\n") {
		if len([]rune(line)) > 80 && !strings.Contains(line, "$schema") {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
}

func TestPrompt_EndsWhereTheInputEnds(t *testing.T) {
	w := Start(fresh(t), false, nil)
	_, err := prompt(t, w, false, "a", "cloud")
	var incomplete *Incomplete
	var problems *diag.Error
	if !errors.As(err, &incomplete) || !errors.As(err, &problems) || !strings.Contains(problems.Error(), "spec.cloud") {
		t.Fatalf("error %v", err)
	}
	if w.End() != Asking {
		t.Errorf("ended as %v", w.End())
	}
	_, err = prompt(t, Start(fresh(t), false, nil), false, "a")
	if !errors.As(err, &incomplete) || incomplete.Problems != nil || !strings.Contains(err.Error(), `ended at the question "Target"`) {
		t.Errorf("error %v", err)
	}
}

func TestPrompt_TakesNoLineOfAProgramForAnotherQuestion(t *testing.T) {
	w := Start(fresh(t), false, nil)
	_, err := prompt(t, w, false, "Not_A_Name", "local")
	if err == nil || !strings.Contains(err.Error(), `answering "Name" with "Not_A_Name"`) || w.End() != Asking {
		t.Errorf("error %v", err)
	}
}
