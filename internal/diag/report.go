package diag

import (
	"cmp"
	"slices"
	"strconv"
)

// Add puts problems into the report.
func (r *Report) Add(problems ...Problem) {
	r.Problems = append(r.Problems, problems...)
}

// Empty tells whether nothing is wrong. A nil report is empty.
func (r *Report) Empty() bool {
	return r == nil || len(r.Problems) == 0
}

// Sort puts the problems in the order in which a reader meets them: by file,
// line and column. Problems without a place come first, as they tend to be
// about the whole.
func (r *Report) Sort() {
	slices.SortStableFunc(r.Problems, func(a, b Problem) int {
		return cmp.Or(
			cmp.Compare(a.Position.File, b.Position.File),
			cmp.Compare(a.Position.Line, b.Position.Line),
			cmp.Compare(a.Position.Column, b.Position.Column),
			cmp.Compare(a.Path, b.Path),
		)
	})
}

// Err returns nil for an empty report and an *Error otherwise. The sources
// are the texts that were checked; with them the error shows the lines that
// are wrong.
func (r *Report) Err(sources ...Source) error {
	if r.Empty() {
		return nil
	}
	return &Error{Report: r, Sources: sources}
}

// Source is the text of a file that was checked.
type Source struct {
	// File is the name as positions have it.
	File string
	// Text is the whole content.
	Text []byte
}

// Error is a report as an error: what the user gave cannot be used. The
// command line maps it to exit code 2.
type Error struct {
	Report  *Report
	Sources []Source
}

// Error renders every problem for a terminal.
func (e *Error) Error() string {
	return e.Report.Render(e.Sources...)
}

// String is file:line:column as compilers write it, so that editors can jump
// there; parts that are not known are left out.
func (p Position) String() string {
	s := p.File
	if p.Line == 0 {
		return s
	}
	if s != "" {
		s += ":"
	}
	s += strconv.Itoa(p.Line)
	if p.Column != 0 {
		s += ":" + strconv.Itoa(p.Column)
	}
	return s
}

// String is the problem in one line, without its fix.
func (p Problem) String() string {
	s := p.Message
	if p.Path != "" {
		s = p.Path + ": " + s
	}
	if at := p.Position.String(); at != "" {
		s = at + ": " + s
	}
	return s
}
