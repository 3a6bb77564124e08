package target

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func TestReadConsole_FindsTheWordsAmongTheNoise(t *testing.T) {
	for name, test := range map[string]struct {
		text   string
		status *node.Status
		before string
		log    []string
	}{
		"nothing yet": {"[    0.000000] Linux version 6.12\r\n[  OK  ] Reached target network.target\r\n", nil, "", nil},
		"before the bootstrap": {
			"[   12.3] first-boot: starting\r\ndemo login: first-boot: waiting for the Docker daemon\r\n[   13.0] docker0: port 1 entered\n",
			nil, "first-boot: waiting for the Docker daemon", []string{"first-boot: starting", "first-boot: waiting for the Docker daemon"},
		},
		"an agent's prefix and colours": {
			"Nov 22 15:00:01 demo google_metadata_script_runner[712]: startup-script: first-boot: running img\n\x1b[0;32mbootstrap: stage 2 of 11: reading the facts\x1b[0m\r\n",
			&node.Status{State: node.Running, Stage: "reading the facts", N: 2, Stages: 11}, "", []string{"first-boot: running img", "bootstrap: stage 2 of 11: reading the facts"},
		},
		"said by two ways": {
			"bootstrap: stage 1 of 11: a\ndemo docker[9]: bootstrap: stage 1 of 11: a\n",
			&node.Status{State: node.Running, Stage: "a", N: 1, Stages: 11}, "", []string{"bootstrap: stage 1 of 11: a"},
		},
		"a cut-off beginning": {
			"tage 3 of 11: issuing\nbootstrap:   waiting for the API server to be ready\n",
			&node.Status{State: node.Running, Waiting: "the API server to be ready"}, "", []string{"bootstrap:   waiting for the API server to be ready"},
		},
		"another boot": {
			"bootstrap: stage 9 of 11: late\nfirst-boot: starting\n", nil, "first-boot: starting",
			[]string{"bootstrap: stage 9 of 11: late", "first-boot: starting"},
		},
		"killed without a word": {
			"bootstrap: stage 6 of 11: loading\nfirst-boot: bootstrap failed: it was killed (its own words are above); again in 2s\n",
			&node.Status{State: node.Failed, Stage: "loading", N: 6, Stages: 11, Error: "bootstrap failed: it was killed (its own words are above); again in 2s"}, "",
			[]string{"bootstrap: stage 6 of 11: loading", "first-boot: bootstrap failed: it was killed (its own words are above); again in 2s"},
		},
		"others' words": {"kubernetes-bootstrap: stage 1 of 2: x\nbootstrapping: first-boots\n", nil, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			status, before, log := ReadConsole(test.text)
			if diff := cmp.Diff(test.status, status); diff != "" {
				t.Errorf("status (-want +got):\n%s", diff)
			}
			if before != test.before {
				t.Errorf("before is %q, want %q", before, test.before)
			}
			if diff := cmp.Diff(test.log, log); diff != "" {
				t.Errorf("log (-want +got):\n%s", diff)
			}
		})
	}
}

// The sample is the console of a host of the local target, whose journal
// writes to the console as well.
func TestReadConsole_ReadsARealConsoleAtEveryMoment(t *testing.T) {
	sample, err := os.ReadFile("testdata/console.txt")
	if err != nil {
		t.Fatal(err)
	}
	status, before, log := ReadConsole(string(sample))
	want := &node.Status{State: node.Done, Stage: "waiting for the controllers", N: 12, Stages: 12}
	if diff := cmp.Diff(want, status); diff != "" || before != "" {
		t.Errorf("status (-want +got), before %q:\n%s", before, diff)
	}
	seen := map[string]bool{}
	for _, line := range log {
		if seen[line] || strings.ContainsAny(line, "\r\x1b") {
			t.Errorf("%q is said again, or with noise", line)
		}
		seen[line] = true
	}
	stage := 0
	for end := range len(sample) {
		if sample[end] != '\n' {
			continue
		}
		switch status, before, _ := ReadConsole(string(sample[:end])); {
		case status == nil && stage > 0:
			t.Errorf("at byte %d nothing was heard, and before %q stage %d", end, before, stage)
		case status != nil && status.N < stage:
			t.Errorf("at byte %d it goes back from stage %d to %d", end, stage, status.N)
		case status != nil:
			stage = max(stage, status.N)
		}
	}
	if stage != 12 {
		t.Errorf("it came to stage %d", stage)
	}
}

func TestReadConsole_KeepsTheLastTwentyLines(t *testing.T) {
	_, _, log := ReadConsole(strings.Repeat("first-boot: one\nkernel\nfirst-boot: two\n", 30) + "first-boot: last\n")
	if len(log) != consoleLines || log[len(log)-1] != "first-boot: last" {
		t.Errorf("got %d lines: %q", len(log), log)
	}
}

// consoleOf is what a script writes to the console of a host.
func consoleOf(t *testing.T, text string, commands map[string]string) string {
	t.Helper()
	console := filepath.Join(t.TempDir(), "console")
	if err := os.WriteFile(console, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	// A file keeps only the last line written with >; a console keeps all.
	text = strings.Replace(text, "CONSOLE=/dev/console", "CONSOLE="+console, 1)
	text = strings.Replace(text, `>"$CONSOLE"`, `>>"$CONSOLE"`, 1)
	_, _, _ = run(t, text, commands)
	out, err := os.ReadFile(console)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func TestReadConsole_ReadsWhatTheScriptWrites(t *testing.T) {
	waiting := consoleOf(t, script(t, input()), map[string]string{"docker": `[ "$1" = version ] || kill -9 $PPID`})
	if _, before, _ := ReadConsole("[  1.0] noise\n" + waiting); before != "first-boot: loading /var/lib/kubernetes-anywhere/images.tar" {
		t.Errorf("before is %q after:\n%s", before, waiting)
	}
	killed := consoleOf(t, script(t, input()), map[string]string{"docker": `[ "$1" != run ] || { [ -e "$STATE/one" ] && kill -9 $PPID; touch "$STATE/one"; exit 137; }`})
	status, _, _ := ReadConsole(strings.Replace(killed, "first-boot: bootstrap", "bootstrap: stage 1 of 9: x\nfirst-boot: bootstrap", 1))
	if status == nil || status.State != node.Failed || !strings.Contains(status.Error, "killed") {
		t.Errorf("status is %+v after:\n%s", status, killed)
	}
}

// noRunner is a host on which no command is found.
type noRunner struct{}

func (noRunner) Run(context.Context, host.Command) ([]byte, error) { return nil, exec.ErrNotFound }

// The real reporter writes, to a real console file; a host without a
// first process is as far as it gets.
func TestReadConsole_ReadsWhatTheBootstrapWrites(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "dev"), 0o755); err != nil {
		t.Fatal(err)
	}
	console := filepath.Join(root, "dev/console")
	if err := os.WriteFile(console, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	err := host.Apply(t.Context(), host.Options{
		HostRoot: root, Bundle: "file:///none.json", Log: &log, Runner: noRunner{}, Network: host.SystemNetwork{}, Now: time.Now,
	})
	if err == nil {
		t.Fatal("a folder was made a node")
	}
	written, err2 := os.ReadFile(console)
	if err2 != nil || string(written) != log.String() {
		t.Fatalf("the console has %q (%v), the log %q", written, err2, log.String())
	}
	status, _, _ := ReadConsole(string(written))
	want := &node.Status{State: node.Failed, Stage: node.StageFacts, N: 1, Stages: status.Stages, Error: err.Error()}
	if diff := cmp.Diff(want, status); diff != "" || status.Stages < 5 {
		t.Errorf("status (-want +got):\n%s", diff)
	}
}
