package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// terminal is the error stream itself, for what whoever types must see.
func (env Environment) terminal() io.Writer {
	if env.voice == nil {
		return env.ErrOut
	}
	return env.voice.Terminal()
}

// emphatic is the error stream for what is said even to those who want to hear
// only errors: what a question is about, or what an error refers to.
func (env Environment) emphatic() io.Writer {
	if env.voice == nil || env.voice.Style().JSON {
		return env.ErrOut
	}
	return env.voice.Terminal()
}

// isQuiet tells that what is narrated is not heard.
func (env Environment) isQuiet() bool { return env.voice != nil && env.voice.Style().Quiet }

// asks tells whether questions can be asked: a person types, and reads.
func (env Environment) asks() bool {
	return env.Typed && (env.voice == nil || !env.voice.Style().JSON)
}

// ask has a person answer in one line, before anything is done. The error is
// io.EOF where the input ended without one.
func (env Environment) ask(ctx context.Context, question string) (string, error) {
	fmt.Fprint(env.terminal(), question)
	type line struct {
		text string
		err  error
	}
	answered := make(chan line, 1)
	go func() {
		text, err := readLine(env.In)
		answered <- line{strings.TrimSpace(text), err}
	}()
	select {
	case <-ctx.Done():
		fmt.Fprintln(env.terminal())
		return "", fmt.Errorf("waiting for an answer; nothing was done: %w", ctx.Err())
	case answer := <-answered:
		return answer.text, answer.err
	}
}

// agrees has a person say yes or no; no answer is a no.
func (env Environment) agrees(ctx context.Context, question string) (bool, error) {
	answer, err := env.ask(ctx, question+" [y/N] ")
	if errors.Is(err, io.EOF) {
		fmt.Fprintln(env.terminal())
		return false, nil
	}
	return isYes(answer), err
}

func isYes(answer string) bool {
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes"
}

// readLine reads up to a newline, and no further: what follows answers the
// next question.
func readLine(from io.Reader) (string, error) {
	var line []byte
	for one := make([]byte, 1); ; {
		n, err := from.Read(one)
		switch {
		case n > 0 && one[0] == '\n':
			return string(line), nil
		case n > 0:
			line = append(line, one[0])
		case err == io.EOF && len(line) > 0:
			return string(line), nil
		case err != nil:
			return "", err
		}
	}
}
