package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/cli"
)

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
