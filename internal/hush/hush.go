// Package hush keeps a library from asking the terminal for its colours before
// main begins. Bubble Tea v1 does that in every program that links it, also for
// commands that draw nothing (tea_init.go); a terminal that does not answer
// costs five seconds then, and one that does may type its answer into a prompt.
// The question is not asked of a dumb terminal, so that this is what TERM says
// until Bubble Tea has been initialised.
//
// Go initialises packages in the order of their paths as soon as all that they
// import is. This one imports nothing but os; Bubble Tea needs golang.org/x/sys,
// which is behind it in that order. Package wizard, which imports Bubble Tea, is
// initialised after it, and gives TERM back. The test
// of this package runs a program that links it, on a terminal.
package hush

import "os"

const variable = "TERM"

// said is what TERM was, if it was set.
var said, set = quieten()

func quieten() (string, bool) {
	value, found := os.LookupEnv(variable)
	_ = os.Setenv(variable, "dumb") // a name without = cannot fail
	return value, found
}

// Over gives TERM its value back. It returns something, so that a variable of a
// package can be initialised with it.
func Over() bool {
	if !set {
		return os.Unsetenv(variable) == nil
	}
	return os.Setenv(variable, said) == nil
}
