package svg

import "strings"

// Widths of characters in ems, rounded up, as DejaVu Sans has them: the widest
// of the fonts that Fonts names, so that what fits by this table fits in every
// one of them.
// Classes are enough: a text is a little narrower than it is measured.
const (
	slim   = 0.32  // i j l I J , . space and the like
	small  = 0.412 // f r t ( ) [ ] / - : ; |
	middle = 0.64  // most lower-case letters, and digits
	large  = 0.79  // most capitals
	widest = 1.01  // m M W @ % … and whatever is not known
	// boldness is how much wider bold letters are at most.
	boldness = 1.2
)

// width is that of one character, in ems.
func width(r rune) float64 {
	switch {
	case strings.ContainsRune(" ijlIJ,.·'", r):
		return slim
	case strings.ContainsRune("frt()[]/\\-:;|!", r):
		return small
	case r >= 'a' && r <= 'z' && r != 'm' && r != 'w', r >= '0' && r <= '9', strings.ContainsRune("_*?\"`“”–{}$", r):
		return middle
	case r >= 'A' && r <= 'Z' && r != 'M' && r != 'W', r == '&':
		return large
	case strings.ContainsRune("w+=<>~^#×→↔≈≥✕", r):
		return 0.84
	}
	return widest
}

// Measure is how wide a text is at most, in pixels, in letters of a size in
// pixels.
func Measure(text string, size float64, bold bool) float64 {
	sum := 0.0
	for _, r := range text {
		sum += width(r)
	}
	if bold {
		sum *= boldness
	}
	return sum * size
}

// Cut shortens a text so that it fits into so many pixels; what is cut off is
// replaced by an ellipsis.
func Cut(text string, room, size float64, bold bool) string {
	// A box that was made for the text has just its width.
	room += 0.01
	if Measure(text, size, bold) <= room {
		return text
	}
	letters := []rune(text)
	for len(letters) > 0 {
		letters = letters[:len(letters)-1]
		short := strings.TrimRight(string(letters), " ,·") + "…"
		if Measure(short, size, bold) <= room {
			return short
		}
	}
	return ""
}
