package docs_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// foreign are texts that are quoted and are not ours: the beginning of each.
var foreign = []string{"x509: "}

// texts are all that the program's sources hold.
func texts(t *testing.T) []string {
	t.Helper()
	all, err := book.Texts(root)
	if err != nil || len(all) < 1000 {
		t.Fatalf("%d texts were found: %v", len(all), err)
	}
	var plain []string
	for _, text := range all {
		plain = append(plain, spaced(text.Text))
	}
	return plain
}

// spaced is a text with its lines as one, without quotes around what is filled
// in.
func spaced(text string) string {
	return strings.Join(strings.Fields(strings.ReplaceAll(text, `"…"`, "…")), " ")
}

// said tells whether one of the texts holds what a page quotes, but for dots at
// the quote's ends.
func said(texts []string, quote string) bool {
	quote = strings.Trim(spaced(quote), "… ")
	for _, text := range texts {
		if strings.Contains(text, quote) {
			return true
		}
	}
	return false
}

func TestTroubleshooting_QuotesWhatIsSaid(t *testing.T) {
	all, quotes := texts(t), 0
	for _, block := range read(t, "docs/troubleshooting.md").Blocks() {
		if block.Language != "text" {
			continue
		}
	lines:
		for i, line := range block.Lines {
			quotes++
			for _, begin := range foreign {
				if strings.HasPrefix(line, begin) {
					continue lines
				}
			}
			if len(strings.ReplaceAll(line, "…", "")) < 8 {
				t.Errorf("%s: too short to be found: %q", book.Place{Path: block.Path, Line: block.Line + i}, line)
			} else if !said(all, line) {
				t.Errorf("%s: nothing says %q", book.Place{Path: block.Path, Line: block.Line + i}, line)
			}
		}
	}
	if quotes < 40 {
		t.Errorf("only %d quotes were found", quotes)
	}
}

func TestSaid_FindsNoMoreThanThereIs(t *testing.T) {
	all := texts(t)
	for quote, want := range map[string]bool{
		"there are several clusters: name one of …":                                 true,
		"there are many clusters: name one of …":                                    false,
		"timed out after …, still waiting for …":                                    true,
		`stack "…" is in use by process … of … on … since …`:                        true,
		"checking who answers at …: its key is … …, and the config says … and more": false,
	} {
		if got := said(all, quote); got != want {
			t.Errorf("%q: got %v", quote, got)
		}
	}
}
