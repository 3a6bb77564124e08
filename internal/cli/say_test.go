package cli

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
)

// said runs a command as the process does, and takes each line of the error
// stream as a record.
func (b *bench) said(t *testing.T, line string) (code int, records []map[string]any) {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	code = Run(t.Context(), b.env, strings.Fields(line))
	t.Logf("kubectl anywhere %s exited %d\n%s%s", line, code, b.out.String(), b.err.String())
	for text := range strings.Lines(b.err.String()) {
		record := map[string]any{}
		if err := json.Unmarshal([]byte(text), &record); err != nil {
			t.Fatalf("%q is no record: %v", text, err)
		}
		for _, field := range []string{"time", "level", "msg"} {
			if record[field] == nil || record[field] == "" {
				t.Errorf("no %s in %s", field, text)
			}
		}
		records = append(records, record)
	}
	return code, records
}

func TestLogFormat_HasEveryLineBeARecord(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, all := b.said(t, "provision -f "+file+" --log-format json")
	if code != 0 || len(all) < 6 || all[0]["phase"] == nil || fmt.Sprint(all[0]["step"], all[0]["steps"]) != "1 2" {
		t.Fatalf("exit %d, %v", code, all)
	}
	if last := all[len(all)-1]; last["msg"] != "Next: kubectl anywhere create a   # goes on from here" || last["level"] != "info" {
		t.Errorf("at last %v", last)
	}
	code, all = b.said(t, "delete a -q --log-format=json -o json")
	if code != 0 || len(all) > 0 || !strings.Contains(b.out.String(), `"kind": "Receipt"`) {
		t.Errorf("quiet: exit %d, %v, %s", code, all, b.out.String())
	}
}

func TestLogFormat_HasErrorsBeRecordsToo(t *testing.T) {
	b := newBench(t)
	b.problems = []diag.Problem{{Message: "no room", Fix: "make some"}}
	file := write(t, "c.json", nil)
	for line, want := range map[string]string{
		"status nope --log-format json":                  `error|there is no cluster "nope": none was created yet; 'kubectl anywhere create' makes one|2`,
		"status --bogus --log-format json":               "error|unknown flag: --bogus\nSee 'kubectl anywhere status --help'|2",
		"version extra --log-format=json":                "error|unknown command or argument \"extra\" for \"kubectl anywhere version\"\nSee 'kubectl anywhere version --help'|2",
		"provision --log-format json -f " + file:         "error|no room|2",
		"provision --log-format json --quiet -f " + file: "error|no room|2",
	} {
		code, all := b.said(t, line)
		if len(all) == 0 {
			t.Fatalf("%s: nothing is said", line)
		}
		last := all[len(all)-1]
		if got := fmt.Sprint(last["level"], "|", last["msg"], "|", last["exitCode"]); got != want || code != 2 {
			t.Errorf("%s: exit %d, %q, want %q", line, code, got, want)
		}
	}
	_, all := b.said(t, "provision --log-format json -f "+file)
	if last := all[len(all)-1]; last["fix"] != "make some" {
		t.Errorf("the fix is not told: %v", last)
	}
}

func TestLogFormat_TellsTheStepThatFailedAndWhatToType(t *testing.T) {
	b := newBench(t)
	b.world.Fault(enginetest.Create, "a-workers-1", enginetest.Fail("no room"))
	code, all := b.said(t, "create --timeout 2s --log-format json -f "+write(t, "c.json", nil))
	last := all[len(all)-1]
	if code == 0 || last["level"] != "error" || last["phase"] == nil || last["step"] == nil || !strings.Contains(fmt.Sprint(last["next"]), "kubectl anywhere delete a") {
		t.Errorf("exit %d, %v", code, last)
	}
}

func TestQuiet_SaysOnlyWhatWasAskedForAndErrors(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	if code := Run(t.Context(), b.env, strings.Fields("provision -q -f "+file)); code != 0 || b.err.String()+b.out.String() != "" {
		t.Errorf("exit %d, %q, %q", code, b.out.String(), b.err.String())
	}
	if code := Run(t.Context(), b.env, strings.Fields("preview -q")); code != 0 || b.err.String() != "" || !strings.Contains(b.out.String(), "unchanged") {
		t.Errorf("exit %d, %q, %q", code, b.out.String(), b.err.String())
	}
	if code := Run(t.Context(), b.env, strings.Fields("status -q nope")); code != ExitUsage || !strings.HasPrefix(b.err.String(), "error: there is no cluster") {
		t.Errorf("exit %d, %q", code, b.err.String())
	}
}
