package kube

import (
	"strings"
	"testing"
	"unicode/utf8"
)

func TestClip_KeepsWholeCharacters(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("é", 600), "x" + strings.Repeat("é", 600), strings.Repeat("a", 2000)} {
		got := clip(text, longestMessage)
		if len(got) > longestMessage || !utf8.ValidString(got) || len(text) <= longestMessage && got != text {
			t.Errorf("%d bytes became %d: %q", len(text), len(got), got)
		}
	}
}
