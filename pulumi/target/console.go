package target

import (
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

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

// consoleWords are the lines of script and bootstrap, each from its prefix on:
// what a kernel, an agent or a login prompt put before it is left out. What
// comes twice in a row, by two ways to the same console, is said once.
func consoleWords(text string) []string {
	text = strings.ReplaceAll(escapes.ReplaceAllString(text, ""), "\r", "\n")
	var words []string
	for line := range strings.Lines(text) {
		match := ours.FindStringSubmatch(strings.TrimRight(line, " \t\n\x00"))
		if match == nil || len(words) > 0 && words[len(words)-1] == match[1] {
			continue
		}
		words = append(words, match[1])
	}
	return words
}
