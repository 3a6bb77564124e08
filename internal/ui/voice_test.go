package ui

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// spoken is what a voice of a style says of a small plan and around it.
func spoken(style Style, width int) string {
	var out bytes.Buffer
	clock := time.Date(2026, 11, 23, 5, 0, 0, 0, time.FixedZone("", 3600))
	v := NewVoice(&out, width)
	v.now = func() time.Time { return clock }
	v.Use(style)
	p := v.Progress()
	if drawn, ok := p.(*Progress); ok {
		drawn.now = v.now
	}
	p.Begin(2, 8, "Starting the control plane")
	p.Wait("a-1", "stage 8 of 10, apiserver: kube-apiserver to be ready")
	clock = clock.Add(2 * time.Second)
	p.Wait("a-1", "stage 8 of 10, apiserver: kube-apiserver to be ready")
	p.Wait("https://127.0.0.1", "an answer")
	v.Detail(1, "one\nline")
	v.Detail(2, "a request")
	p.Note("two things\nhappened")
	p.End(1500*time.Millisecond, nil)
	fmt.Fprint(v, "\nwarning: it ")
	fmt.Fprint(v, "may rain\nNext: ")
	fmt.Fprint(v, "kubectl get nodes")
	v.Close()
	return out.String()
}

func parsed(t *testing.T, text string) (all []map[string]any) {
	t.Helper()
	for line := range strings.Lines(text) {
		record := map[string]any{}
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Fatalf("%q is no record: %v", line, err)
		}
		all = append(all, record)
	}
	return all
}

func TestVoice_MakesARecordOfEveryLine(t *testing.T) {
	var got []string
	for _, r := range parsed(t, spoken(Style{JSON: true}, 80)) {
		if r["time"] != "2026-11-23T04:00:00.000Z" && r["time"] != "2026-11-23T04:00:02.000Z" {
			t.Errorf("time %v", r["time"])
		}
		got = append(got, fmt.Sprint(r["level"], "|", r["msg"], "|", r["phase"], "|", r["step"], "|", r["host"], "|", r["stage"], "|", r["subject"], "|", r["took"]))
	}
	const step = "|Starting the control plane|2|"
	want := []string{
		"info|begun" + step + "<nil>|<nil>|<nil>|<nil>",
		"info|waiting for a-1: stage 8 of 10, apiserver: kube-apiserver to be ready" + step + "a-1|apiserver|<nil>|<nil>",
		"info|waiting for https://127.0.0.1: an answer" + step + "<nil>|<nil>|https://127.0.0.1|<nil>",
		"info|two things" + step + "<nil>|<nil>|<nil>|<nil>",
		"info|happened" + step + "<nil>|<nil>|<nil>|<nil>",
		"info|done" + step + "<nil>|<nil>|<nil>|1.5",
		"warn|it may rain|<nil>|<nil>|<nil>|<nil>|<nil>|<nil>",
		"info|Next: kubectl get nodes|<nil>|<nil>|<nil>|<nil>|<nil>|<nil>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestVoice_SaysMoreByLevel(t *testing.T) {
	for level, want := range map[int][]bool{0: {false, false}, 1: {true, false}, 2: {true, true}} {
		for _, style := range []Style{{Level: level}, {Level: level, JSON: true}} {
			said := spoken(style, 0)
			if got := []bool{strings.Contains(said, "one line"), strings.Contains(said, "a request")}; !slices.Equal(got, want) {
				t.Errorf("%+v: %v, want %v:\n%s", style, got, want, said)
			}
		}
	}
	if said := spoken(Style{Level: 1}, 0); !strings.Contains(said, "waited 2.0s for a-1: stage 8 of 10") {
		t.Errorf("a wait that is over is not told:\n%s", said)
	}
}

func TestVoice_TextIsAsItWasWritten(t *testing.T) {
	if said := spoken(Style{}, 0); !strings.HasSuffix(said, "\nwarning: it may rain\nNext: kubectl get nodes") || !strings.HasPrefix(said, "[2/8] Starting") {
		t.Errorf("got %q", said)
	}
}

func TestVoice_QuietSaysNothingButFailures(t *testing.T) {
	for _, style := range []Style{{Quiet: true}, {Quiet: true, JSON: true}} {
		if said := spoken(style, 80); said != "" {
			t.Errorf("%+v: %q", style, said)
		}
	}
	var out bytes.Buffer
	v := NewVoice(&out, 0)
	v.Use(Style{Quiet: true, JSON: true})
	if !v.Fail("broken", "next", []string{"type this"}) {
		t.Error("no record was made")
	}
	r := parsed(t, out.String())
	if len(r) != 1 || r[0]["level"] != "error" || r[0]["msg"] != "broken" || fmt.Sprint(r[0]["next"]) != "[type this]" {
		t.Errorf("got %v", r)
	}
	v.Use(Style{Quiet: true})
	if v.Fail("broken") {
		t.Error("text made a record")
	}
	fmt.Fprint(v.Terminal(), "a question? ")
	if !strings.HasSuffix(out.String(), "a question? ") {
		t.Error("a question is not asked")
	}
}

func TestVoice_DetailsLeaveLiveLinesWhole(t *testing.T) {
	said := spoken(Style{Level: 2}, 80)
	if !strings.Contains(said, clear+"      a request\n") {
		t.Errorf("the detail stands on a live line:\n%q", said)
	}
}

func TestVoice_PlanThatFailsIsMarked(t *testing.T) {
	var out bytes.Buffer
	v := NewVoice(&out, 0)
	v.Use(Style{JSON: true})
	boom := func(_ context.Context, _ phase.Reporter) error { return errors.New("boom") }
	err := phase.Run(t.Context(), []phase.Phase{{Title: "Trying", Run: boom}}, v.Progress())
	all := parsed(t, out.String())
	if err == nil || len(all) != 2 || all[1]["msg"] != "failed" || all[1]["phase"] != "Trying" || all[1]["level"] != "warn" {
		t.Errorf("%v, %v", err, all)
	}
}
