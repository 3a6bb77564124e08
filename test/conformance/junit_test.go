package conformance_test

import (
	"encoding/xml"
	"fmt"
	"strings"
	"testing"
	"time"
)

// What came of a test.
const (
	passed  = "passed"
	failed  = "failed"
	skipped = "skipped"
)

// result is what came of one test.
type result struct {
	name, outcome string
	// message is why it failed or skipped itself.
	message string
	took    time.Duration
}

// report is the part of a JUnit report that is read here, as Ginkgo writes it.
type report struct {
	Suites []struct {
		Cases []struct {
			Name    string   `xml:"name,attr"`
			Status  string   `xml:"status,attr"`
			Seconds float64  `xml:"time,attr"`
			Failure *message `xml:"failure"`
			Error   *message `xml:"error"`
			Skipped *message `xml:"skipped"`
		} `xml:"testcase"`
	} `xml:"testsuite"`
}

// message says why: upstream's reports say it in the text, with a stack, and
// skipped ones in the attribute.
type message struct {
	Attribute string `xml:"message,attr"`
	Body      string `xml:",chardata"`
}

// text is what there is of the two.
func (m message) text() string {
	if m.Attribute != "" {
		return m.Attribute
	}
	return strings.TrimSpace(m.Body)
}

// results reads a JUnit report. Of tests that were not in focus it says
// nothing: those are in it, too, as skipped without a word. Nor of those that
// were interrupted, which had no end.
func results(data []byte) ([]result, error) {
	var read report
	if err := xml.Unmarshal(data, &read); err != nil {
		return nil, fmt.Errorf("reading a JUnit report: %w", err)
	}
	var list []result
	for _, suite := range read.Suites {
		for _, c := range suite.Cases {
			name := strings.TrimPrefix(c.Name, "[It] ")
			if !strings.HasPrefix(name, group) {
				// Setting up and tearing down count where they fail.
				if c.Failure == nil && c.Error == nil {
					continue
				}
			}
			if c.Status == "interrupted" {
				continue
			}
			r := result{name: name, outcome: passed, took: time.Duration(c.Seconds * float64(time.Second))}
			switch {
			case c.Failure != nil:
				r.outcome, r.message = failed, c.Failure.text()
			case c.Error != nil:
				r.outcome, r.message = failed, c.Error.text()
			case c.Skipped != nil && !strings.HasPrefix(c.Skipped.Attribute, "skipped - "):
				continue
			case c.Skipped != nil:
				r.outcome, r.message = skipped, strings.TrimPrefix(c.Skipped.Attribute, "skipped - ")
			case c.Status != passed:
				r.outcome, r.message = failed, "its status is "+c.Status
			}
			list = append(list, r)
		}
	}
	return list, nil
}

func TestResults_TellWhatCameOfEach(t *testing.T) {
	list, err := results([]byte(`<testsuites><testsuite>
<testcase name="[SynchronizedBeforeSuite]" status="passed" time="0.5"></testcase>
<testcase name="[sig-network] A" status="passed" time="12.5"></testcase>
<testcase name="[sig-network] B" status="failed" time="1"><failure message="" type="failed">timed out
at line 3</failure></testcase>
<testcase name="[sig-network] C" status="skipped" time="0"><skipped message="skipped"></skipped></testcase>
<testcase name="[sig-network] D" status="skipped" time="0"><skipped message="skipped - Only supported for providers [gce]"></skipped></testcase>
<testcase name="[sig-network] E" status="interrupted" time="3"><error message="">[INTERRUPTED] by the user</error></testcase>
<testcase name="[sig-network] F" status="panicked" time="3"><error message="">nil map</error></testcase>
<testcase name="[AfterSuite]" status="failed" time="0"><failure message="left over"></failure></testcase>
</testsuite></testsuites>`))
	if err != nil {
		t.Fatal(err)
	}
	want := []result{
		{"[sig-network] A", passed, "", 12500 * time.Millisecond},
		{"[sig-network] B", failed, "timed out\nat line 3", time.Second},
		{"[sig-network] D", skipped, "Only supported for providers [gce]", 0},
		{"[sig-network] F", failed, "nil map", 3 * time.Second},
		{"[AfterSuite]", failed, "left over", 0},
	}
	if fmt.Sprint(list) != fmt.Sprint(want) {
		t.Errorf("read %v, want %v", list, want)
	}
}
