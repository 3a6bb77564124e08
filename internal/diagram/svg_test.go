package diagram_test

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/svg"
)

// rect is a box of a picture, or the room that a text takes.
type rect struct{ x, y, w, h float64 }

func (r rect) holds(o rect) bool {
	const rounding = 0.2
	return o.x >= r.x-rounding && o.y >= r.y-rounding && o.x+o.w <= r.x+r.w+rounding && o.y+o.h <= r.y+r.h+rounding
}

func (r rect) contains(x, y float64) bool {
	return x >= r.x && x <= r.x+r.w && y >= r.y && y <= r.y+r.h
}

// seen is what a picture holds, as read back from it.
type seen struct {
	boxes []rect
	texts map[string]rect
	title string
	size  rect
}

// read parses a picture; every part of it has to be such that a browser shows
// it and that leads nowhere.
func read(t *testing.T, picture []byte) seen {
	t.Helper()
	s := seen{texts: map[string]rect{}}
	decoder := xml.NewDecoder(strings.NewReader(string(picture)))
	var path []string
	var text xml.StartElement
	var said strings.Builder
	var bold bool
	for {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return s
		}
		if err != nil {
			t.Fatalf("the picture is no XML: %v", err)
		}
		switch token := token.(type) {
		case xml.StartElement:
			path = append(path, token.Name.Local)
			for _, a := range token.Attr {
				if a.Name.Local == "href" || a.Name.Local == "src" {
					t.Errorf("%s leads to %q", token.Name.Local, a.Value)
				}
				bold = bold || a.Name.Local == "font-weight"
			}
			at := rect{attribute(token, "x"), attribute(token, "y"), attribute(token, "width"), attribute(token, "height")}
			switch token.Name.Local {
			case "svg":
				s.size = at
			case "rect":
				s.boxes = append(s.boxes, at)
			case "text":
				text = token
				said.Reset()
			}
		case xml.CharData:
			switch path := strings.Join(path, "/"); {
			case path == "svg/title":
				s.title += string(token)
			case strings.Contains(path, "text"):
				said.Write(token)
			}
		case xml.EndElement:
			if path = path[:len(path)-1]; token.Name.Local == "text" {
				s.texts[said.String()+fmt.Sprint(len(s.texts))] = room(text, said.String(), bold)
				bold = false
			}
		}
	}
}

func attribute(e xml.StartElement, name string) float64 {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			v, _ := strconv.ParseFloat(a.Value, 64)
			return v
		}
	}
	return 0
}

// room is what a text takes at most.
func room(e xml.StartElement, text string, bold bool) rect {
	size := attribute(e, "font-size")
	r := rect{x: attribute(e, "x"), y: attribute(e, "y") - 0.8*size, w: svg.Measure(text, size, bold), h: size}
	for _, a := range e.Attr {
		switch {
		case a.Name.Local != "text-anchor":
		case a.Value == "end":
			r.x -= r.w
		case a.Value == "middle":
			r.x -= r.w / 2
		}
	}
	return r
}

func TestSVG_TextStaysWithinItsBox(t *testing.T) {
	for _, p := range append(pictures(t), extremes(t)...) {
		s := read(t, diagram.Of(p.cluster, p.facts).SVG())
		if len(s.texts) < 10 || len(s.boxes) < 5 {
			t.Errorf("%s: only %d texts and %d boxes were found", p.name, len(s.texts), len(s.boxes))
		}
		for text, r := range s.texts {
			// The smallest box in which the text begins is the one that it is of.
			best := s.size
			for _, b := range s.boxes {
				if b.contains(r.x+0.5, r.y+r.h/2) && b.w*b.h < best.w*best.h {
					best = b
				}
			}
			if !best.holds(r) {
				t.Errorf("%s: %q takes %+v, and its box is %+v", p.name, text, r, best)
			}
		}
	}
}

// One host is the narrowest picture there is: what is beside the arrow of the
// users has to make room for it, and ranges are read whole.
func TestSVG_OfOneHostIsReadable(t *testing.T) {
	p := named(t, "one")
	s := read(t, diagram.Of(p.cluster, p.facts).SVG())
	begins := func(words string) rect {
		for text, r := range s.texts {
			if strings.HasPrefix(text, words) {
				return r
			}
		}
		t.Fatalf("%q is not in it: %v", words, s.texts)
		return rect{}
	}
	begins("services 10.96.0.0/16 (API 10.96.0.1, DNS 10.96.0.10)")
	arrow := begins("6443/tcp1").x - 8 // its label stands so far beside it
	if r := begins("Docker network"); r.x < arrow && r.x+r.w > arrow {
		t.Errorf("the arrow at %.0f goes through the network's name, %+v", arrow, r)
	}
}

// extremes are clusters with the longest names that there are.
func extremes(t *testing.T) []picture {
	long := load(t, `{"target":"gcp","controlPlane":{"count":5},"gcp":{"project":"my-project","access":{"apiCIDRs":["203.0.113.128/25","198.51.100.128/25"],"sshCIDRs":["203.0.113.128/25"]}},
		"pools":[{"name":"workers-with-a-name","count":1000,"min":1000,"max":2000,"spot":true,"machine":{"type":"c4-highmem-192-metal"},
		"taints":[{"key":"example.com/a-key-of-a-taint-that-is-long-enough","value":"value","effect":"PreferNoSchedule"}]}],
		"network":{"nodeCIDR":"10.0.0.0/16","podCIDR":"10.128.0.0/9","serviceCIDR":"172.16.0.0/12"}}`)
	long.Metadata.Name = strings.Repeat("w", 32)
	odd := load(t, `{"target":"local","controlPlane":{"count":1},"pools":[{"name":"w","count":1}],"network":{"layer":"none"}}`)
	odd.Metadata.Name = `<"&'>`
	return []picture{{"long", long, diagram.Facts{}}, {"odd", odd, diagram.Facts{}}}
}

func TestSVG_HasATitleAndADescriptionAndIsTheSameEachTime(t *testing.T) {
	for _, p := range pictures(t) {
		first := diagram.Of(p.cluster, p.facts).SVG()
		if s := read(t, first); s.title != "Cluster anywhere" {
			t.Errorf("%s: the title is %q", p.name, s.title)
		}
		for _, want := range []string{`role="img"`, `aria-labelledby="title description"`, "<desc", "prefers-color-scheme: dark", "Control plane anywhere-control-plane-1"} {
			if !strings.Contains(string(first), want) {
				t.Errorf("%s: the picture lacks %q", p.name, want)
			}
		}
		if string(first) != string(diagram.Of(p.cluster, p.facts).SVG()) {
			t.Errorf("%s: drawn again it is another picture", p.name)
		}
	}
}

func TestSVG_IsOfASaneSize(t *testing.T) {
	for _, p := range pictures(t) {
		picture := diagram.Of(p.cluster, p.facts).SVG()
		s := read(t, picture)
		if s.size.w > 2000 || s.size.h > 1600 || s.size.w < 500 {
			t.Errorf("%s: the picture has %v by %v pixels", p.name, s.size.w, s.size.h)
		}
		if len(picture) > 40<<10 {
			t.Errorf("%s: the picture has %d bytes", p.name, len(picture))
		}
	}
}

func TestDOT_IsReadByGraphviz(t *testing.T) {
	dot, err := exec.LookPath("dot")
	if err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal("there is no dot here, and ANYWHERE_REQUIRE_TOOLS is set: apt-get install graphviz")
		}
		t.Skip("there is no dot here: apt-get install graphviz")
	}
	for _, p := range append(pictures(t), extremes(t)...) {
		cmd := exec.Command(dot, "-Tplain")
		cmd.Stdin = strings.NewReader(diagram.Of(p.cluster, p.facts).DOT())
		out, err := cmd.CombinedOutput()
		if err != nil || strings.Contains(string(out), "Warning") || !strings.Contains(string(out), "plane1") {
			t.Errorf("%s: dot says %v\n%s", p.name, err, out)
		}
	}
}

func TestMeasure_IsNoLessThanDejaVuSans(t *testing.T) {
	// Widths in ems of the fonts' own tables (DejaVu Sans 2.37, hmtx): regular
	// and bold, of letters that are wide for their class.
	for text, widths := range map[string][2]float64{
		"r": {0.411, 0.493}, "t": {0.392, 0.478}, "I": {0.295, 0.372}, ".": {0.318, 0.380}, "b": {0.635, 0.716}, "Q": {0.787, 0.850},
		"m": {0.974, 1.042}, "w": {0.818, 0.924}, "W": {0.989, 1.103}, "0": {0.636, 0.696}, "%": {0.950, 1.002}, "×": {0.838, 0.838}, "…": {1, 1},
		"-": {0.361, 0.415}, " ": {0.318, 0.348}, "&": {0.780, 0.872}, "✕": {0.838, 0.838}, "–": {0.5, 0.5}, "(": {0.390, 0.457}, "@": {1, 1},
	} {
		for i, bold := range []bool{false, true} {
			if got := svg.Measure(text, 1000, bold); got < 1000*widths[i]-0.5 {
				t.Errorf("%q (bold: %v) is measured %.0f thousandths of an em, and has %.0f", text, bold, got, 1000*widths[i])
			}
		}
	}
}
