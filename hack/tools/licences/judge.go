package main

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	classifier "github.com/google/licenseclassifier/v2"
)

// How sure one must be. Measured over the texts of 600 modules: the least sure
// of the right ones are an ISC licence at 0.96 and the head of an Apache
// licence at 0.93; 26 words beside licences are names of files and headings.
const (
	sureOfText = 0.95
	sureOfHead = 0.9
	// foreign is how many words may stand in a file beside a licence, but for
	// lines that say whose it is: more could be a condition.
	foreign = 30
)

// judge knows licences by their texts.
type judge struct {
	classifier *classifier.Classifier
	rulings    []ruling
	// known are texts that were read already, by their digest: hundreds of
	// modules have the same one.
	known map[string]reading
}

// reading is what a text is, or why it is not known.
type reading struct {
	licences []string
	problem  string
}

func newJudge(texts *classifier.Classifier, table []ruling) *judge {
	return &judge{classifier: texts, rulings: table, known: map[string]reading{}}
}

// file judges one file of a module. The problem says why it is refused.
func (j *judge) file(m module, f found) (t text, problem string, err error) {
	content, err := os.ReadFile(filepath.Join(m.Folder, filepath.FromSlash(f.file)))
	if err != nil {
		return t, "", err
	}
	digest := sha256.Sum256(content)
	t = text{File: f.file, SHA256: hex.EncodeToString(digest[:])}
	if f.kind == notice {
		return t, "", nil
	}
	if r, ruled := j.ruled(m, t); ruled {
		t.Licences = r.licences
		return t, refusal(m, t), nil
	}
	r, known := j.known[t.SHA256]
	if !known {
		r = j.read(content)
		j.known[t.SHA256] = r
	}
	if r.problem != "" {
		return t, fmt.Sprintf("%s (sha256 %s) %s: read it, and where it may be passed on add it to hack/tools/licences/rulings.go", f.file, t.SHA256, r.problem), nil
	}
	t.Licences = r.licences
	return t, refusal(m, t), nil
}

// read finds the licences that a text is made of. It must be made of nothing
// else, but for who wrote it.
func (j *judge) read(content []byte) reading {
	matches := j.classifier.Match(content).Matches
	lines := strings.Split(string(content), "\n")
	var r reading
	for _, match := range matches {
		least := sureOfText
		switch match.MatchType {
		case "License", "Supplement":
		case "Header":
			least = sureOfHead
		default: // a line that says whose it is
			least = 2
		}
		if least > 1 {
			continue
		}
		if match.Confidence < least {
			return reading{problem: fmt.Sprintf("is like %s, but differs (%.2f alike)", match.Name, match.Confidence)}
		}
		r.licences = append(r.licences, spdx(match.Name))
		for i := match.StartLine - 1; i < min(match.EndLine, len(lines)); i++ {
			lines[i] = ""
		}
	}
	slices.Sort(r.licences)
	r.licences = slices.Compact(r.licences)
	if len(r.licences) == 0 {
		return reading{problem: "is no licence that is known"}
	}
	if more := words(lines); more > foreign {
		return reading{problem: fmt.Sprintf("is %s and %d words more, which could be a condition", strings.Join(r.licences, " and "), more)}
	}
	return r
}

// words counts those of lines that do not just say whose the work is.
func words(lines []string) (sum int) {
	for _, line := range lines {
		line = strings.ToLower(line)
		if !strings.Contains(line, "copyright") && !strings.Contains(line, "rights reserved") {
			sum += len(strings.Fields(line))
		}
	}
	return sum
}

// spdx is the name that SPDX has for one of the classifier's, where they
// differ and it is allowed.
func spdx(name string) string {
	if name == "BSD-0-Clause" {
		return "0BSD"
	}
	return name
}
