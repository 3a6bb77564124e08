package config

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"go.yaml.in/yaml/v3"
)

// span notes how long the keys and values are that problems stand at, of as
// many problems as anyone draws.
func (b *binder) span(data []byte) {
	lines := bytes.Split(bytes.TrimPrefix(data, []byte("\ufeff")), []byte("\n"))
	for i := range min(len(b.report.Problems), diag.MostDrawn) {
		problem := &b.report.Problems[i]
		problem.Position = inFile(problem.Position, data)
		at := problem.Position
		if node := b.nodes[at]; node != nil && problem.Span == 0 && at.Line >= 1 && at.Line <= len(lines) {
			problem.Span = extent(node, from(string(lines[at.Line-1]), at.Column))
		}
	}
}

// inFile is a place that is there: the YAML parser puts what is empty behind
// the last line.
func inFile(at diag.Position, data []byte) diag.Position {
	if last := bytes.Count(data, []byte("\n")) + 1; at.Line > last {
		at.Line, at.Column = last, 1
	}
	return at
}

// from is a line from a column on.
func from(line string, column int) string {
	for ; column > 1 && line != ""; column-- {
		_, size := utf8.DecodeRuneInString(line)
		line = line[size:]
	}
	return line
}

// extent is how many characters a plain value takes of the text it begins, or
// zero where it does not end on that line.
func extent(n *yaml.Node, text string) int {
	if n.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0 {
		return 1
	}
	if n.Style&(yaml.DoubleQuotedStyle|yaml.SingleQuotedStyle) == 0 {
		if strings.HasPrefix(text, n.Value) {
			return utf8.RuneCountInString(n.Value)
		}
		return 0
	}
	quote := rune(0)
	escaped := false
	count := 0
	for _, r := range text {
		count++
		switch {
		case quote == 0:
			if quote = r; r != '"' && r != '\'' {
				return 0 // a tag or an anchor stands before it
			}
		case escaped:
			escaped = false
		case r == '\\' && quote == '"':
			escaped = true
		case r == quote:
			return count
		}
	}
	return 0
}
