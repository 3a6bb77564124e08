package terminal_test

import (
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the screens of the documentation anew")

// patience is how long a screen may take to come: the plugin starts within a
// second, but machines that run tests are busy.
const patience = time.Minute

// terminal is a real one: tmux, with a server of its own.
type terminal struct {
	t      *testing.T
	socket string
	dir    string
}

// start runs a command line of a shell in a terminal of a size, in a folder of
// its own.
func start(t *testing.T, width, height int, line string) *terminal {
	t.Helper()
	if _, err := exec.LookPath("tmux"); err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TMUX") == "1" {
			t.Fatal("there is no tmux, and ANYWHERE_REQUIRE_TMUX says that there must be one")
		}
		t.Skip("there is no tmux")
	}
	// A socket's path has to be short, which that of t.TempDir is not.
	sockets, err := os.MkdirTemp("", "ka-tmux-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(sockets) })
	term := &terminal{t: t, socket: filepath.Join(sockets, "s"), dir: t.TempDir()}
	shell := fmt.Sprintf("%s; echo exit $?; exec sleep 600", line)
	term.tmux("-f", "/dev/null", "new-session", "-d", "-x", fmt.Sprint(width), "-y", fmt.Sprint(height), "-c", term.dir,
		"-e", "HOME="+term.dir, "-e", "CI=", "-e", "ACCESSIBLE=", "-e", "LC_ALL=C.UTF-8", "sh", "-c", shell)
	t.Cleanup(func() { term.tmux("kill-server") })
	return term
}

func (term *terminal) tmux(args ...string) string {
	term.t.Helper()
	cmd := exec.Command("tmux", append([]string{"-u", "-S", term.socket}, args...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		term.t.Fatalf("tmux %q: %v: %s", args, err, out)
	}
	return string(out)
}

// screen is what stands on it now, without the empty lines at its end.
func (term *terminal) screen() string {
	term.t.Helper()
	return strings.TrimRight(term.tmux("capture-pane", "-p"), " \n") + "\n"
}

// await waits until all words stand on the screen, and gives it.
func (term *terminal) await(words ...string) string {
	term.t.Helper()
	var screen, missing string
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		screen, missing = term.screen(), ""
		for _, word := range words {
			if !strings.Contains(screen, word) {
				missing = word
			}
		}
		if missing == "" {
			return screen
		}
	}
	term.t.Fatalf("%q never came to the screen:\n%s", missing, screen)
	return ""
}

// press sends keys by tmux's names for them; write sends letters.
func (term *terminal) press(keys ...string) {
	term.t.Helper()
	for _, key := range keys {
		term.tmux("send-keys", key)
	}
}

func (term *terminal) write(text string) {
	term.t.Helper()
	term.tmux("send-keys", "-l", text)
}

// records compares a screen with that of the documentation: the question, in
// every line of it, has to be the same.
func records(t *testing.T, name, screen string) {
	t.Helper()
	path := filepath.Join("..", "..", "docs", "screens", "wizard-"+name+".txt")
	if *update {
		if err := os.WriteFile(path, []byte(screen), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v\n'go test ./test/terminal -update' writes the screens", err)
	}
	lines := 0
	for line := range strings.SplitSeq(string(want), "\n") {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "┃") {
			continue
		}
		if lines++; !strings.Contains(screen, line) {
			t.Errorf("%s says %q, which is not on the screen:\n%s\n'go test ./test/terminal -update' writes the screens anew", path, line, screen)
		}
	}
	if lines == 0 {
		t.Errorf("%s holds no question", path)
	}
}
