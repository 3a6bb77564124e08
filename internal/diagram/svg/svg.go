// Package svg writes pictures as SVG documents that stand alone: no reference
// leads out of them, and their text is text, in whatever sans-serif font the
// reader has.
package svg

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// Fonts are those that text is asked to be set in, the reader's own first.
const Fonts = `system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, "DejaVu Sans", sans-serif`

// Canvas is a picture under way. Coordinates and sizes are pixels from the
// upper left corner.
type Canvas struct{ body bytes.Buffer }

// Anchor is which end of a text stands at its place.
type Anchor string

// Anchors of texts.
const (
	Start  Anchor = "start"
	Middle Anchor = "middle"
	End    Anchor = "end"
)

// Words is how a text is set.
type Words struct {
	// Size is in pixels.
	Size   float64
	Bold   bool
	Anchor Anchor
	// Class is that of a Rule; empty for plain text.
	Class string
}

// Width is how wide a text set like this is at most.
func (w Words) Width(text string) float64 { return Measure(text, w.Size, w.Bold) }

// Rect draws a box with round corners.
func (c *Canvas) Rect(x, y, width, height, round float64, class string) {
	fmt.Fprintf(&c.body, "<rect x=%q y=%q width=%q height=%q rx=%q class=%q/>\n",
		number(x), number(y), number(width), number(height), number(round), class)
}

// Path draws a line along points, two numbers each, with round bends.
func (c *Canvas) Path(class string, points ...[2]float64) {
	var d strings.Builder
	for i, p := range points {
		letter := "L"
		if i == 0 {
			letter = "M"
		}
		fmt.Fprintf(&d, "%s%s %s", letter, number(p[0]), number(p[1]))
	}
	fmt.Fprintf(&c.body, "<path d=%q class=%q/>\n", d.String(), class)
}

// Cylinder draws a disk.
func (c *Canvas) Cylinder(x, y, width, height float64, class string) {
	lid := height / 5
	fmt.Fprintf(&c.body, "<path d=\"M%s %sv%sa%s %s 0 0 0 %s 0v%sa%s %s 0 0 0 %s 0a%s %s 0 0 0 %s 0\" class=%q/>\n",
		number(x), number(y+lid), number(height-2*lid), number(width/2), number(lid), number(width),
		number(-(height - 2*lid)), number(width/2), number(lid), number(-width),
		number(width/2), number(lid), number(width), class)
}

// Text writes a line; y is that of its base line.
func (c *Canvas) Text(x, y float64, how Words, text string) {
	if text == "" {
		return
	}
	fmt.Fprintf(&c.body, "<text x=%q y=%q font-size=%q", number(x), number(y), number(how.Size))
	if how.Bold {
		c.body.WriteString(` font-weight="bold"`)
	}
	if how.Anchor != "" && how.Anchor != Start {
		fmt.Fprintf(&c.body, " text-anchor=%q", string(how.Anchor))
	}
	if how.Class != "" {
		fmt.Fprintf(&c.body, " class=%q", how.Class)
	}
	fmt.Fprintf(&c.body, ">%s</text>\n", escape(text))
}

// Label writes a line that begins in one way and goes on in another.
func (c *Canvas) Label(x, y float64, how Words, text string, rest Words, more string) {
	if more == "" {
		c.Text(x, y, how, text)
		return
	}
	fmt.Fprintf(&c.body, "<text x=%q y=%q font-size=%q", number(x), number(y), number(how.Size))
	if how.Class != "" {
		fmt.Fprintf(&c.body, " class=%q", how.Class)
	}
	fmt.Fprintf(&c.body, ">%s%s</text>\n", span(how, "", text), span(rest, ` dx="8"`, more))
}

func span(how Words, more, text string) string {
	if how.Bold {
		more += ` font-weight="bold"`
	}
	if how.Class != "" {
		more += fmt.Sprintf(" class=%q", how.Class)
	}
	return fmt.Sprintf("<tspan font-size=%q%s>%s</tspan>", number(how.Size), more, escape(text))
}

// Open begins a group whose title a reader is told who points at it; Close
// ends it.
func (c *Canvas) Open(title string) {
	fmt.Fprintf(&c.body, "<g><title>%s</title>\n", escape(title))
}

// Close ends a group.
func (c *Canvas) Close() { c.body.WriteString("</g>\n") }

// Document is the whole picture. The description says in words what is seen,
// for readers who see nothing.
func (c *Canvas) Document(width, height float64, title, description string, theme Theme) []byte {
	var out bytes.Buffer
	w, h := number(math.Ceil(width)), number(math.Ceil(height))
	fmt.Fprintf(&out, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=%q height=%q viewBox=\"0 0 %s %s\" role=\"img\" aria-labelledby=\"title description\" font-family=%s>\n",
		w, h, w, h, quoted(Fonts))
	fmt.Fprintf(&out, "<title id=\"title\">%s</title>\n<desc id=\"description\">%s</desc>\n", escape(title), escape(description))
	theme.write(&out)
	fmt.Fprintf(&out, "<rect width=%q height=%q class=\"paper\"/>\n", w, h)
	out.Write(c.body.Bytes())
	out.WriteString("</svg>\n")
	return out.Bytes()
}

// number writes a coordinate, to a tenth of a pixel.
func number(v float64) string {
	v = math.Round(v*10) / 10
	if v == 0 {
		return "0" // and not -0
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", v), ".0")
}

// escape makes a text part of an XML document. Characters that XML cannot hold
// are left out.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		if r == '\uFFFD' || r < ' ' || r == 0xFFFE || r == 0xFFFF {
			return -1
		}
		return r
	}, strings.ToValidUTF8(strings.NewReplacer("\n", " ", "\t", " ").Replace(text), ""))
	return strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;").Replace(text)
}

func quoted(text string) string { return `"` + escape(text) + `"` }

// Append draws another canvas on top.
func (c *Canvas) Append(other *Canvas) { c.body.Write(other.body.Bytes()) }
