package wizard

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/huh"
	"github.com/charmbracelet/lipgloss"
)

// looks are the styles of what stands around a question, in the sixteen colors
// that every terminal has and its user has chosen.
type looks struct {
	title, faint, here, wrong, note lipgloss.Style
}

func styles() looks {
	color := func(c string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(c)) }
	return looks{
		title: lipgloss.NewStyle().Bold(true), faint: lipgloss.NewStyle().Faint(true),
		here: color("6").Bold(true), wrong: color("1"), note: color("3"),
	}
}

func theme() *huh.Theme { return huh.ThemeBase16() }

// columns are as many as a line can have that is to be read.
func (m *screen) columns() int { return max(20, min(m.width, 100)) }

// size fits the field into the screen.
func (m *screen) size() {
	m.field.WithWidth(m.columns() - 1) // the bar at its left is one more
	// Left to itself, the form breaks lines at the dots of addresses as well.
	help := wrappedIn(m.columns()-3, "", "", m.question.Help)
	list, is := m.field.(*huh.Select[string])
	if !is {
		if input, is := m.field.(*huh.Input); is {
			input.Description(help)
		}
		return
	}
	list.Description(help)
	// Title and help come with the field; the rest is around it.
	around := 8 + lipgloss.Height(help)
	if m.question.Body != "" {
		around += 6
	}
	if room := max(3, m.height-around); len(m.question.Options) > room {
		list.Height(room + 1 + lipgloss.Height(help))
	}
}

// View draws the screen: heading, what was answered, the question, what is
// wrong with the answer, and the keys.
func (m *screen) View() string {
	look := styles()
	head := append(strings.Split(m.heading(look), "\n"), "")
	foot := m.foot(look)
	middle := strings.Split(m.field.View(), "\n")
	if m.question.Body != "" {
		body := m.body()
		shown := body[min(m.scroll, len(body)):]
		if room := m.room(); len(shown) > room {
			shown = shown[:room]
		}
		head = append(head, shown...)
		head = append(head, look.faint.Render(m.position(len(body))))
		return strings.Join(append(append(head, middle...), foot...), "\n")
	}
	past := m.answers(look)
	if room := m.height - len(head) - len(middle) - len(foot) - 1; len(past) > room {
		past = past[len(past)-max(0, room):]
	}
	if len(past) > 0 {
		past = append(past, "")
	}
	return strings.Join(append(append(append(head, past...), middle...), foot...), "\n")
}

// heading is where one is.
func (m *screen) heading(look looks) string {
	var parts []string
	for i, title := range m.sections {
		if i == m.section {
			parts = append(parts, look.here.Render(title))
		} else {
			parts = append(parts, look.faint.Render(title))
		}
	}
	line := strings.Join(parts, look.faint.Render(" › "))
	if lipgloss.Width(line) > m.width {
		line = fmt.Sprintf("%s %s", look.here.Render(m.sections[m.section]), look.faint.Render(fmt.Sprintf("(%d of %d)", m.section+1, len(m.sections))))
	}
	if m.question.Section != m.sections[m.section] {
		line += "\n" + look.title.Render(m.question.Section)
	}
	return line
}

// answers are what was said in this section.
func (m *screen) answers(look looks) []string {
	width := 0
	for _, a := range m.past {
		width = max(width, lipgloss.Width(a.Title))
	}
	var lines []string
	for _, a := range m.past {
		line := fmt.Sprintf("  %-*s  ", width, a.Title)
		value := cut(a.Value, m.width-lipgloss.Width(line))
		if a.Default {
			value = look.faint.Render(value)
		}
		lines = append(lines, look.faint.Render(line)+value)
	}
	return lines
}

// foot is what goes with the typed answer, what is wrong with it, and the keys.
func (m *screen) foot(look looks) []string {
	var lines []string
	add := func(style lipgloss.Style, lead, text string) {
		for line := range strings.SplitSeq(wrappedIn(min(wide, m.width), lead, strings.Repeat(" ", len(lead)), text), "\n") {
			lines = append(lines, style.Render(line))
		}
	}
	if m.wrong == nil && len(m.question.Options) == 0 {
		if usual := m.usual(); usual != "" {
			add(look.faint, "  ", usual)
		}
	}
	lines = append(lines, "")
	if m.wrong != nil {
		add(look.wrong, "  ! ", m.wrong.Error())
	}
	for _, note := range m.wizard.Notes() {
		add(look.note, "  * ", note)
	}
	if len(lines) > 1 {
		lines = append(lines, "")
	}
	return append(lines, look.faint.Render(m.keys()))
}

// suggestions complete what was typed so far: of a list, its last item by what
// is not in it yet.
func (m *screen) suggestions() []string {
	if !m.question.Several {
		return m.question.Suggestions
	}
	before, _ := m.items()
	var out []string
	for _, s := range m.question.Suggestions {
		if !slices.Contains(strings.Split(before, ","), s) {
			out = append(out, before+s)
		}
	}
	return out
}

// items cuts what was typed before the item that is being typed.
func (m *screen) items() (before, last string) {
	typed := *m.typed
	if !m.question.Several {
		return "", typed
	}
	at := strings.LastIndex(typed, ",") + 1
	return typed[:at], typed[at:]
}

// usual are the usual answers that go with what was typed so far.
func (m *screen) usual() string {
	before, last := m.items()
	var fit []string
	for _, s := range m.question.Suggestions {
		if strings.Contains(s, strings.TrimSpace(last)) && !slices.Contains(strings.Split(before, ","), s) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 0 {
		return ""
	}
	text := "usual: "
	for i, s := range fit {
		if len(text)+len(s) > 2*(wide-8) {
			return text + "…"
		}
		if text += s; i < len(fit)-1 {
			text += ", "
		}
	}
	return text
}

// keys are what can be pressed.
func (m *screen) keys() string {
	parts := []string{"enter next", "shift+tab back"}
	switch {
	case m.question.Body != "":
		parts = append(parts, "↑ ↓ choose", "pgup pgdn read")
	case len(m.question.Options) > 0:
		parts = append(parts, "↑ ↓ choose", "/ filter")
	case len(m.question.Suggestions) > 0:
		parts = append(parts, "tab complete")
	}
	line := cut(strings.Join(append(parts, "ctrl+c abort"), " · "), m.width)
	if path := m.question.Path; path != "" && !m.question.Menu && lipgloss.Width(line)+len(path)+3 <= m.width {
		line += strings.Repeat(" ", m.width-lipgloss.Width(line)-len(path)-1) + path
	}
	return line
}

// body is the text to read before answering.
func (m *screen) body() []string {
	var out []string
	for line := range strings.SplitSeq(strings.TrimRight(m.question.Body, "\n"), "\n") {
		out = append(out, cut(line, m.width))
	}
	return out
}

// room is the lines that the text has.
func (m *screen) room() int {
	return max(3, m.height-5-len(strings.Split(m.field.View(), "\n"))-len(m.foot(styles())))
}

func (m *screen) position(lines int) string {
	last := min(m.scroll+m.room(), lines)
	if m.scroll == 0 && last >= lines {
		return ""
	}
	return fmt.Sprintf("lines %d-%d of %d", m.scroll+1, last, lines)
}

// cut shortens a line to a width.
func cut(line string, width int) string {
	letters := []rune(line)
	if len(letters) <= max(width, 1) {
		return line
	}
	return string(letters[:max(width-1, 0)]) + "…"
}
