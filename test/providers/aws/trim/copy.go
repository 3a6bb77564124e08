package main

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

const upstream = "github.com/hashicorp/terraform-provider-aws"

// doorSource is the package that makes the providers reachable from outside.
//
//go:embed door.go.txt
var doorSource []byte

// services are those whose resources a cluster is made of, and those that
// their code imports.
func services() []string {
	return []string{"autoscaling", "ec2", "elbv2", "iam", "organizations", "secretsmanager", "sts"}
}

// run makes the copy in a folder, which is emptied first.
func run(folder string) error {
	from, err := source()
	if err != nil {
		return err
	}
	if err := os.RemoveAll(folder); err != nil {
		return fmt.Errorf("emptying %q: %w", folder, err)
	}
	for _, part := range []string{"internal", "names", "version", "LICENSE"} {
		if err := copyTree(from, part, folder); err != nil {
			return fmt.Errorf("copying %q: %w", part, err)
		}
	}
	// Without requirements of its own: which versions are used is written in
	// the plugin's go.mod, and there alone.
	if err := write(folder, "go.mod", []byte("module "+upstream+"\n\ngo 1.26\n")); err != nil {
		return err
	}
	if err := write(folder, "door/door.go", doorSource); err != nil {
		return err
	}
	return trimLists(folder)
}

// source is where the go command keeps the module, fetched if it must be.
func source() (string, error) {
	version, err := exec.Command("go", "list", "-m", "-f", "{{.Version}}", upstream).Output()
	if err != nil {
		return "", fmt.Errorf("looking up the version of %q: %w; run this in the plugin's module", upstream, err)
	}
	answer, err := exec.Command("go", "mod", "download", "-json", upstream+"@"+strings.TrimSpace(string(version))).Output()
	if err != nil {
		return "", fmt.Errorf("fetching %q: %w: %s", upstream, err, answer)
	}
	var module struct{ Dir string }
	if err := json.Unmarshal(answer, &module); err != nil {
		return "", fmt.Errorf("reading where %q is: %w", upstream, err)
	}
	return module.Dir, nil
}

// copyTree copies a part of the source without its tests and without the
// services nobody needs.
func copyTree(from, part, to string) error {
	return filepath.WalkDir(filepath.Join(from, part), func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		if entry.IsDir() || unused(name) {
			return nil
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return write(to, name, content)
	})
}

// unused tells whether a file of the source is left out. The settings of how
// errors read are embedded for all services at once.
func unused(name string) bool {
	parts := strings.Split(filepath.ToSlash(name), "/")
	switch {
	case strings.HasSuffix(name, "_test.go"), slices.Contains(parts, "testdata"), strings.HasPrefix(name, filepath.Join("internal", "acctest")):
		return true
	case len(parts) < 4 || parts[1] != "service" || slices.Contains(services(), parts[2]):
		return false
	}
	return filepath.Base(name) != "smarterr.hcl"
}

func write(folder, name string, content []byte) error {
	path := filepath.Join(folder, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o644)
}
