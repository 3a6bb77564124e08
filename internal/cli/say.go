package cli

import (
	"context"
	"errors"
	"slices"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
)

// sayFlags are those that every command has: how the error stream speaks.
type sayFlags struct {
	Quiet  bool
	Level  int
	Format logFormat
}

// logFormat is text or json.
type logFormat string

const (
	textFormat logFormat = "text"
	jsonFormat logFormat = "json"
)

// String is the word itself.
func (f *logFormat) String() string { return string(*f) }

// Type is what help calls the value.
func (f *logFormat) Type() string { return "format" }

// Set takes one of the formats there are.
func (f *logFormat) Set(word string) error {
	if word != string(textFormat) && word != string(jsonFormat) {
		return errors.New("want text or json")
	}
	*f = logFormat(word)
	return nil
}

func (f *sayFlags) addFlags(root *cobra.Command) {
	f.Format = textFormat
	flags := root.PersistentFlags()
	flags.BoolVarP(&f.Quiet, "quiet", "q", false, "Say only errors, and what was asked for")
	flags.CountVarP(&f.Level, "verbose", "v", "Say more, such as how long each wait took; -vv adds requests to the API")
	flags.Var(&f.Format, "log-format", "How stderr says what happens: text|json, one object a line")
}

func (f *sayFlags) check() error {
	if f.Quiet && f.Level > 0 {
		return &usageError{errors.New("--quiet and --verbose: leave one of them out")}
	}
	return nil
}

func (f *sayFlags) style() ui.Style {
	return ui.Style{JSON: f.Format == jsonFormat, Quiet: f.Quiet, Level: f.Level}
}

// Run runs the command that the words are, says on the error stream what went
// wrong and what to type next, and returns the exit code.
func Run(ctx context.Context, env Environment, words []string) int {
	root, voice, flags := build(env)
	if len(words) > 0 && words[0] == cobra.ShellCompRequestCmd {
		describeFlags(root)
	}
	root.SetArgs(append([]string{}, words...)) // of nil, cobra would take the process's own
	cmd, err := root.ExecuteContextC(ctx)
	style := flags.style()
	// What could not be parsed may have asked for a format further on.
	style.JSON = style.JSON || err != nil && asksForJSON(words)
	voice.Use(style)
	defer voice.Close()
	return tell(voice, err, nextOf(cmd, err))
}

// asksForJSON finds the flag among words that may not all be parsed.
func asksForJSON(words []string) bool {
	if i := slices.Index(words, "--"); i >= 0 {
		words = words[:i]
	}
	i := slices.Index(words, "--log-format")
	return slices.Contains(words, "--log-format=json") || i >= 0 && i+1 < len(words) && words[i+1] == string(jsonFormat)
}

// detail says what is only for those who asked for more.
func (env Environment) detail(level int, format string, args ...any) {
	if env.voice != nil {
		env.voice.Detail(level, format, args...)
	}
}
