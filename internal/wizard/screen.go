package wizard

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/charmbracelet/bubbles/key"
	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/huh"
)

// Draw asks on a screen that can be drawn on, one question at a time below
// what was answered so far. The screen is the user's own again afterwards.
func Draw(ctx context.Context, w *Wizard, in io.Reader, out io.Writer) error {
	m := &screen{wizard: w, width: wide, height: 24}
	m.ask()
	program := tea.NewProgram(m, tea.WithContext(ctx), tea.WithInput(in), tea.WithOutput(out), tea.WithAltScreen(), tea.WithoutSignalHandler())
	_, err := program.Run()
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case m.interrupted:
		return fmt.Errorf("asking for a config, of which nothing is written: %w", context.Canceled)
	case err != nil && !errors.Is(err, tea.ErrProgramKilled):
		return fmt.Errorf("asking on the terminal: %w", err)
	}
	return err
}

// screen is the model of the program that draws.
type screen struct {
	wizard        *Wizard
	width, height int
	question      Question
	past          []Answered
	sections      []string
	section       int
	// field takes the answer, which typed holds.
	field huh.Field
	typed *string
	// wrong is why the last answer was refused.
	wrong error
	// scroll is how far the text of the question is moved up.
	scroll      int
	interrupted bool
}

var _ tea.Model = (*screen)(nil)

// ask puts up the question that the wizard is at.
func (m *screen) ask() tea.Cmd {
	m.question, m.past = m.wizard.Question(), m.wizard.Past()
	m.sections, m.section = m.wizard.Sections()
	m.wrong, m.scroll = nil, 0
	m.field, m.typed = fieldOf(m.question, m.wizard)
	m.field.WithTheme(theme()).WithKeyMap(keys()).WithPosition(huh.FieldPosition{Field: 1, LastField: 2, LastGroup: 1})
	m.size()
	return tea.Batch(m.field.Init(), m.field.Focus())
}

// fieldOf is the form's field for a question, and where it keeps the answer.
func fieldOf(q Question, w *Wizard) (huh.Field, *string) {
	typed := q.Value
	check := func(text string) error { return w.Check(text) }
	if len(q.Options) > 0 {
		options := make([]huh.Option[string], 0, len(q.Options))
		for _, o := range q.Options {
			options = append(options, huh.NewOption(o.Label, o.Value))
			if typed == "" && o.Value == q.Default {
				typed = o.Value
			}
		}
		return huh.NewSelect[string]().Title(q.Title).Description(q.Help).Options(options...).Validate(check).Value(&typed), &typed
	}
	input := huh.NewInput().Title(q.Title).Description(q.Help).Placeholder(placeholder(q)).Suggestions(q.Suggestions).Validate(check).Value(&typed)
	return input, &typed
}

func placeholder(q Question) string {
	switch {
	case q.Default != "":
		return q.Default
	case q.Example != "":
		return "such as " + q.Example
	}
	return ""
}

// keys are the form's own, save that tab completes what is typed.
func keys() *huh.KeyMap {
	keys := huh.NewDefaultKeyMap()
	keys.Input.Next = key.NewBinding(key.WithKeys("enter"))
	keys.Input.AcceptSuggestion = key.NewBinding(key.WithKeys("tab"))
	return keys
}

// Init begins.
func (m *screen) Init() tea.Cmd { return tea.Batch(m.field.Init(), m.field.Focus()) }

// Update takes a key or another event.
func (m *screen) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
		m.size()
		return m, nil
	case tea.KeyMsg:
		switch msg.String() {
		case "ctrl+c":
			m.interrupted = true
			return m, tea.Quit
		case "shift+tab":
			m.wizard.Back()
			return m, m.ask()
		case "pgup", "pgdown":
			m.turn(msg.String() == "pgdown")
			return m, nil
		}
		m.wrong = nil
	}
	if msg == huh.NextField() {
		return m, m.answer()
	}
	field, cmd := m.field.Update(msg)
	m.field = field.(huh.Field)
	if input, is := m.field.(*huh.Input); is && m.question.Several {
		input.Suggestions(m.suggestions())
	}
	if err := m.field.Error(); err != nil {
		m.wrong = err
	}
	return m, cmd
}

// answer takes over what was typed or chosen.
func (m *screen) answer() tea.Cmd {
	if err := m.wizard.Answer(*m.typed); err != nil {
		m.wrong = err
		return nil
	}
	if m.wizard.End() != Asking {
		return tea.Quit
	}
	return m.ask()
}

// turn moves the text of the question by most of its height.
func (m *screen) turn(down bool) {
	step := max(1, m.room()-2)
	if !down {
		step = -step
	}
	m.scroll = max(0, min(m.scroll+step, len(m.body())-m.room()))
}
