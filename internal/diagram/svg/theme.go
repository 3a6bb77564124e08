package svg

import (
	"bytes"
	"fmt"
)

// Rule is how everything of a class looks. Light and Dark are declarations of
// CSS, the second of what differs where the reader prefers dark colours.
type Rule struct{ Class, Light, Dark string }

// Theme is how a picture looks. Every theme has the class paper, the ground.
type Theme []Rule

// Common are the classes of all pictures: ground, text, quiet text, and what
// is bad.
func Common() Theme {
	return Theme{
		{"paper", "fill:#ffffff", "fill:#0d1117"},
		{"ink", "fill:#1f2328", "fill:#e6edf3"},
		{"quiet", "fill:#59636e", "fill:#9198a1"},
		{"bad", "fill:#c11f2e", "fill:#ff7b72"},
	}
}

// Arrows are the heads that paths of the class arrow, or both, end in. A class
// of its own colours them: head.
const arrows = `<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto-start-reverse"><path d="M0 0L10 5L0 10z" class="head"/></marker></defs>
`

func (t Theme) write(out *bytes.Buffer) {
	out.WriteString("<style>\ntext{fill:#1f2328}\n")
	for _, rule := range t {
		fmt.Fprintf(out, ".%s{%s}\n", rule.Class, rule.Light)
	}
	out.WriteString("@media (prefers-color-scheme: dark){\ntext{fill:#e6edf3}\n")
	for _, rule := range t {
		if rule.Dark != "" {
			fmt.Fprintf(out, ".%s{%s}\n", rule.Class, rule.Dark)
		}
	}
	out.WriteString("}\n</style>\n")
	out.WriteString(arrows)
}
