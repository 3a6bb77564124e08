package wizard

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Incomplete is an input that ended before the config was to be written.
type Incomplete struct {
	// At is the question that nobody answered.
	At Question
	// Problems is what the config lacks, as a *diag.Error, or nil.
	Problems error
}

// Error says where the input ended.
func (e *Incomplete) Error() string {
	return fmt.Sprintf("the input ended at the question %q, so nothing is written", e.At.Title)
}

// Unwrap is what the config lacks.
func (e *Incomplete) Unwrap() error { return e.Problems }

// Prompt asks line by line, without moving a cursor: for screen readers, for
// terminals that are none, and for answers that come from a program, which
// typed says is not so. An empty line leaves a field as it is, "-" takes it
// back to its default, "<" goes back. A wrong answer is asked for again; from
// a program it is the end, for the next line would answer another question.
func Prompt(w *Wizard, in io.Reader, out io.Writer, typed bool) error {
	lines := bufio.NewScanner(in)
	fmt.Fprintln(out, wrapped("", "", "An empty line takes what is in brackets; \"-\" goes back to the default, \"<\" to the question before."))
	section := ""
	for w.End() == Asking {
		q := w.Question()
		if q.Section != section {
			section = q.Section
			fmt.Fprintf(out, "\n== %s ==\n", section)
		}
		printQuestion(out, q)
		if !lines.Scan() {
			fmt.Fprintln(out)
			return errors.Join(lines.Err(), &Incomplete{At: q, Problems: w.draft.Err()})
		}
		text := strings.TrimSpace(lines.Text())
		if !typed {
			fmt.Fprintln(out, text)
		}
		if text == "<" {
			w.Back()
			continue
		}
		if err := w.Answer(meant(q, text)); err != nil {
			fmt.Fprintln(out, wrapped("  ! ", "    ", err.Error()))
			if !typed {
				return fmt.Errorf("answering %q with %q: %w", q.Title, text, err)
			}
		}
		for _, note := range w.Notes() {
			fmt.Fprintln(out, wrapped("  * ", "    ", note))
		}
	}
	return nil
}

// meant is the answer that a line stands for.
func meant(q Question, line string) string {
	switch {
	case line == "" && q.Menu:
		return ""
	case line == "":
		return q.Value
	case line == "-":
		return ""
	}
	for _, o := range q.Options {
		if line == o.Value {
			return line
		}
	}
	if n, err := strconv.Atoi(strings.TrimSuffix(line, ")")); err == nil && n >= 1 && n <= len(q.Options) && !numbers(q.Options) {
		return q.Options[n-1].Value
	}
	return line
}

// numbers tells whether the answers are numbers themselves, so that a number
// is not that of a line.
func numbers(options []Option) bool {
	for _, o := range options {
		if _, err := strconv.Atoi(o.Value); err == nil {
			return true
		}
	}
	return false
}

func printQuestion(out io.Writer, q Question) {
	fmt.Fprintf(out, "\n%s", q.Title)
	if q.Path != "" && !q.Menu {
		fmt.Fprintf(out, "  (%s)", q.Path)
	}
	fmt.Fprintln(out)
	if q.Help != "" {
		fmt.Fprintln(out, wrapped("  ", "  ", q.Help))
	}
	if q.Body != "" {
		fmt.Fprintf(out, "\n%s\n", q.Body)
	}
	for i, o := range q.Options {
		if numbers(q.Options) {
			fmt.Fprintf(out, "  - %s\n", o.Label)
			continue
		}
		fmt.Fprintf(out, "  %d) %s\n", i+1, o.Label)
	}
	if len(q.Suggestions) > 0 {
		fmt.Fprintln(out, wrapped("  usual: ", "    ", strings.Join(q.Suggestions, ", ")))
	}
	fmt.Fprintf(out, "%s> ", bracket(q))
}

// bracket shows what an empty line takes.
func bracket(q Question) string {
	switch {
	case q.Menu && len(q.Options) > 0:
		return "[1] "
	case q.Value != "":
		return "[" + q.Value + "] "
	case q.Default != "":
		return "[" + q.Default + "] "
	case q.Example != "":
		return "(such as " + q.Example + ") "
	}
	return ""
}

// wide is the width of the narrowest terminal we care for.
const wide = 80

// wrapped breaks lines at spaces.
func wrapped(lead, indent, text string) string { return wrappedIn(wide, lead, indent, text) }

// wrappedIn does so in a terminal of another width.
func wrappedIn(width int, lead, indent, text string) string {
	var lines []string
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := lead
		for _, word := range strings.Fields(paragraph) {
			if len([]rune(line))+1+len([]rune(word)) > width && strings.TrimSpace(line) != "" {
				lines = append(lines, strings.TrimRight(line, " "))
				line = indent
			}
			if line != lead && line != indent {
				line += " "
			}
			line += word
		}
		lines = append(lines, strings.TrimRight(line, " "))
		lead = indent
	}
	return strings.Join(lines, "\n")
}
