package script_test

import (
	"bytes"
	"errors"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// exits CODE PROGRAM [ARG…] runs a program that must end with the code; what
// it says is compared with 'stdout', 'stderr' and cmp as after exec.
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE PROGRAM [ARG…]")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	err = ts.Exec(args[1], args[2:]...)
	got := 0
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		got = exit.ExitCode()
	case err != nil:
		ts.Fatalf("running %q: %v", args[1:], err)
	}
	if got != want {
		ts.Fatalf("%q exited %d, want %d", args[1:], got, want)
	}
}

// same A B compares two folders, to the byte.
func same(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: same FOLDER FOLDER")
	}
	a, b := tree(ts, args[0]), tree(ts, args[1])
	names := slices.Sorted(maps.Keys(a))
	if len(names) == 0 || !slices.Equal(names, slices.Sorted(maps.Keys(b))) {
		ts.Fatalf("%s and %s do not hold the same files, or none", args[0], args[1])
	}
	for _, name := range names {
		if !bytes.Equal(a[name], b[name]) {
			ts.Fatalf("%s differs", name)
		}
	}
}

// nosecret FOLDER looks for a private key in plain text.
func noSecret(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: nosecret FOLDER")
	}
	for name, content := range tree(ts, args[0]) {
		if bytes.Contains(content, []byte("PRIVATE KEY")) {
			ts.Fatalf("%s holds a private key", name)
		}
	}
}

// filled FOLDER looks for values that were left blank.
func filled(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: filled FOLDER")
	}
	for name, content := range tree(ts, args[0]) {
		for line := range bytes.Lines(content) {
			if bytes.HasSuffix(bytes.TrimSpace(line), []byte(`: ""`)) || bytes.Contains(line, []byte("//.")) {
				ts.Fatalf("%s leaves a value blank: %s", name, line)
			}
		}
	}
}

func tree(ts *testscript.TestScript, folder string) map[string][]byte {
	root, files := ts.MkAbs(folder), map[string][]byte{}
	ts.Check(filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		name, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		files[name], err = os.ReadFile(path)
		return err
	}))
	return files
}
