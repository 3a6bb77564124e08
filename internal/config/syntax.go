package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// slip is a JSON syntax error, and what stands around it.
type slip struct {
	text   []byte
	offset int
	// here is the character at the offset, before the last one before it that
	// is no white space.
	here   rune
	before byte
	// said are the words of encoding/json.
	said string
}

// syntaxProblem explains a JSON syntax error; the usual slips get a fix of
// their own.
func syntaxProblem(text []byte, err error, at func(int) diag.Position) *diag.Problem {
	const lead = "the file is not valid JSON: "
	var syntax *json.SyntaxError
	if !errors.As(err, &syntax) {
		return &diag.Problem{Position: at(0), Message: lead + err.Error(), Fix: "mend the JSON at this place"}
	}
	s := slip{text: text, offset: min(max(int(syntax.Offset)-1, 0), len(text)), said: syntax.Error()}
	if strings.Contains(s.said, "unexpected end") {
		what, fix, opened := unclosed(text)
		return &diag.Problem{Position: at(opened), Message: lead + what, Fix: fix, Span: 1}
	}
	s.here, _ = utf8.DecodeRune(text[s.offset:])
	if trimmed := bytes.TrimRight(text[:s.offset], " \t\r\n"); len(trimmed) > 0 {
		s.before = trimmed[len(trimmed)-1]
	}
	what, fix := s.explain()
	return &diag.Problem{Position: at(s.offset), Message: lead + what, Fix: fix, Span: len([]rune(s.word()))}
}

// explain says what is wrong and what to write.
func (s slip) explain() (what, fix string) {
	if what, fix = s.foreign(); what != "" {
		return what, fix
	}
	beginning := strings.Contains(s.said, "looking for beginning of")
	switch {
	case strings.Contains(s.said, "max depth"):
		return "objects and lists are nested too deep", "check the name of the file"
	case strings.Contains(s.said, "after top-level value"):
		return "the object ends before this", "remove what follows it, or the brace that closes it too early"
	case strings.Contains(s.said, "after object key") && !strings.Contains(s.said, "key:value") && s.here == '=':
		return "a key is followed by =", `write ":" instead`
	case strings.Contains(s.said, "after object key") && !strings.Contains(s.said, "key:value"):
		return "there is no colon between a key and its value", "put a colon before this"
	case beginning && s.before == ',' && (s.here == '}' || s.here == ']'):
		return "a comma stands before what closes", "remove the comma before this"
	case beginning && (s.here == '}' || s.here == ']' || s.here == ',') && s.before == ':':
		return "a key has no value", "write the value before this"
	case beginning && s.here == ',':
		return "there is a comma too many", "remove it"
	case strings.Contains(s.said, "object key string"):
		return "a key is not in double quotes", fmt.Sprintf("write %q", s.word())
	case s.here >= '0' && s.here <= '9' || strings.ContainsRune("+.", s.here) || unicode.IsLetter(s.here) && s.before >= '0' && s.before <= '9':
		return "a number is written in a way that JSON does not have", "write it in decimal digits, without a zero or a plus before them"
	case beginning:
		return s.value()
	case s.here == '}' || s.here == ']':
		return s.crossed()
	case s.here == '"' || s.here == '{' || s.here == '[' || unicode.IsLetter(s.here):
		return "there is no comma between two values", "put a comma before this"
	}
	return s.said, "mend the JSON at this place"
}

// foreign are characters that JSON has no use for, or not there.
func (s slip) foreign() (what, fix string) {
	switch {
	case strings.Contains(s.said, "in string literal") && s.here == '\t':
		return "a string holds a tab", `write \t, or spaces`
	case strings.Contains(s.said, "in string literal"):
		return "the line ends within a string", `close the double quote; a line end within a string is \n`
	case strings.Contains(s.said, "in string escape code"), strings.Contains(s.said, `in \u hexadecimal`):
		return "a backslash stands before something that it does not escape", `write \\ for one backslash`
	case strings.Contains(s.said, "in literal"):
		return "a word is cut short", "write true, false or null"
	case s.here == '/' || s.here == '#':
		return "there is a comment, and JSON has none", "remove it, or write the file in YAML and call it .yaml"
	case s.here == '\'' || s.here == '`':
		return "a string is in quotes that JSON does not have", "write double quotes"
	case strings.ContainsRune("“”„‟‘’«»", s.here):
		return fmt.Sprintf("%c is a quote for printing, not JSON's", s.here), `write "`
	case s.here > unicode.MaxASCII && unicode.IsSpace(s.here), s.here == '\u200b', s.here == '\ufeff':
		return fmt.Sprintf("there is an invisible character, U+%04X", s.here), "remove it, or write a space"
	}
	return "", ""
}

// value explains a word where a value is to begin.
func (s slip) value() (what, fix string) {
	word := s.word()
	switch strings.ToLower(word) {
	case "true", "false", "null":
		return fmt.Sprintf("%s is no value", word), "write " + strings.ToLower(word)
	case "yes", "on":
		return fmt.Sprintf("%s is no value", word), "write true"
	case "no", "off":
		return fmt.Sprintf("%s is no value", word), "write false"
	case "none", "nil", "undefined":
		return fmt.Sprintf("%s is no value", word), "write null, or leave the field out"
	case "":
		return s.said, "mend the JSON at this place"
	}
	return "a string is not in double quotes", fmt.Sprintf("write %q", word)
}

// word is what begins at the place, as far as one would say it is one.
func (s slip) word() string {
	rest := string(s.text[s.offset:])
	end := strings.IndexFunc(rest, func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune("_-./$", r)
	})
	if end < 0 {
		end = len(rest)
	}
	return rest[:end]
}

// crossed explains a brace where a bracket is open, or the reverse.
func (s slip) crossed() (what, fix string) {
	open := openings(s.text[:s.offset])
	if len(open) == 0 {
		return s.said, "mend the JSON at this place"
	}
	opened := open[len(open)-1]
	line, _ := place(s.text, opened)
	closing := map[byte]string{'{': "}", '[': "]", '"': `"`}[s.text[opened]]
	return fmt.Sprintf("%c stands where %s is to come, for the %c of line %d is open", s.here, closing, s.text[opened], line),
		fmt.Sprintf("write %s before this, or instead of it", closing)
}

// unclosed explains the end of a file that is not that of the document.
func unclosed(text []byte) (what, fix string, opened int) {
	open := openings(text)
	if len(open) == 0 {
		return "it ends too early", "complete it", max(len(text)-1, 0)
	}
	opened = open[len(open)-1]
	switch text[opened] {
	case '{':
		return "this brace is not closed before the file ends", "write } where the object ends", opened
	case '[':
		return "this bracket is not closed before the file ends", "write ] where the list ends", opened
	}
	return "this quote is not closed before the file ends", `write " where the string ends`, opened
}

// openings are the offsets of the braces, brackets and quotes that are open at
// the end of a text.
func openings(text []byte) []int {
	var open []int
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case quoted && c == '\\':
			i++
		case c == '"' && quoted:
			quoted, open = false, open[:len(open)-1]
		case c == '"':
			quoted, open = true, append(open, i)
		case quoted:
		case c == '{' || c == '[':
			open = append(open, i)
		case (c == '}' || c == ']') && len(open) > 0:
			open = open[:len(open)-1]
		}
	}
	return open
}
