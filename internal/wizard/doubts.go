package wizard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// Doubts are values that nothing forbids and that are likely slips: regions
// that this program does not know, a letter or two beside one that it does. New
// regions open every year, so that such a name is no error.
func (d *Draft) Doubts() []string {
	cluster, _ := d.Cluster()
	var out []string
	for pattern, choices := range cluster.Choices() {
		value, written := d.written(pattern)
		if !written || !choices.Open || !isPlace(pattern) || slices.Contains(choices.Values, value) {
			continue
		}
		near := config.Nearest(value, choices.Values)
		if near == "" || withoutDigits(near) == withoutDigits(value) {
			continue
		}
		out = append(out, fmt.Sprintf("%s: %q is none of the regions that this version knows; did you mean %q?", pattern, value, near))
	}
	slices.Sort(out)
	return out
}

// isPlace tells a field that names a region, in the words of each cloud.
func isPlace(path string) bool {
	return strings.HasSuffix(path, ".region") || strings.HasSuffix(path, ".location")
}

// withoutDigits is what regions of one place have in common.
func withoutDigits(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return -1
		}
		return r
	}, name)
}

// doubtsOf are those about one field.
func (d *Draft) doubtsOf(path string) []string {
	return slices.DeleteFunc(d.Doubts(), func(doubt string) bool { return !strings.HasPrefix(doubt, schema.Pattern(path)+":") })
}
