package config

// Meant is "; did you mean …?" when a candidate is near to what was written,
// for the problems that targets find in their blocks.
func Meant(written string, candidates []string) string { return meant(written, candidates) }

// Nearest is the candidate that a slip of the hand turns into what was
// written; empty where none is near.
func Nearest(written string, candidates []string) string { return nearest(written, candidates) }

// OtherName is what we call a field that other tools call otherwise: a name, or
// a whole path where that alone is meant; empty for a name of no such use.
func OtherName(written string) string { return otherName(written) }
