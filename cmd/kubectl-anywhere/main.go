// Command kubectl-anywhere is the kubectl plugin. This is the edge of the
// process: arguments, streams, signals and the exit code; all else is in
// internal/cli.
package main

import (
	"os"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/targets"
)

func main() {
	interrupted, terminated := signals()
	env := cli.Environment{
		IOStreams:  genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Targets:    targets.All(),
		Width:      width(),
		Screen:     typed() && width() > 0,
		Typed:      typed(),
		Program:    program(),
		Getenv:     os.Getenv,
		Reachable:  images.Reachable,
		Terminated: terminated,
	}
	os.Exit(cli.Run(interrupted, env, cli.Words(os.Args)))
}

// program is where this one is; nothing where the system does not tell.
func program() string {
	path, err := os.Executable()
	if err != nil {
		return ""
	}
	return path
}

// typed tells whether a person types what is read.
func typed() bool { return term.IsTerminal(int(os.Stdin.Fd())) }

// width is the columns of a terminal that lines can be redrawn on.
func width() int {
	fd := int(os.Stderr.Fd())
	if !term.IsTerminal(fd) || os.Getenv("TERM") == "dumb" || os.Getenv("CI") != "" {
		return 0
	}
	columns, _, err := term.GetSize(fd)
	if err != nil {
		return 0
	}
	return columns
}
