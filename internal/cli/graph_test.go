package cli

import (
	"encoding/json"
	"encoding/xml"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/timeline"
)

func TestGraph_DrawsAClusterThatDoesNotExistAndTouchesNothing(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, out, _ := b.run(t, "graph", "-f", file)
	if code != 0 || !strings.HasPrefix(out, "<svg ") || !strings.Contains(out, "as it will be") || !strings.Contains(out, ">a-control-plane-1<") {
		t.Errorf("exit %d:\n%s", code, out)
	}
	if err := xml.Unmarshal([]byte(out), new(any)); err != nil {
		t.Errorf("the picture is no XML: %v", err)
	}
	b.untouched(t)
}

func TestGraph_DrawsWhatExistsByItsStateAndMarksWhatIsNotWell(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	if code, _, _ := b.run(t, "provision", "-f", file); code != 0 {
		t.Fatal("provision failed")
	}
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"graph", "a", "-o", "mermaid"}, `plane1["a-control-plane-1<br>192.0.2.1"]:::made`},
		{[]string{"graph", "a", "-o", "mermaid", "--planned"}, `plane1["a-control-plane-1"]:::planned`},
		{[]string{"graph", "a", "-o", "mermaid", "--health"}, `plane1["a-control-plane-1<br>192.0.2.1<br>✕ booting"]:::sick`},
		{[]string{"graph", "a", "-o", "dot"}, "digraph"},
	} {
		code, out, _ := b.run(t, test.args...)
		if code != 0 || !strings.Contains(out, test.want) {
			t.Errorf("%q lacks %s", test.args, test.want)
		}
	}
	code, out, said := b.run(t, "graph", "a", "--to", "a.svg")
	picture, err := os.ReadFile("a.svg")
	if code != 0 || out != "" || !strings.Contains(said, "a.svg") || err != nil || !strings.Contains(string(picture), "as it exists") {
		t.Errorf("exit %d, %q, %q, %v", code, out, said, err)
	}
}

func TestGraph_RefusesWhatItCannotDo(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	for _, args := range [][]string{
		{"graph", "-f", file, "-o", "png"}, {"graph", "-f", file, "--planned", "--health"}, {"create", "-f", file, "--timeline", "a.png"},
	} {
		if code, _, _ := b.run(t, args...); code != 2 {
			t.Errorf("%q exits %d", args, code)
		}
	}
	b.untouched(t)
}

func TestCreate_DrawsWhatHappenedWhenItFails(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	code, _, said := b.run(t, "create", "-f", file, "--timeout", "3s", "--timeline", "a.json")
	if code != 124 || !strings.Contains(said, "The timeline is in a.json") {
		t.Errorf("exit %d:\n%s", code, said)
	}
	data, err := os.ReadFile("a.json")
	if err != nil {
		t.Fatal(err)
	}
	var drawn timeline.Timeline
	if err := json.Unmarshal(data, &drawn); err != nil {
		t.Fatal(err)
	}
	last := drawn.Phases[len(drawn.Phases)-1]
	if drawn.Error == "" || last.Error == "" || len(last.Waits) == 0 || last.Waits[0].Reason != "booting" {
		t.Errorf("the last phase is %+v", last)
	}
	made := map[string]bool{}
	for _, o := range drawn.Operations {
		made[o.Name] = true
	}
	if !made["a-control-plane-1"] || !made["a-workers-1"] {
		t.Errorf("the operations are %+v", drawn.Operations)
	}
	if len(drawn.Hosts) != 2 || drawn.Took() < 3*time.Second {
		t.Errorf("%d hosts, %s", len(drawn.Hosts), drawn.Took())
	}
}

func TestWrapped_KeepsLinesWithinTheWidth(t *testing.T) {
	text := wrapped("critical path of 30.0 s: "+strings.Repeat("anywhere-control-plane-1 units 2.0 s → ", 9), textWidth)
	for _, line := range strings.Split(text, "\n") {
		if n := len([]rune(line)); n > textWidth {
			t.Errorf("a line has %d columns: %s", n, line)
		}
	}
	if !strings.Contains(text, "\n  ") {
		t.Errorf("nothing was broken:\n%s", text)
	}
}
