package host

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// reporter says how far the bootstrap is: in the log, on the console of the
// host, and in a file that 'create' reads.
type reporter struct {
	root    root
	log     io.Writer
	console *os.File
	now     func() time.Time
	status  node.Status
}

func newReporter(o Options, root root) *reporter {
	r := &reporter{root: root, log: o.Log, now: o.Now}
	// A console without a reader must not stop the bootstrap.
	if console, err := root.open("/dev/console", os.O_WRONLY|syscall.O_NOCTTY|syscall.O_NONBLOCK); err == nil {
		r.console = console
	}
	return r
}

func (r *reporter) close() {
	if r.console != nil {
		_ = r.console.Close()
	}
}

func (r *reporter) stage(title string, n, stages int) {
	r.status.Enter(title, n, stages, r.now())
	r.say("%s", node.StageLine(r.status))
	r.save()
}

// waiting says what the stage waits for now; empty ends it.
func (r *reporter) waiting(what string) {
	if r.status.Wait(what, r.now()); what != "" {
		r.say("%s", node.WaitingLine(what))
	}
	r.save()
}

func (r *reporter) failed(err error) {
	r.status.End(node.Failed, r.now())
	r.status.Error, r.status.LogTail = err.Error(), LogTail(err)
	r.say("%s", node.FailedLine(r.status.Error))
	for _, line := range r.status.LogTail {
		r.say("%s", node.TailLine(line))
	}
	r.save()
}

func (r *reporter) done() {
	r.status.End(node.Done, r.now())
	r.status.Waiting = ""
	r.say("%s", node.DoneLine)
	r.save()
}

// say writes a line to people. It never fails: who cannot be told is not told.
func (r *reporter) say(format string, args ...any) {
	line := node.ConsolePrefix + fmt.Sprintf(format, args...) + "\n"
	_, _ = io.WriteString(r.log, line)
	if r.console != nil {
		_, _ = io.WriteString(r.console, line)
	}
}

func (r *reporter) save() {
	r.status.Updated = r.now().UTC()
	document, err := json.MarshalIndent(r.status, "", "  ")
	if err == nil {
		err = r.root.write(node.StatusPath, 0o644, append(document, '\n'))
	}
	if err != nil {
		r.say("  the status file could not be written: %v", err)
	}
}
