package node

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// What the bootstrap says line by line, on standard output and on the host's
// console. Where nobody can log in, the console is all that is seen of a host:
// Status.Hear reads back from it what these lines tell.
const (
	// ConsolePrefix begins every line of the bootstrap.
	ConsolePrefix = "bootstrap: "
	// DoneLine is the last one of a bootstrap that went well.
	DoneLine = "done: this host is a node"

	detailMark  = "  "
	waitingMark = detailMark + "waiting for "
	tailMark    = detailMark + "| "
	failedMark  = "failed: "
)

var stageForm = regexp.MustCompile(`^stage (\d+) of (\d+): (.+)$`)

// StageLine opens a stage.
func StageLine(s Status) string { return fmt.Sprintf("stage %d of %d: %s", s.N, s.Stages, s.Stage) }

// WaitingLine says what the stage waits for from here on.
func WaitingLine(what string) string { return waitingMark + oneLine(what) }

// FailedLine says why a bootstrap ended.
func FailedLine(reason string) string { return failedMark + oneLine(reason) }

// TailLine is a line of the log of what failed.
func TailLine(line string) string { return tailMark + oneLine(line) }

// oneLine keeps together what is said: on a console each line stands alone.
func oneLine(text string) string {
	return strings.ReplaceAll(strings.TrimSpace(text), "\n", "; ")
}

// Hear takes in a line that a bootstrap said, without its prefix. Lines are
// heard in order; one that is cut off changes nothing.
func (s *Status) Hear(line string) {
	if s.State == "" {
		s.State = Running
	}
	stage := stageForm.FindStringSubmatch(line)
	switch {
	case stage != nil:
		*s = Status{State: Running, Stage: stage[3]}
		s.N, _ = strconv.Atoi(stage[1])
		s.Stages, _ = strconv.Atoi(stage[2])
	case line == DoneLine:
		s.State, s.Waiting, s.Error, s.LogTail = Done, "", "", nil
	case strings.HasPrefix(line, failedMark):
		s.State, s.Error, s.LogTail = Failed, strings.TrimPrefix(line, failedMark), nil
	case strings.HasPrefix(line, tailMark):
		s.LogTail = append(s.LogTail, strings.TrimPrefix(line, tailMark))
	case strings.HasPrefix(line, waitingMark):
		s.Waiting = strings.TrimPrefix(line, waitingMark)
	case strings.HasPrefix(line, detailMark):
		s.Waiting = "" // it is past the wait
	}
}
