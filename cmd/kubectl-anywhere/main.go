// Command kubectl-anywhere is the kubectl plugin. This is the edge of the
// process: arguments, streams, signals and the exit code; all else is in
// internal/cli.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"golang.org/x/term"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func main() {
	interrupted, terminated := signals()
	env := cli.Environment{
		IOStreams:  genericiooptions.IOStreams{In: os.Stdin, Out: os.Stdout, ErrOut: os.Stderr},
		Targets:    []target.Target{local.New()},
		Width:      width(),
		Getenv:     os.Getenv,
		Reachable:  images.Reachable,
		Terminated: terminated,
	}
	root := cli.New(env)
	root.SetArgs(os.Args[1:])
	os.Exit(cli.Report(os.Stderr, root.ExecuteContext(interrupted)))
}

// grace is how long a second interrupt leaves to record what was let go.
const grace = 5 * time.Second

// signals ends the first context at the first signal, upon which commands
// finish what is in flight and record it, and the other at the second, upon
// which they let it go. Whatever still runs then is ended: what it leaves half
// done, the next run repairs.
func signals() (interrupted, terminated context.Context) {
	interrupted, interrupt := context.WithCancel(context.Background())
	terminated, terminate := context.WithCancel(context.Background())
	received := make(chan os.Signal, 3)
	signal.Notify(received, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-received
		interrupt()
		<-received
		terminate()
		select {
		case <-received:
		case <-time.After(grace):
		}
		os.Exit(cli.ExitInterrupted)
	}()
	return interrupted, terminated
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
