package diag

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"
)

func at(line, column int) Position { return Position{File: "c.json", Line: line, Column: column} }

func TestErr_IsNilForAnEmptyReport(t *testing.T) {
	var report Report
	if err := report.Err(); err != nil {
		t.Errorf("Err() = %v, want nil", err)
	}
	if !(*Report)(nil).Empty() {
		t.Error("a nil report is not empty")
	}
}

func TestErr_CanBeFoundInAChainOfErrors(t *testing.T) {
	var report Report
	report.Add(Problem{Message: "m"})
	err := fmt.Errorf("reading the config: %w", report.Err())
	var found *Error
	if !errors.As(err, &found) || len(found.Report.Problems) != 1 {
		t.Errorf("errors.As(%v) did not find the report", err)
	}
}

func TestSort_OrdersByPlace(t *testing.T) {
	var report Report
	report.Add(
		Problem{Position: at(10, 1), Message: "d"},
		Problem{Position: at(2, 9), Message: "c"},
		Problem{Position: at(2, 3), Message: "b"},
		Problem{Message: "a"},
	)
	report.Sort()
	got := ""
	for _, p := range report.Problems {
		got += p.Message
	}
	if got != "abcd" {
		t.Errorf("order is %q, want abcd", got)
	}
}

func TestString_LeavesOutWhatIsNotKnown(t *testing.T) {
	for want, p := range map[string]Problem{
		"c.json:2:3: a.b: m": {Position: at(2, 3), Path: "a.b", Message: "m"},
		"c.json:2: m":        {Position: at(2, 0), Message: "m"},
		"c.json: a.b: m":     {Position: at(0, 0), Path: "a.b", Message: "m"},
		"m":                  {Message: "m"},
	} {
		if got := p.String(); got != want {
			t.Errorf("String() = %q, want %q", got, want)
		}
	}
}

func TestRender_ShowsLineCaretAndFix(t *testing.T) {
	var report Report
	report.Add(
		Problem{Position: at(2, 4), Path: "a", Message: "is wrong", Fix: "write 1"},
		Problem{Message: "no place", Fix: "first\nsecond"},
	)
	got := report.Render(Source{File: "c.json", Text: []byte("{\r\n\t\"a\": 2\r\n}")})
	want := strings.Join([]string{
		`c.json:2:4: a: is wrong`,
		`  2 |   "a": 2`,
		`    |     ^`,
		`  fix: write 1`,
		``,
		`no place`,
		`  fix: first`,
		`       second`,
	}, "\n")
	if got != want {
		t.Errorf("Render() =\n%s\nwant\n%s", got, want)
	}
}

func TestRender_LeavesOutTheLineWhenItHasNoSource(t *testing.T) {
	var report Report
	report.Add(Problem{Position: at(7, 1), Message: "m"})
	for _, sources := range [][]Source{nil, {{File: "other"}}, {{File: "c.json", Text: []byte("short")}}} {
		if got := report.Render(sources...); got != "c.json:7:1: m" {
			t.Errorf("Render(%v) = %q", sources, got)
		}
	}
}

func TestRender_FitsEightyColumns(t *testing.T) {
	var report Report
	long := strings.Repeat("word ", 60)
	report.Add(Problem{Position: at(1, 301), Path: "a.b", Message: long, Fix: long})
	text := strings.Repeat("ä", 300) + "X" + strings.Repeat("z", 300)
	got := report.Render(Source{File: "c.json", Text: []byte(text)})
	lines := strings.Split(got, "\n")
	for i, line := range lines {
		if n := utf8.RuneCountInString(line); n > 80 {
			t.Errorf("line %d has %d columns: %s", i+1, n, line)
		}
		if strings.HasSuffix(line, "^") && i > 0 {
			above := []rune(lines[i-1])
			if n := utf8.RuneCountInString(line); above[n-1] != 'X' {
				t.Errorf("the caret does not stand below the X:\n%s\n%s", lines[i-1], line)
			}
		}
	}
	if !strings.Contains(got, "X") {
		t.Errorf("the place of the caret was clipped away:\n%s", got)
	}
}

func TestRender_NeverPrintsControlCharactersOfTheSource(t *testing.T) {
	var report Report
	report.Add(Problem{Position: at(1, 2), Message: "m"})
	got := report.Render(Source{File: "c.json", Text: []byte("a\x1b[2Jb")})
	if strings.Contains(got, "\x1b") {
		t.Errorf("Render() = %q", got)
	}
}

func TestRender_SurvivesAColumnBehindTheEnd(t *testing.T) {
	var report Report
	report.Add(Problem{Position: at(1, 900), Message: "m"})
	for _, text := range []string{"ab", strings.Repeat("y", 500)} {
		got := report.Render(Source{File: "c.json", Text: []byte(text)})
		if !strings.Contains(got, "^") {
			t.Errorf("Render() = %q has no caret", got)
		}
	}
}

func TestWrap_DoesNotBreakACommandToPaste(t *testing.T) {
	command := "'kubectl anywhere delete --name anywhere --state file:///some/rather/long/path'"
	got := strings.Join(wrap(fixLead, "       ", "remove the hosts' old network first with "+command+" and run this again"), "\n")
	if !strings.Contains(got, command) {
		t.Errorf("the command was broken:\n%s", got)
	}
	if !strings.Contains(got, "\n") {
		t.Errorf("the text was not wrapped:\n%s", got)
	}
}

func TestRender_MarksTheWholeToken(t *testing.T) {
	var report Report
	report.Add(Problem{Position: at(1, 6), Message: "m", Span: 5})
	got := report.Render(Source{File: "c.json", Text: []byte(`{"a":"日本x", "b": 1}`)})
	want := "c.json:1:6: m\n  1 | {\"a\":\"日本x\", \"b\": 1}\n    |      ^~~~~~~"
	if got != want {
		t.Errorf("Render() =\n%s\nwant\n%s", got, want)
	}
}

func TestRender_KeepsTheCaretInPlaceBehindWideAndCombiningCharacters(t *testing.T) {
	for text, before := range map[string]int{
		"日本X":      4,
		"e\u0301X": 1,
		"\tX":      2,
		"😀X":       2,
		"äX":       1,
	} {
		column := utf8.RuneCountInString(text[:strings.Index(text, "X")]) + 1
		var report Report
		report.Add(Problem{Position: at(1, column), Message: "m"})
		lines := strings.Split(report.Render(Source{File: "c.json", Text: []byte(text)}), "\n")
		if want := "    | " + strings.Repeat(" ", before) + "^"; lines[2] != want {
			t.Errorf("%q: the caret's line is %q, want %q", text, lines[2], want)
		}
	}
}

func TestRender_FitsWideCharactersIntoEightyColumns(t *testing.T) {
	var report Report
	report.Add(Problem{Position: at(1, 100), Message: strings.Repeat("語", 300), Span: 50})
	for _, line := range strings.Split(report.Render(Source{File: "c.json", Text: []byte(strings.Repeat("語", 300))}), "\n") {
		if cells(line) > 80 {
			t.Errorf("a line takes %d columns: %s", cells(line), line)
		}
	}
}

func TestRender_EndsAfterManyProblems(t *testing.T) {
	var report Report
	for range 3 * MostDrawn {
		report.Add(Problem{Message: "m", Fix: "f"})
	}
	got := report.Render()
	if n := strings.Count(got, "fix: f"); n != MostDrawn {
		t.Errorf("%d problems are drawn", n)
	}
	if !strings.HasSuffix(got, "and 200 more problems; mend these first") {
		t.Errorf("what was left out is not said: %s", got[len(got)-80:])
	}
}
