package balance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"time"
)

// looks is how many looks in a row must find nobody before that counts:
// a single packet may be lost.
const looks = 2

// watch follows the health of a backend until the context ends.
func (b *backends) watch(ctx context.Context, one *backend) {
	asks := newAsker(b.options, one.address)
	defer asks.client.CloseIdleConnections()
	missed := 0
	for ctx.Err() == nil {
		now, err := asks.look(ctx)
		if ctx.Err() != nil {
			return
		}
		if now < stuck {
			missed = 0
		} else if missed++; missed < looks {
			// Looked at again at once. Until then no new connection goes there.
			now = notReady
		}
		b.set(one, now, err)
		if now == notReady && missed > 0 {
			continue
		}
		select {
		case <-ctx.Done():
		// Not all nodes of a cluster in the same moment.
		case <-time.After(b.options.Interval*9/10 + rand.N(b.options.Interval/5+1)):
		}
	}
}

// asker asks one backend how it is.
type asker struct {
	options Options
	address string
	client  *http.Client
}

// newAsker verifies the backend where there is an authority. One connection
// is kept for all questions: a handshake each time, from each node, would be
// work for an API server.
func newAsker(o Options, address string) asker {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if len(o.Authority) == 0 {
		// Whether it is ready is no secret, and nothing is sent to it.
		config.InsecureSkipVerify = true
	} else {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM(o.Authority)
		config.ServerName = apiName
	}
	transport := &http.Transport{
		TLSClientConfig: config, Proxy: nil, MaxIdleConns: 1,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) { return o.dial(ctx, address) },
	}
	return asker{options: o, address: address, client: &http.Client{Transport: transport}}
}

// look tells two things apart. A host that is gone does not even accept a
// connection, which a kernel does at once, however busy its programs are. What
// accepts one is asked whether it is ready, and may take its time.
func (a asker) look(ctx context.Context) (health, error) {
	limited, cancel := context.WithTimeout(ctx, a.options.ConnectLimit)
	conn, err := a.options.dial(limited, a.address)
	cancel()
	if err != nil {
		return gone, err
	}
	_ = conn.Close()
	limited, cancel = context.WithTimeout(ctx, a.options.AnswerLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(limited, http.MethodGet, "https://"+a.address+"/readyz", nil)
	if err != nil {
		return notReady, err
	}
	response, err := a.client.Do(request)
	switch {
	case errors.Is(limited.Err(), context.DeadlineExceeded):
		return stuck, fmt.Errorf("no answer within %s", a.options.AnswerLimit)
	case err != nil:
		// Somebody is there: another cluster's server, or one that is starting.
		return notReady, err
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode != http.StatusOK {
		return notReady, errors.New("it answers " + response.Status)
	}
	return ready, nil
}
