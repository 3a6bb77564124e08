package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
)

// Budget is what the sizes of a release are held to.
type Budget struct {
	// Release is the version, or the commit, that Last was measured of.
	Release string `json:"release"`
	// Growth is by how much an artefact may be larger than the last one, in
	// percent.
	Growth float64 `json:"growthPercent"`
	// Artefacts are by their kind: the file's name without the version.
	Artefacts map[string]Size `json:"artefacts"`
}

// Size is what is known of an artefact, in bytes.
type Size struct {
	// Last is the size in the last release, or 0 where there was none.
	Last int64 `json:"last,omitempty"`
	// Most is the most that it may ever have.
	Most int64 `json:"most"`
}

// SizesFile is where the budget lies in the clone, and the name of the next
// one in a release.
const SizesFile = "internal/release/sizes.json"

// ParseBudget reads a budget.
func ParseBudget(text []byte) (*Budget, error) {
	b := &Budget{}
	d := json.NewDecoder(strings.NewReader(string(text)))
	d.DisallowUnknownFields()
	if err := d.Decode(b); err != nil {
		return nil, fmt.Errorf("reading the budget of sizes: %w", err)
	}
	return b, nil
}

// Check returns a line for every artefact, and an error that names all that
// are too large. One that the budget does not know is too large: it was never
// decided on.
func (b *Budget) Check(artefacts []Artefact) (lines []string, err error) {
	var over []error
	for _, a := range artefacts {
		known, ok := b.Artefacts[a.Kind]
		line := fmt.Sprintf("%-40s %7.1f MB of %.1f", a.Kind, mb(a.Size), mb(known.Most))
		if known.Last > 0 {
			line += fmt.Sprintf(", %+.1f %% since %s", percent(a.Size, known.Last), b.Release)
		}
		lines = append(lines, line)
		switch {
		case !ok:
			over = append(over, fmt.Errorf("%s has %d bytes, and no budget: give it one in %s", a.Kind, a.Size, SizesFile))
		case a.Size > known.Most:
			over = append(over, fmt.Errorf("%s has %d bytes, %d over its budget: find what made it grow, or raise \"most\" in %s", a.Kind, a.Size, a.Size-known.Most, SizesFile))
		case known.Last > 0 && percent(a.Size, known.Last) > b.Growth:
			over = append(over, fmt.Errorf("%s has %d bytes, %.1f %% more than in %s, where %g are allowed: find what made it grow, or raise \"last\" in %s", a.Kind, a.Size, percent(a.Size, known.Last), b.Release, b.Growth, SizesFile))
		}
	}
	return lines, errors.Join(over...)
}

// after is the budget that the next release is held to.
func (b *Budget) after(version string, artefacts []Artefact) *Budget {
	next := &Budget{Release: version, Growth: b.Growth, Artefacts: map[string]Size{}}
	for kind, size := range b.Artefacts {
		next.Artefacts[kind] = size
	}
	for _, a := range artefacts {
		next.Artefacts[a.Kind] = Size{Last: a.Size, Most: next.Artefacts[a.Kind].Most}
	}
	return next
}

func mb(bytes int64) float64 { return float64(bytes) / 1e6 }

func percent(now, then int64) float64 { return 100 * float64(now-then) / float64(then) }

// sizes holds what was made to the budget, and writes the next.
func (r *run) sizes(context.Context) error {
	if r.Budget == nil {
		return nil
	}
	lines, err := r.Budget.Check(r.artefacts)
	for _, line := range lines {
		r.say("  %s", line)
	}
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(r.Budget.after(r.Version, r.artefacts), "", "  ")
	if err != nil {
		return err
	}
	return r.write("sizes.json", append(text, '\n'))
}
