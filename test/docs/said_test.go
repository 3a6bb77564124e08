package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// foreign are texts that are quoted and are not ours: the beginning of each.
var foreign = []string{"x509: ", `unknown command "anywhere" for "kubectl"`, "The connection to the server …", "failed to save snapshot: "}

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

// refusing are the files that look before anything is made, on this machine, on
// a cloud and on a host: what they refuse is what who is new here reads first.
var refusing = []string{"pulumi/*/preflight*.go", "pulumi/target/live/quota.go", "internal/cli/preflight.go", "bootstrap-image/host/*.go"}

func TestTroubleshooting_HasWhateverIsRefusedBeforehand(t *testing.T) {
	var quotes []string
	for _, block := range read(t, "docs/troubleshooting.md").Blocks() {
		if block.Language == "text" {
			quotes = append(quotes, block.Lines...)
		}
	}
	found := 0
	for _, pattern := range refusing {
		all, err := book.Refusals(root, pattern)
		if err != nil || len(all) == 0 {
			t.Errorf("%s: %d refusals, %v", pattern, len(all), err)
		}
		for _, refusal := range all {
			text := []string{spaced(refusal.Text)}
			if found++; len(strings.ReplaceAll(text[0], "…", "")) < 8 {
				continue // a place, before what another text says
			}
			if !slices.ContainsFunc(quotes, func(quote string) bool { return len(spaced(quote)) >= 8 && said(text, quote) }) {
				t.Errorf("%s: docs/troubleshooting.md does not have %q", refusal.Place, refusal.Text)
			}
		}
	}
	if found < 60 {
		t.Errorf("only %d were found", found)
	}
}

// values are words of a real run that are filled in, and look like no value.
var values = []string{"pyohmd", "workers"}

// plainWord is a word that may be of a text: values have digits, dots, quotes.
var plainWord = regexp.MustCompile(`^[A-Za-z-]+$`)

// plainWords are those of a text or a quote.
func plainWords(text string) (words []string) {
	for _, word := range strings.Fields(text) {
		if word = strings.Trim(word, ",.;:()'"); plainWord.MatchString(word) && !slices.Contains(values, word) {
			words = append(words, word)
		}
	}
	return words
}

// filled tells whether one of the texts has every word of what a page quotes
// with the values of a real run.
func filled(texts []string, quote string) bool {
	words := plainWords(quote)
	return len(words) > 3 && slices.ContainsFunc(texts, func(text string) bool {
		of := plainWords(text)
		return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(of, word) })
	})
}

// What hosts that join are refused with is quoted in a table, as it was said.
func TestRefused_IsWhatIsSaid(t *testing.T) {
	all, found, within := texts(t), 0, false
	page := read(t, "docs/targets/docker-run.md")
	for i, line := range page.Lines {
		if strings.HasPrefix(line, "## ") {
			within = line == "## What is refused"
		}
		if cells := strings.Split(line, " | "); within && len(cells) == 2 {
			for _, quote := range book.New(page.Path, cells[1]).Spans() {
				if found++; !filled(all, quote.Text) {
					t.Errorf("%s:%d: nothing says %q", page.Path, i+1, quote.Text)
				}
			}
		}
	}
	if found < 7 {
		t.Errorf("only %d were found", found)
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
