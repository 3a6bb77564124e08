package config

// Meant is "; did you mean …?" when a candidate is near to what was written,
// for the problems that targets find in their blocks.
func Meant(written string, candidates []string) string { return meant(written, candidates) }
