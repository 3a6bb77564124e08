package wizard

import (
	"os"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
)

// drawn is a screen without a terminal.
type drawn struct {
	*screen
	quit bool
}

func draw(t *testing.T, width, height int) *drawn {
	t.Helper()
	s := &drawn{screen: &screen{wizard: Start(fresh(t), false, nil)}}
	s.ask()
	s.send(tea.WindowSizeMsg{Width: width, Height: height})
	return s
}

// send gives the model a message, and what comes of it.
func (s *drawn) send(msg tea.Msg) {
	switch msg := msg.(type) {
	case nil:
		return
	case tea.QuitMsg:
		s.quit = true
		return
	case tea.BatchMsg:
		for _, cmd := range msg {
			s.run(cmd)
		}
		return
	}
	_, cmd := s.Update(msg)
	s.run(cmd)
}

// run carries a command out, save one that waits: those make the cursor blink.
func (s *drawn) run(cmd tea.Cmd) {
	if cmd == nil {
		return
	}
	said := make(chan tea.Msg, 1)
	go func() { said <- cmd() }()
	select {
	case msg := <-said:
		s.send(msg)
	case <-time.After(50 * time.Millisecond):
	}
}

// press sends keys by their names, and all else letter by letter.
func (s *drawn) press(keys ...string) {
	named := map[string]tea.KeyType{
		"enter": tea.KeyEnter, "back": tea.KeyShiftTab, "up": tea.KeyUp, "down": tea.KeyDown, "ctrl+u": tea.KeyCtrlU,
		"pgup": tea.KeyPgUp, "pgdown": tea.KeyPgDown, "ctrl+c": tea.KeyCtrlC, "tab": tea.KeyTab,
	}
	for _, key := range keys {
		if k, is := named[key]; is {
			s.send(tea.KeyMsg{Type: k})
			continue
		}
		for _, r := range key {
			s.send(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
		}
	}
}

func (s *drawn) fits(t *testing.T) {
	t.Helper()
	view := s.View()
	if os.Getenv("WIZARD_SHOW") != "" {
		t.Logf("\n%s\n%s", view, strings.Repeat("=", s.width))
	}
	lines := strings.Split(view, "\n")
	if len(lines) > s.height {
		t.Errorf("%q has %d lines on a screen of %d:\n%s", s.question.ID, len(lines), s.height, view)
	}
	for _, line := range lines {
		if lipgloss.Width(line) > s.width {
			t.Errorf("%q is wider than the screen: %s", s.question.ID, line)
		}
	}
}

func (s *drawn) shows(t *testing.T, words ...string) {
	t.Helper()
	for _, word := range words {
		if view := s.View(); !strings.Contains(view, word) {
			t.Errorf("%q is not on the screen:\n%s", word, view)
		}
	}
}

func TestScreen_FitsEveryQuestion(t *testing.T) {
	for _, target := range []string{"local", "cloud"} {
		for _, size := range [][2]int{{80, 24}, {140, 50}, {60, 20}} {
			s := draw(t, size[0], size[1])
			s.press("enter", "/", target, "enter", "enter")
			for range 60 {
				s.fits(t)
				if s.question.ID == "spec.cloud.project" {
					s.press("my-project")
				}
				if s.press("enter"); s.quit {
					break
				}
			}
			if !s.quit || s.wizard.End() != Write {
				t.Errorf("%s: ended as %v at %q", target, s.wizard.End(), s.question.ID)
			}
		}
	}
}

func TestScreen_ShowsWhatIsWrongUntilTheNextKey(t *testing.T) {
	s := draw(t, 80, 24)
	s.press("ctrl+u", "Not_A_Name", "enter")
	s.fits(t)
	s.shows(t, `! "Not_A_Name" is not a DNS label`, "fix: write at most 32 lower-case letters")
	s.press("ctrl+u", "good")
	if strings.Contains(s.View(), "fix:") {
		t.Errorf("what was wrong is still shown:\n%s", s.View())
	}
	s.press("enter")
	s.shows(t, "Name  good", "Target")
	s.press("back")
	s.shows(t, "> good")
}

func TestScreen_CompletesAndListsWhatIsUsual(t *testing.T) {
	s := draw(t, 80, 24)
	s.press("enter", "/", "cloud", "enter", "enter", "p", "enter")
	s.shows(t, "usual: north, south", "tab complete", "Project  p")
	s.press("so", "tab", "enter")
	s.shows(t, "Region   south", "> south-a,south-b")
}

func TestScreen_CompletesEachItemOfAList(t *testing.T) {
	s := draw(t, 80, 24)
	s.press("enter", "/", "cloud", "enter", "enter", "p", "enter", "enter")
	s.shows(t, "usual: north-a, north-b, north-c")
	s.press("north-b,")
	s.shows(t, "usual: north-a, north-c")
	s.press("north-c", "tab", "enter")
	s.shows(t, "Zones    north-b,north-c")
	s.press("back", "ctrl+u", "n", "tab", ",", "n", "tab", "enter")
	s.shows(t, "Zones    north-a,north-b")
}

func TestScreen_BreaksHelpAtSpacesOnly(t *testing.T) {
	s := draw(t, 60, 24)
	for range 20 {
		if s.quit {
			break
		}
		for _, word := range strings.Fields(s.question.Help) {
			s.shows(t, word)
		}
		s.press("enter")
	}
}

func TestScreen_TurnsThePagesOfTheSummary(t *testing.T) {
	s := draw(t, 80, 20)
	for range 20 {
		if s.question.ID != "summary" {
			s.press("enter")
		}
	}
	s.fits(t)
	s.shows(t, "Cluster \"anywhere\" on target", "lines 1-")
	s.press("pgdown", "pgdown", "pgdown")
	s.fits(t)
	s.shows(t, `"target": "local"`)
	s.press("pgup", "pgup", "pgup")
	s.shows(t, "Cluster \"anywhere\" on target")
	s.press("ctrl+c")
	if !s.quit || !s.interrupted || s.wizard.End() != Asking {
		t.Error("ctrl+c does not end it")
	}
}
