// Command kubectl-anywhere is the kubectl plugin. This is the edge of the
// process: arguments, streams, signals and the exit code; all else is in
// internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func main() {
	env := cli.Environment{
		IOStreams: genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Targets:   []target.Target{local.New()},
		Width:     width(),
		Getenv:    os.Getenv,
	}
	root := cli.New(env)
	root.SetArgs(os.Args[1:])
	os.Exit(cli.Report(os.Stderr, root.ExecuteContext(interruptible())))
}

// interruptible is canceled by the first signal, upon which commands finish
// what is in flight and record it. The second ends the process at once: what
// it leaves half done, the next run repairs.
func interruptible() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		os.Stderr.WriteString("\nInterrupted: finishing what is in flight. Once more stops at once.\n")
		cancel()
		<-signals
		os.Exit(cli.ExitInterrupted)
	}()
	return ctx
}

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
