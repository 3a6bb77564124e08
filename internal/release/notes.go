package release

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Section is what a changelog says of a version: the lines below its heading.
// One before a release, such as v1.2.3-rc.1, has the section of what is
// unreleased, unless it has one of its own.
func Section(changelog, version string) (string, error) {
	found := map[string]string{}
	title, body := "", []string{}
	end := func() { found[title] = strings.TrimSpace(strings.Join(body, "\n")) }
	for line := range strings.Lines(changelog) {
		line = strings.TrimRight(line, "\r\n")
		heading, is := strings.CutPrefix(line, "## ")
		if !is {
			body = append(body, line)
			continue
		}
		end()
		// "## [v1.2.3] - 2026-01-02", and any part less.
		title, _, _ = strings.Cut(strings.TrimSpace(heading), " ")
		title, body = strings.Trim(title, "[]"), nil
	}
	end()
	text := found[version]
	if text == "" && strings.Contains(version, "-") {
		text = found["Unreleased"]
	}
	if text == "" {
		return "", fmt.Errorf("CHANGELOG.md says nothing of %s: rename the heading \"## Unreleased\" to \"## %s\", and commit", version, version)
	}
	return text, nil
}

func (r *run) section() (string, error) {
	text, err := os.ReadFile(filepath.Join(r.source.dir, "CHANGELOG.md"))
	if err != nil {
		return "", err
	}
	return Section(string(text), r.Version)
}

// checkNotes finds out before everything is built whether there is something
// to say.
func (r *run) checkNotes(context.Context) error {
	_, err := r.section()
	return err
}

// notes writes what is published with the files.
func (r *run) notes(context.Context) error {
	text, err := r.section()
	if err != nil {
		return err
	}
	b := strings.Builder{}
	fmt.Fprintf(&b, "# %s %s\n\n%s\n\n## Files\n\n| file | MB | SHA-256 |\n|---|---|---|\n", r.Program, r.Version, text)
	for _, a := range r.artefacts {
		fmt.Fprintf(&b, "| %s | %.1f | `%s` |\n", a.Name, float64(a.Size)/1e6, a.SHA256)
	}
	fmt.Fprintf(&b, "\nBuilt from commit %s. Each file has a bill of materials beside it (.cdx.json), and\n%s says what they were built from.\n\n", r.source.commit, provenanceFile)
	fmt.Fprintf(&b, "## Verify\n\n    sha256sum --check --ignore-missing %s\n", Checksums)
	if r.Key == nil {
		b.WriteString("\nThis release is not signed.\n")
	} else {
		fmt.Fprintf(&b, "    cosign verify-blob --key cosign.pub --bundle %s%s \\\n      --insecure-ignore-tlog %s\n", Checksums, bundleSuffix, Checksums)
		b.WriteString("\nTake cosign.pub from where you trust it, not from beside these files. No public log\nhas an entry of the signatures: the key alone vouches for them.\n")
	}
	return r.write("NOTES.md", []byte(b.String()))
}
