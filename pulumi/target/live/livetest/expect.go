// Package livetest is what the tests of all clouds ask of a preflight.
package livetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// Expect finds one problem by its path, a part of its message and a part of
// its fix.
func Expect(t *testing.T, problems []diag.Problem, path, message, fix string) {
	t.Helper()
	found := slices.ContainsFunc(problems, func(p diag.Problem) bool {
		return p.Path == path && strings.Contains(p.Message, message) && strings.Contains(p.Fix, fix)
	})
	if !found {
		t.Errorf("no problem at %q with %q, fixed by %q, among:\n%s", path, message, fix, Listed(problems))
	}
}

// Listed is all problems, a line each and its fix below.
func Listed(problems []diag.Problem) string {
	var out strings.Builder
	for _, p := range problems {
		fmt.Fprintf(&out, "  %q: %s\n    fix: %s\n", p.Path, p.Message, p.Fix)
	}
	return out.String()
}
