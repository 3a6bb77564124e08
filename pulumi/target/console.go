package target

import (
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// copyDistance is within how many lines a copy of a line comes, which may be
// cut short.
const copyDistance = 16

// consoleLines is how much of a host's log an observation carries.
const consoleLines = 20

// What the first-boot script (firstboot.sh) says on the console.
const (
	bootPrefix   = "first-boot: "
	bootStarting = "starting"
	bootFailed   = "bootstrap failed: "
	bootGaveUp   = "gave up the bootstrap "
)

var (
	// escapes are what colours a terminal, moves its cursor or names its window.
	escapes = regexp.MustCompile(`\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(\x07|\x1b\\)?|[()][0-9AB]|[=>78DEHMNOZc])`)
	ours    = regexp.MustCompile(`(?:^|[^\w-])((?:` + node.ConsolePrefix + `|` + bootPrefix + `).*)$`)
)

// ReadConsole finds out from the log of a host's console how far phase 2 is.
// Status is nil while the bootstrap has not spoken since the host last began;
// before is then the last word of the first-boot script, empty where there is
// none. Log is the end of what both said, in order. A console tells no time:
// Status.Updated stays zero.
func ReadConsole(text string) (status *node.Status, before string, log []string) {
	words := consoleWords(text)
	for _, line := range words {
		if said, ours := strings.CutPrefix(line, node.ConsolePrefix); ours {
			if status == nil {
				status = &node.Status{}
			}
			status.Hear(said)
			continue
		}
		said := strings.TrimPrefix(line, bootPrefix)
		before = line
		switch {
		case said == bootStarting:
			status = nil // what was heard until now is of another boot
		case status != nil && status.State == node.Running && (strings.HasPrefix(said, bootFailed) || strings.HasPrefix(said, bootGaveUp)):
			// It ended without a word, as one that is killed does.
			status.State, status.Error = node.Failed, said
		}
	}
	if status != nil {
		before = ""
	}
	return status, before, words[max(0, len(words)-consoleLines):]
}

// word is a line of script or bootstrap, from its prefix on.
type word struct {
	text string
	// bare words stand at the beginning of a line.
	bare bool
}

// consoleWords are what script and bootstrap said, without what a kernel, an
// agent or a login prompt put before it, and each line once: a journal or an
// agent may write to the same console what was written to it already.
func consoleWords(text string) []string {
	var all []word
	text = strings.ReplaceAll(escapes.ReplaceAllString(text, ""), "\r", "\n")
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, " \t\n\x00")
		if match := ours.FindStringSubmatch(line); match != nil {
			all = append(all, word{match[1], match[1] == line})
		}
	}
	var words []string
	for i, said := range all {
		near := all[max(0, i-copyDistance):min(len(all), i+copyDistance)]
		isCopy := func(other word) bool { return other.bare && strings.HasPrefix(other.text, said.text) }
		if !said.bare && slices.ContainsFunc(near, isCopy) || len(words) > 0 && words[len(words)-1] == said.text {
			continue
		}
		words = append(words, said.text)
	}
	return words
}
