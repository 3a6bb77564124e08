package baremetal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"golang.org/x/crypto/ssh"
)

// shell is a host that one is logged in to.
type shell interface {
	// Run runs a program as root. A status other than zero is a
	// *target.ExitError.
	Run(ctx context.Context, command target.Command) error
	Close() error
}

// pace is how patient a connection is.
type pace struct {
	// dial bounds everything up to being logged in.
	dial time.Duration
	// alive is the time between two questions whether the host is still there,
	// and misses how many may stay without an answer.
	alive  time.Duration
	misses int
}

// usualPace ends a dial after ten seconds, and a connection to a host that has
// died within a minute.
func usualPace() pace { return pace{dial: 10 * time.Second, alive: 15 * time.Second, misses: 3} }

// unreachable is a host that did not answer, unlike one that said no.
type unreachable struct {
	reach reach
	err   error
}

func (u *unreachable) Error() string {
	return fmt.Sprintf("reaching %s: %v; try '%s'", u.reach.Address, u.err, u.reach.command())
}

func (u *unreachable) Unwrap() error { return u.err }

// connection is a shell by SSH.
type connection struct {
	reach  reach
	client *ssh.Client
	// through is the connection to the jump host; nil where there is none.
	through *connection
	ended   context.CancelFunc
}

// dialSSH logs in to a host.
func dialSSH(ctx context.Context, r reach) (shell, error) {
	c, err := dial(ctx, r, usualPace())
	if err != nil {
		return nil, err
	}
	return c, nil
}

// dial logs in to a host, through its jump host if it has one. Of a host of
// which a fingerprint is known and not the kind of key, each kind is asked for.
func dial(ctx context.Context, r reach, p pace) (*connection, error) {
	keys, err := newHostKeys(r)
	if err != nil {
		return nil, err
	}
	auth, done, err := authentication(r)
	if err != nil {
		return nil, err
	}
	defer done()
	for _, algorithms := range keys.algorithms {
		var c *connection
		c, err = login(ctx, r, p, &ssh.ClientConfig{
			User: r.User, Auth: auth, HostKeyCallback: keys.check, HostKeyAlgorithms: algorithms,
		})
		if err == nil {
			return c, nil
		}
		if refused := keys.refused(); refused != nil {
			err = refused
			continue
		}
		if !strings.Contains(err.Error(), "no common algorithm for host key") {
			return nil, err
		}
	}
	if refused := keys.refused(); refused != nil {
		return nil, refused
	}
	return nil, err
}

// login is one attempt with one set of kinds of keys.
func login(ctx context.Context, r reach, p pace, config *ssh.ClientConfig) (*connection, error) {
	c := &connection{reach: r}
	if r.Jump != nil {
		var err error
		if c.through, err = dial(ctx, *r.Jump, p); err != nil {
			return nil, fmt.Errorf("reaching the jump host of %s: %w", r.Address, err)
		}
	}
	limited, cancel := context.WithTimeout(ctx, p.dial)
	defer cancel()
	conn, err := c.dialer()(limited, "tcp", r.hostPort())
	if err != nil {
		c.closeThrough()
		return nil, &unreachable{r, plainly(ctx, err, p)}
	}
	// A host that takes the connection and says nothing is as dead as one that
	// does not take it.
	stop := context.AfterFunc(limited, func() { _ = conn.Close() })
	sshConn, channels, requests, err := ssh.NewClientConn(conn, r.hostPort(), config)
	if !stop() && err == nil {
		err = limited.Err()
	}
	if err != nil {
		_ = conn.Close()
		c.closeThrough()
		return nil, explain(ctx, r, err, limited.Err(), p)
	}
	c.client = ssh.NewClient(sshConn, channels, requests)
	alive, end := context.WithCancel(context.Background())
	c.ended = end
	go c.keepAlive(alive, p)
	return c, nil
}

// explain tells a host that says no from one that says nothing.
func explain(ctx context.Context, r reach, err, late error, p pace) error {
	switch {
	case strings.Contains(err.Error(), "unable to authenticate"):
		return fmt.Errorf("logging in to %s as %s: the host accepts none of the keys offered (%s); put the public one there: 'ssh-copy-id %s%s@%s'",
			r.Address, r.User, r.offered(), r.copyOptions(), r.User, r.Address)
	case strings.Contains(err.Error(), "host key"):
		return fmt.Errorf("logging in to %s: %w", r.Address, err)
	case late != nil:
		return &unreachable{r, plainly(ctx, late, p)}
	}
	return &unreachable{r, err}
}

// plainly says that time was up in words.
func plainly(ctx context.Context, err error, p pace) error {
	if ctx.Err() == nil && errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("no answer within %s", p.dial)
	}
	return err
}

func (c *connection) dialer() func(context.Context, string, string) (net.Conn, error) {
	if c.through != nil {
		return c.through.client.DialContext
	}
	return (&net.Dialer{}).DialContext
}

func (c *connection) closeThrough() {
	if c.through != nil {
		_ = c.through.Close()
	}
}

// Close logs out.
func (c *connection) Close() error {
	c.ended()
	err := c.client.Close()
	c.closeThrough()
	return err
}

// keepAlive ends the connection to a host that has gone without a word, so
// that nothing waits for it for ever.
func (c *connection) keepAlive(ctx context.Context, p pace) {
	ticker := time.NewTicker(p.alive)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		answered := make(chan error, 1)
		go func() {
			_, _, err := c.client.SendRequest("keepalive@openssh.com", true, nil)
			answered <- err
		}()
		select {
		case <-ctx.Done():
			return
		case err := <-answered:
			if err == nil {
				continue
			}
		case <-time.After(time.Duration(p.misses) * p.alive):
		}
		_ = c.client.Close()
		return
	}
}

// Run runs a program as root.
func (c *connection) Run(ctx context.Context, command target.Command) error {
	session, err := c.client.NewSession()
	if err != nil {
		return &unreachable{c.reach, fmt.Errorf("the connection was lost: %w", err)}
	}
	defer func() { _ = session.Close() }()
	session.Stdout, session.Stderr = command.Stdout, command.Stderr
	if command.Stdin != nil {
		// Not by session.Stdin: waiting for the end would wait for a reader
		// that may have none.
		stdin, err := session.StdinPipe()
		if err != nil {
			return fmt.Errorf("running %q on %s: %w", command.Args[0], c.reach.Address, err)
		}
		go func() {
			_, _ = io.Copy(stdin, command.Stdin)
			_ = stdin.Close()
		}()
	}
	line := quoteAll(command.Args)
	if c.reach.User != defaultUser {
		line = "sudo -n -- " + line
	}
	if err := session.Start(line); err != nil {
		return &unreachable{c.reach, fmt.Errorf("the connection was lost: %w", err)}
	}
	finished := make(chan error, 1)
	go func() { finished <- session.Wait() }()
	select {
	case err = <-finished:
	case <-ctx.Done():
		_ = session.Signal(ssh.SIGTERM)
		_ = session.Close()
		return ctx.Err()
	}
	return c.result(command, err)
}

// result is the end of a program in the words of package target.
func (c *connection) result(command target.Command, err error) error {
	var exit *ssh.ExitError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &exit) && exit.Signal() != "":
		return fmt.Errorf("running %q on %s: it was ended by signal %s", command.Args[0], c.reach.Address, exit.Signal())
	case errors.As(err, &exit):
		return &target.ExitError{Host: c.reach.Address, Args: command.Args, Code: exit.ExitStatus()}
	}
	return &unreachable{c.reach, fmt.Errorf("the connection was lost: %w", err)}
}
