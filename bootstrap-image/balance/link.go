package balance

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// halfLife is how long one direction of a connection may go on after the other
// has ended: what goes on by then has nobody who reads it.
const halfLife = time.Minute

// link is a client's connection and the one it is passed on by.
type link struct{ client, server net.Conn }

// carry copies both ways until both directions have ended. Between two TCP
// connections the kernel moves the bytes itself.
func (l *link) carry() {
	var both sync.WaitGroup
	both.Go(func() { l.copy(l.server, l.client) })
	both.Go(func() { l.copy(l.client, l.server) })
	both.Wait()
	l.close()
}

// copy passes the end of one direction on as such, so that what is under way in
// the other one still arrives. A failure ends both.
func (l *link) copy(to, from net.Conn) {
	_, err := io.Copy(to, from)
	half, can := to.(interface{ CloseWrite() error })
	if err != nil || !can || half.CloseWrite() != nil {
		l.close()
		return
	}
	_ = to.SetReadDeadline(time.Now().Add(halfLife))
}

func (l *link) close() {
	_ = l.client.Close()
	_ = l.server.Close()
}

// attempt is what became of one backend's trial.
type attempt struct {
	conn net.Conn
	to   *backend
	err  error
}

// connect tries one backend after another: the next at once where one refuses,
// and beside it where one does not answer. The first that accepts is taken.
func (b *Balancer) connect(ctx context.Context, candidates []*backend) (net.Conn, *backend, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	answers, pending := make(chan attempt, len(candidates)), 0
	defer func() { go discard(answers, pending) }()
	start := func() {
		to := candidates[0]
		candidates, pending = candidates[1:], pending+1
		go func() {
			conn, err := b.options.dial(ctx, to.address)
			answers <- attempt{conn, to, err}
		}()
	}
	head := time.NewTimer(b.options.Head)
	defer head.Stop()
	var failures []error
	start()
	for {
		select {
		case a := <-answers:
			if pending--; a.err == nil {
				return a.conn, a.to, nil
			}
			failures = append(failures, a.err)
			if pending == 0 && len(candidates) == 0 {
				return nil, nil, errors.Join(failures...)
			}
		case <-head.C:
			// Where nobody is left, the limit ends what still waits.
		}
		if len(candidates) > 0 {
			start()
			head.Reset(b.options.Head)
		}
	}
}

// discard closes what was accepted too late to be of use.
func discard(answers <-chan attempt, late int) {
	for range late {
		if a := <-answers; a.err == nil {
			_ = a.conn.Close()
		}
	}
}
