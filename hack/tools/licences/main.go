// Command licences says under which licences modules are passed on, judged
// from the texts that they come with and never by their names, and refuses
// what is not allowed.
//
//	# one module a line, and any number of lines
//	echo '{"path":"example.org/a","version":"v1.0.0","folder":"/src/a"}' |
//	  go run -C hack/tools ./licences
//
// For each it prints a line, in the same order: the SPDX expression, the files
// that say so with their digests, and why it is refused, where it is. It ends
// with 1 where one is refused.
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/google/licenseclassifier/v2/assets"
)

func main() {
	if err := run(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "licences:", err)
		os.Exit(1)
	}
}

// module is one that is linked.
type module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	// Folder is where its source lies.
	Folder string `json:"folder"`
	// Top leaves out what is below the folder: of Go's own tree most is not
	// linked, and the rest comes under the licence at its top.
	Top bool `json:"top,omitempty"`
}

// verdict is what is said of a module.
type verdict struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	// Licence is an SPDX expression: all that any of its texts asks for.
	Licence string `json:"licence"`
	// Texts are what goes with every copy, by the names of their files.
	Texts []text `json:"texts"`
	// Refused says why it may not be linked.
	Refused []string `json:"refused,omitempty"`
}

// text is a file that says how a module may be used, or who is to be named.
type text struct {
	// File is below the module's folder, with slashes.
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
	// Licences are those that it is; a notice is none.
	Licences []string `json:"licences,omitempty"`
}

// run judges the modules of in, and says on out what they are.
func run(in io.Reader, out io.Writer) error {
	texts, err := assets.DefaultClassifier()
	if err != nil {
		return fmt.Errorf("reading the texts of licences: %w", err)
	}
	j := newJudge(texts, rulings())
	refused := 0
	answers := json.NewEncoder(out)
	answers.SetEscapeHTML(false)
	for questions := json.NewDecoder(in); ; {
		var m module
		err := questions.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("reading a module: %w", err)
		}
		v, err := j.module(m)
		if err != nil {
			return fmt.Errorf("judging module %q: %w", m.Path, err)
		}
		refused += len(v.Refused)
		if err := answers.Encode(v); err != nil {
			return err
		}
	}
	if refused > 0 {
		return fmt.Errorf("%d texts are refused: see \"refused\" above", refused)
	}
	return nil
}

// module judges one.
func (j *judge) module(m module) (verdict, error) {
	v := verdict{Path: m.Path, Version: m.Version, Texts: []text{}}
	files, err := j.find(m)
	if err != nil {
		return v, err
	}
	licensed := false
	for _, f := range files {
		t, problem, err := j.file(m, f)
		if err != nil {
			return v, err
		}
		licensed = licensed || len(t.Licences) > 0
		v.Texts = append(v.Texts, t)
		if problem != "" {
			v.Refused = append(v.Refused, problem)
		}
	}
	if !licensed && len(v.Refused) == 0 {
		v.Refused = append(v.Refused, "it comes without a licence, so nobody may pass it on: do without it, or say where its licence stands in hack/tools/licences/rulings.go")
	}
	v.Licence = expression(v.Texts)
	return v, nil
}

// expression joins what all texts are. Where a module leaves a choice, all of
// it is asked for.
func expression(texts []text) string {
	var all []string
	for _, t := range texts {
		all = append(all, t.Licences...)
	}
	slices.Sort(all)
	return strings.Join(slices.Compact(all), " AND ")
}
