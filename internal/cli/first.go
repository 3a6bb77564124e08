package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

// firstQuestion is asked of who has neither a config nor a cluster.
const firstQuestion = `There is no cluster config here, and no cluster yet. Create

  1) a first cluster on this machine, with defaults
  2) one that you describe, by answering questions

Your choice [1]: `

// describe asks a person who has no config whether to make one first. Where
// there is one, where something was named, or where nobody types, it does
// nothing: then open says what to do.
func (f *createFlags) describe(ctx context.Context, env Environment, args []string) error {
	if !env.asks() || f.Plan != "" || f.File != "" || len(args) > 0 {
		return nil
	}
	root, err := home.Root()
	if err != nil {
		return err
	}
	if path, err := f.path(root); path != "" || err != nil {
		return nil // there is one, or open says what is wrong
	}
	nothing := &usageError{errors.New("nothing is created: choose 1 or 2, or name a config with -f; 'kubectl anywhere config' makes one")}
	for range 3 {
		switch answer, err := env.ask(ctx, firstQuestion); {
		case errors.Is(err, io.EOF):
			fmt.Fprintln(env.terminal())
			return nothing
		case err != nil:
			return err
		case answer == "" || answer == "1":
			return nil
		case answer == "2":
			return describeNow(ctx, env)
		}
		fmt.Fprintln(env.terminal())
	}
	return nothing
}

// describeNow asks for a config, which is then there.
func describeNow(ctx context.Context, env Environment) error {
	if err := (configFlags{File: defaultConfig, goesOn: true}).run(ctx, env); err != nil {
		return err
	}
	if _, err := os.Stat(defaultConfig); err != nil {
		return &usageError{errors.New("nothing is created: no config was written; 'kubectl anywhere config' asks again")}
	}
	return nil
}
