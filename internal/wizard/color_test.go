package wizard

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// drawing tells this test's own program, on a terminal, to draw a question.
const drawing = "ANYWHERE_TEST_DRAWS"

// colored is a change of colour (ECMA-48 SGR, 30 to 37 and 90 to 97).
var colored = regexp.MustCompile(`\x1b\[[0-9;]*(3[0-7]|9[0-7])m|\x1b\[[0-9;]*38;5`)

func TestScreen_HasNoColorsWhereNobodyWantsThem(t *testing.T) {
	if os.Getenv(drawing) != "" {
		m := &screen{wizard: Start(fresh(t), false, nil), width: wide, height: 24}
		m.ask()
		fmt.Println(m.View())
		return
	}
	script, err := exec.LookPath("script")
	if err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") != "" {
			t.Fatal("there is no script(1), which makes a terminal, and ANYWHERE_REQUIRE_TOOLS is set: apt-get install bsdutils")
		}
		t.Skip("needs script(1), which makes a terminal: apt-get install bsdutils")
	}
	draw := func(variables ...string) string {
		run := exec.CommandContext(t.Context(), script, "-qec", os.Args[0]+" -test.run="+t.Name(), "/dev/null")
		run.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + t.TempDir(), "TERM=xterm-256color", drawing + "=1"}, variables...)
		out, err := run.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "metadata.name") && !strings.Contains(string(out), "Name") {
			t.Fatalf("%v: %s", err, out)
		}
		return string(out)
	}
	if out := draw(); !colored.MatchString(out) {
		t.Errorf("there are no colours to be left out:\n%q", out)
	}
	if out := draw("NO_COLOR=1"); colored.MatchString(out) {
		t.Errorf("with NO_COLOR there are colours:\n%q", colored.FindString(out))
	}
}
