package config

import (
	"bytes"
	"fmt"
	"regexp"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// largestFile is more than the config of a cluster of any size: what is larger
// is something else that was named by mistake.
const largestFile = 4 << 20

// badText finds what is no text at all, or is text in a way that parsers
// report in words nobody understands.
func badText(data []byte, at func(offset int) diag.Position) *diag.Problem {
	const utf8Fix = "save it as UTF-8; 'iconv -f UTF-16 -t UTF-8 OLD > NEW' turns UTF-16 into it"
	switch {
	case len(data) > largestFile:
		return &diag.Problem{Position: at(0), Fix: "check the name of the file",
			Message: fmt.Sprintf("the file has %d MiB, which no cluster config has", len(data)>>20)}
	case bytes.HasPrefix(data, []byte("\xff\xfe")), bytes.HasPrefix(data, []byte("\xfe\xff")),
		len(data) > 1 && (data[0] == 0) != (data[1] == 0):
		return &diag.Problem{Position: at(0), Message: "the file is UTF-16, not UTF-8", Fix: utf8Fix}
	}
	if i := firstInvalid(data); i >= 0 {
		return &diag.Problem{Position: at(i), Message: "the file is not UTF-8 text", Fix: "save it as UTF-8, or check the name of the file"}
	}
	if i := bytes.IndexFunc(data, isControl); i >= 0 {
		return &diag.Problem{Position: at(i), Message: fmt.Sprintf("there is a control character here, U+%04X", data[i]), Fix: "remove it, or check the name of the file"}
	}
	if kconfig.Match(data) {
		return ancestor(at(kconfig.FindIndex(data)[0]))
	}
	return nil
}

// isControl tells the characters that no text holds.
func isControl(r rune) bool {
	return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f
}

// kconfig is a line of the .config that Kconfig wrote for the Kubernetes
// Anywhere of 2016, such as .phase1.num_nodes=3.
var kconfig = regexp.MustCompile(`(?m)^\.?phase[123]\.[a-zA-Z0-9_.]+=`)

// ancestor says that a config is one of the Kubernetes Anywhere of 2016.
func ancestor(at diag.Position) *diag.Problem {
	file := at.File
	if file == "" || file == "-" {
		file = "FILE"
	}
	return &diag.Problem{
		Position: at,
		Message:  "this is a config of the first Kubernetes Anywhere, which Kconfig made",
		Fix:      fmt.Sprintf("'kubectl anywhere config migrate -f %s' turns it into one of today", file),
	}
}

// place turns an offset into a line and a column, counted in characters as
// the YAML parser does.
func place(data []byte, offset int) (line, column int) {
	before := data[:min(max(offset, 0), len(data))]
	start := bytes.LastIndexByte(before, '\n') + 1
	head := bytes.TrimPrefix(before[start:], []byte("\ufeff"))
	return bytes.Count(before, []byte("\n")) + 1, utf8.RuneCount(head) + 1
}

func firstInvalid(data []byte) int {
	for i := 0; i < len(data); {
		r, size := utf8.DecodeRune(data[i:])
		if r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return -1
}
