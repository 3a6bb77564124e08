// Package diag holds problems found in what a user gave: where each stands,
// what is wrong, and what to write instead. A check collects problems; it
// does not stop at the first.
package diag

// Position is a place in a file. Line and Column start at 1; zero means that
// the place is not known.
type Position struct {
	File   string
	Line   int
	Column int
}

// Problem is one thing wrong. Path is the field in the config's own words
// (spec.network.podCIDR), or empty for what is no field. Fix says what to
// write or type.
type Problem struct {
	Position Position
	Path     string
	Message  string
	Fix      string
	// Span is how many characters of the line are meant, from the position
	// on; 0 where that is not known.
	Span int
}

// Report is every problem found. The zero value is an empty report.
type Report struct {
	Problems []Problem
}
