package baremetal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Container engines that a host may have.
const (
	docker = "docker"
	podman = "podman"
)

// facts is what a look at a host finds.
type facts struct {
	root        bool
	arch, os    string
	has         map[string]bool
	dockerRuns  bool
	mark        mark
	loaded      string
	roomKiB     int64
	roomIsKnown bool
}

// mark is the file that says whose host it is.
type mark struct {
	Cluster string `json:"cluster"`
	Node    string `json:"node"`
}

// engine is the host's container engine; empty where there is none. Docker
// comes first: it is what the hosts of every other target have.
func (f facts) engine() string {
	switch {
	case f.has[docker]:
		return docker
	case f.has[podman]:
		return podman
	}
	return ""
}

// script runs a script as root and returns what it printed. What it says on
// the error stream is in the error.
func script(ctx context.Context, on shell, text string, stdin io.Reader, args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	err := on.Run(ctx, target.Command{
		Args: append([]string{"sh", "-c", text, "sh"}, args...), Stdin: stdin, Stdout: &stdout, Stderr: &stderr,
	})
	var exit *target.ExitError
	if errors.As(err, &exit) {
		return stdout.String(), &scriptError{code: exit.Code, said: lastLines(stderr.String(), 3)}
	}
	return stdout.String(), err
}

// scriptError is a script that failed; the script itself is no one's concern.
type scriptError struct {
	code int
	said string
}

func (e *scriptError) Error() string {
	if e.said == "" {
		return fmt.Sprintf("exit status %d", e.code)
	}
	return e.said
}

// lastLines is the end of a text, on one line.
func lastLines(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "; ")
}

// look finds out what a host is.
func look(ctx context.Context, on shell, r reach) (facts, error) {
	out, err := script(ctx, on, lookScript, nil)
	var failed *scriptError
	switch {
	case errors.As(err, &failed) && r.User != defaultUser:
		return facts{}, fmt.Errorf("becoming root on %s: 'sudo -n' says: %w; allow it, 'echo %s' as /etc/sudoers.d/kubernetes-anywhere there, or log in as root",
			r.Address, err, quote(r.User+" ALL=(ALL) NOPASSWD: ALL"))
	case err != nil:
		return facts{}, fmt.Errorf("looking at host %s: %w", r.Address, err)
	}
	f := facts{has: map[string]bool{}}
	for line := range strings.Lines(out) {
		word, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch word {
		case "uid":
			f.root = rest == "0"
		case "arch":
			f.arch = goArch(rest)
		case "os":
			f.os = rest
		case "has":
			f.has[rest] = true
		case "answers":
			f.dockerRuns = true
		case "mark":
			// One that cannot be read is one of nobody.
			_ = json.Unmarshal([]byte(rest), &f.mark)
		case "loaded":
			f.loaded = rest
		case "room":
			f.roomKiB, err = strconv.ParseInt(rest, 10, 64)
			f.roomIsKnown = err == nil
		}
	}
	if !f.root {
		return f, fmt.Errorf("becoming root on %s: commands of user %q run as somebody else; log in as root, or as a user of 'sudo -n'", r.Address, r.User)
	}
	return f, nil
}

// goArch is a machine's word for its architecture in Go's.
func goArch(machine string) string {
	switch machine {
	case "x86_64":
		return target.AMD64
	case "aarch64":
		return target.ARM64
	}
	return machine
}
