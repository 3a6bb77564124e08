package book

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

// Link is one to somewhere.
type Link struct {
	Place
	// Target is as it is written, Anchor what follows its #.
	Target, Anchor string
}

var (
	inline    = regexp.MustCompile(`\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)`)
	reference = regexp.MustCompile(`^ {0,3}\[[^\]]+\]: +(\S+)`)
	source    = regexp.MustCompile(`(?:src|href)="([^"]+)"`)
)

// Links are those of the page that lead nowhere outside the repository.
func (p Page) Links() []Link {
	_, prose := p.split()
	var links []Link
	for i, line := range prose {
		line = span.ReplaceAllStringFunc(line, func(code string) string { return strings.Repeat(" ", len(code)) })
		for _, form := range []*regexp.Regexp{inline, reference, source} {
			for _, found := range form.FindAllStringSubmatch(line, -1) {
				if strings.Contains(found[1], "://") || strings.HasPrefix(found[1], "mailto:") {
					continue
				}
				target, anchor, _ := strings.Cut(found[1], "#")
				links = append(links, Link{Place{p.Path, i + 1}, target, anchor})
			}
		}
	}
	return links
}

// Heading is one of a page.
type Heading struct {
	Place
	// Level is 1 for the page's own.
	Level int
	Text  string
}

var heading = regexp.MustCompile(`^(#{1,6}) +(.+?) *#*$`)

// Headings are the page's, in order.
func (p Page) Headings() []Heading {
	_, prose := p.split()
	var headings []Heading
	for i, line := range prose {
		if found := heading.FindStringSubmatch(line); found != nil {
			headings = append(headings, Heading{Place{p.Path, i + 1}, len(found[1]), found[2]})
		}
	}
	return headings
}

// Anchors are what links into the page may name: GitHub makes one of each
// heading's letters, digits, hyphens and spaces, and numbers what it has seen.
func (p Page) Anchors() map[string]bool {
	anchors, seen := map[string]bool{}, map[string]int{}
	for _, h := range p.Headings() {
		var name strings.Builder
		for _, r := range strings.ToLower(inline.ReplaceAllString(h.Text, "]")) {
			switch {
			case unicode.IsLetter(r) || unicode.IsDigit(r) || r == '-' || r == '_':
				name.WriteRune(r)
			case r == ' ':
				name.WriteByte('-')
			}
		}
		anchor := name.String()
		if n := seen[anchor]; n > 0 {
			anchors[fmt.Sprintf("%s-%d", anchor, n)] = true
		}
		seen[anchor]++
		anchors[anchor] = true
	}
	return anchors
}
