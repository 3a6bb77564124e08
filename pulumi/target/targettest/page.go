package targettest

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Section compares a part of a page, between the comments
// <!-- NAME: written by 'COMMAND' --> and <!-- end of NAME -->, with what it
// should be, and writes it where that is asked for.
func Section(t *testing.T, update bool, page, name, command, want string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := fmt.Sprintf("<!-- %s: written by '%s' -->\n", name, command), fmt.Sprintf("<!-- end of %s -->", name)
	before, rest, begins := strings.Cut(string(text), begin)
	_, after, ends := strings.Cut(rest, end)
	if !begins || !ends {
		t.Fatalf("%s has no place for %s: write %q and %q where it is to be", page, name, begin, end)
	}
	File(t, update, page, command, before+begin+want+end+after)
}

// File compares a file with what it should be, and writes it where that is
// asked for.
func File(t *testing.T, update bool, path, command, want string) {
	t.Helper()
	if update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	is, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; '%s' writes it", err, command)
	}
	if diff := cmp.Diff(want, string(is)); diff != "" {
		t.Errorf("%s is out of date: type '%s' (-want +is):\n%s", path, command, diff)
	}
}
