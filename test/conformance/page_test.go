package conformance_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"
)

// page is what docs/conformance.md says of a run.
type page struct {
	kubernetes string
	network    network
	at         time.Time
	took       time.Duration
	results    []result
	// unreached are the tests that were to run, and of which there is no word.
	unreached []string
	// left are the tests that were not tried, by reason.
	left map[string][]string
}

// of are the results of one outcome, by name.
func (p page) of(outcome string) []result {
	list := slices.DeleteFunc(slices.Clone(p.results), func(r result) bool { return r.outcome != outcome })
	slices.SortFunc(list, func(a, b result) int { return strings.Compare(a.name, b.name) })
	return list
}

// intro stands before the lists. Its words are those of this file, its figures
// the run's.
const intro = `# Conformance of the pod network

Kubernetes' own end-to-end tests of the network (%[1]s: %[2]s, built from the
module's source), against a cluster of one control plane and two workers on the local
target, with %[3]s for its pod network. This page is written by ` + "`make conformance`" + `.

| | |
|---|---|
| last run | %[4]s, in %[5]s |
| passed | %[6]d |
| failed | %[7]d |
| skipped by themselves | %[8]d |
| not reached | %[9]d |
| left out | %[10]d |

Every test of ` + "`[sig-network]`" + ` is in one of the lists below. Tests run agnhost, which is built from source, too.
A second image, ` + "`glibc-dns-testing`" + `, is upstream's name of Debian with dig and CoreDNS: agnhost's image as it is
built here is just that, so hosts are given it under both names.
`

// text is the page.
func (p page) text() string {
	var b strings.Builder
	leftOut := 0
	for _, names := range p.left {
		leftOut += len(names)
	}
	fmt.Fprintf(&b, intro, "`e2e.test`", p.kubernetes, p.network, p.at.UTC().Format("2006-01-02 15:04 UTC"), p.took.Round(time.Second),
		len(p.of(passed)), len(p.of(failed)), len(p.of(skipped)), len(p.unreached), leftOut)
	p.section(&b, "Failed", failed)
	p.section(&b, "Passed", passed)
	p.section(&b, "Skipped by themselves", skipped)
	if len(p.unreached) > 0 {
		b.WriteString("\n## Not reached\n\nThe run was ended before these, so it counts as failed.\n\n")
	}
	for _, name := range p.unreached {
		fmt.Fprintf(&b, "- %s\n", short(name))
	}
	b.WriteString("\n## Left out\n")
	for _, why := range slices.Sorted(maps.Keys(p.left)) {
		fmt.Fprintf(&b, "\nBecause %s:\n\n", why)
		for _, name := range p.left[why] {
			fmt.Fprintf(&b, "- %s\n", short(name))
		}
	}
	return b.String()
}

// section lists the tests of one outcome, if there are any.
func (p page) section(b *strings.Builder, title, outcome string) {
	list := p.of(outcome)
	if len(list) == 0 {
		return
	}
	fmt.Fprintf(b, "\n## %s\n\n", title)
	for _, r := range list {
		fmt.Fprintf(b, "- %s", short(r.name))
		switch {
		case r.message != "":
			fmt.Fprintf(b, ": %s", firstLine(r.message))
		case outcome == passed:
			fmt.Fprintf(b, " (%s)", r.took.Round(time.Second))
		}
		b.WriteString("\n")
	}
}

// short is a test's name without the group's, which all have.
func short(name string) string { return strings.TrimPrefix(name, group) }

// firstLine is the beginning of a message; the whole is in the log.
func firstLine(text string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(text), "\n")
	if letters := []rune(line); len(letters) > longest {
		return string(letters[:longest]) + "…"
	}
	return line
}

// longest is how much of a message stands on the page, in letters.
const longest = 80

func TestPage_ListsEveryTestOnce(t *testing.T) {
	p := page{
		kubernetes: "v1.37.1", network: network{Layer: "flannel"}, at: time.Date(2026, 11, 23, 2, 0, 0, 0, time.UTC), took: 61 * time.Second,
		results: []result{{group + "B", passed, "", 3 * time.Second}, {group + "A", failed, "timed out\nat line 3", 0}, {group + "C", skipped, "no such cloud", 0}},
		left:    map[string][]string{"it runs nginx": {group + "D"}}, unreached: []string{group + "E"},
	}
	text := p.text()
	for _, want := range []string{
		"| passed | 1 |", "| failed | 1 |", "| not reached | 1 |", "| left out | 1 |", "2026-11-23 02:00 UTC, in 1m1s",
		"- B (3s)\n", "- A: timed out\n", "- C: no such cloud\n", "- E\n", "Because it runs nginx:\n\n- D\n",
	} {
		if strings.Count(text, want) != 1 {
			t.Errorf("there is no one %q in:\n%s", want, text)
		}
	}
}
