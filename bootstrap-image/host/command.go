package host

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"strings"
	"syscall"
	"time"
)

// Command is a program to run, in the image or in a chroot of the host.
type Command struct {
	// OnHost runs it with the host's root as root.
	OnHost bool
	Name   string
	Args   []string
	Env    []string
	Stdin  io.Reader
}

// Runner runs commands and returns what they print on either stream.
type Runner interface {
	Run(ctx context.Context, c Command) (output []byte, err error)
}

// Exec runs real commands.
type Exec struct {
	HostRoot string
}

var _ Runner = Exec{}

// hostPath is where programs are on the distributions that we know.
const hostPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Run waits for the command. When the context ends it asks the command to end.
func (e Exec) Run(ctx context.Context, c Command) ([]byte, error) {
	cmd := exec.CommandContext(ctx, c.Name, c.Args...)
	if c.OnHost {
		program, err := e.find(c.Name)
		if err != nil {
			return nil, err
		}
		cmd = exec.CommandContext(ctx, program, c.Args...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: e.HostRoot}
		cmd.Dir = "/"
		cmd.Env = append([]string{"PATH=" + hostPath, "LC_ALL=C"}, c.Env...)
	} else {
		cmd.Env = append(os.Environ(), c.Env...)
	}
	var output bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = c.Stdin, &output, &output
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return output.Bytes(), fmt.Errorf("running %q: %w%s", strings.Join(append([]string{c.Name}, c.Args...), " "), err, lastWords(output.Bytes()))
	}
	return output.Bytes(), nil
}

// find looks a program up on the host: the image's PATH is another one.
func (e Exec) find(name string) (string, error) {
	for _, dir := range strings.Split(hostPath, ":") {
		if info, err := os.Stat(path.Join(e.HostRoot, dir, name)); err == nil && info.Mode()&0o111 != 0 && !info.IsDir() {
			return path.Join(dir, name), nil
		}
	}
	return "", fmt.Errorf("running %q on the host: it is not installed there", name)
}

// lastWords is the end of what a command printed, for its error.
func lastWords(output []byte) string {
	lines := tail(output, 5)
	if len(lines) == 0 {
		return ""
	}
	return ": " + strings.Join(lines, "; ")
}

// longestLine is where a line of a log is cut: some hold whole objects.
const longestLine = 400

// tail is the last lines of a text, without empty ones.
func tail(text []byte, n int) []string {
	var lines []string
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimRight(line, "\r\n"); line != "" {
			lines = append(lines, line[:min(len(line), longestLine)])
		}
	}
	return lines[max(0, len(lines)-n):]
}

// onHost runs a command in the chroot.
func (r *run) onHost(ctx context.Context, name string, args ...string) ([]byte, error) {
	return r.Runner.Run(ctx, Command{OnHost: true, Name: name, Args: args})
}
