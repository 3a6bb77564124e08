// Package balance is a TCP balancer in front of the API servers of a cluster.
// It passes connections on as they are, TLS and all: it holds no key, and who
// connects verifies the API server and not the balancer.
package balance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// Options is what a balancer depends on. The zero value of a duration is its
// default.
type Options struct {
	// Listen is where it takes connections, host:port.
	Listen string
	// Backends are the API servers to begin with, host:port. They are what is
	// tried last where Learn has told of others.
	Backends []string
	// Authority is PEM that verifies backends' health; empty where it is not
	// verified. What clients send is never concerned.
	Authority []byte
	// Learn tells which API servers there are now; nil where Backends are all
	// that there will be.
	Learn Learner
	// Keep is the file that holds what was learned last, for the next start.
	Keep string
	// Log gets a line when something changes.
	Log io.Writer

	// Interval is between two looks at a backend. Default: 1 second.
	Interval time.Duration
	// ConnectLimit is how long a backend's kernel may take to accept a
	// connection before it counts as gone; the look is repeated once. Default:
	// 500 milliseconds.
	ConnectLimit time.Duration
	// AnswerLimit is how long a backend may take to say how it is: far more, as
	// a busy one is not a dead one. Default: 5 seconds.
	AnswerLimit time.Duration
	// Head is how long a backend may take to accept a connection before the
	// next is tried beside it. Default: 250 milliseconds.
	Head time.Duration
	// LearnEvery is between two questions to Learn. Default: 15 seconds.
	LearnEvery time.Duration
	// Drain is how long connections may go on after the end was asked for.
	// Default: 2 seconds.
	Drain time.Duration

	// dial is replaced by tests that need hosts which do not answer.
	dial func(ctx context.Context, address string) (net.Conn, error)
}

// Learner tells which API servers a cluster has, as host:port.
type Learner interface {
	Members(ctx context.Context) ([]string, error)
}

// dialLimit is how long a client waits at most for any one backend.
const dialLimit = 5 * time.Second

func (o Options) withDefaults() Options {
	for _, d := range []struct {
		value *time.Duration
		usual time.Duration
	}{
		{&o.Interval, time.Second}, {&o.ConnectLimit, 500 * time.Millisecond}, {&o.AnswerLimit, 5 * time.Second},
		{&o.Head, 250 * time.Millisecond}, {&o.LearnEvery, 15 * time.Second}, {&o.Drain, 2 * time.Second},
	} {
		if *d.value == 0 {
			*d.value = d.usual
		}
	}
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.dial == nil {
		o.dial = func(ctx context.Context, address string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", address)
		}
	}
	return o
}

// Balancer is one that listens.
type Balancer struct {
	options  Options
	listener net.Listener
	backends *backends
	log      sync.Mutex
	// refused is when it was last said that nobody takes a connection.
	refused time.Time
}

// Listen opens the balancer's address. Connections are taken from now on, and
// served once Serve runs.
func Listen(o Options) (*Balancer, error) {
	o = o.withDefaults()
	if len(o.Backends) == 0 {
		return nil, errors.New("starting the balancer: there is no backend; name one API server at least")
	}
	for _, address := range o.Backends {
		if err := checkAddress(address); err != nil {
			return nil, fmt.Errorf("starting the balancer: %w", err)
		}
	}
	listener, err := net.Listen("tcp", o.Listen)
	if err != nil {
		return nil, fmt.Errorf("starting the balancer: %w", err)
	}
	return &Balancer{options: o, listener: listener}, nil
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil || host == "" || port == "" {
		return fmt.Errorf("reading the backend %q: write host:port", address)
	}
	return nil
}

// Addr is where it listens.
func (b *Balancer) Addr() net.Addr { return b.listener.Addr() }

// Serve passes connections on until the context ends. It then takes no new
// ones, lets the others end for a moment, closes them and returns when
// everything it started is over. The end that was asked for is no error.
func (b *Balancer) Serve(ctx context.Context) error {
	work, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var background, serving sync.WaitGroup
	b.backends = newBackends(b.options, work, &background, b.say)
	if b.options.Learn != nil {
		background.Go(func() { b.learn(work) })
	}
	closed := context.AfterFunc(ctx, func() { _ = b.listener.Close() })
	defer closed()
	err := b.accept(ctx, work, &serving)
	_ = b.listener.Close()

	over := make(chan struct{})
	go func() { serving.Wait(); close(over) }()
	select {
	case <-over:
	case <-time.After(b.options.Drain):
	}
	stop()
	background.Wait()
	b.backends.closeAll()
	<-over
	return err
}

// acceptPause is after a connection that could not be taken, such as for want
// of file descriptors.
const acceptPause = 50 * time.Millisecond

// accept takes connections until the context ends.
func (b *Balancer) accept(ctx, work context.Context, serving *sync.WaitGroup) error {
	for {
		client, err := b.listener.Accept()
		switch {
		case ctx.Err() != nil:
			if err == nil {
				_ = client.Close()
			}
			return nil
		case errors.Is(err, net.ErrClosed):
			return fmt.Errorf("taking connections at %s: %w", b.Addr(), err)
		case err != nil:
			b.say("taking a connection: %v", err)
			time.Sleep(acceptPause)
			continue
		}
		serving.Go(func() { b.serve(work, client) })
	}
}

// serve passes one connection on.
func (b *Balancer) serve(ctx context.Context, client net.Conn) {
	server, to, err := b.connect(ctx, b.backends.order())
	if err != nil {
		b.sayRefused(err)
		_ = client.Close()
		return
	}
	l := &link{client: client, server: server}
	b.backends.add(to, l)
	defer b.backends.forget(to, l)
	l.carry()
}

// refusedEvery is between two lines about connections that nobody takes: while
// the API is away, each client of the host tries several times a second.
const refusedEvery = 10 * time.Second

func (b *Balancer) sayRefused(err error) {
	b.log.Lock()
	quiet := time.Since(b.refused) < refusedEvery
	if !quiet {
		b.refused = time.Now()
	}
	b.log.Unlock()
	if !quiet {
		b.say("no API server takes a connection: %v", err)
	}
}

// say writes a line. It never fails: who cannot be told is not told.
func (b *Balancer) say(format string, args ...any) {
	b.log.Lock()
	defer b.log.Unlock()
	_, _ = fmt.Fprintf(b.options.Log, "balance: "+format+"\n", args...)
}
