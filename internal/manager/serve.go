package manager

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// stuckAfter is how long one that leads may go without trying: ten times as
// long as it ever waits, and longer than a set that is slow to be applied.
const stuckAfter = 10 * resync

// pulse tells whether the one that leads still does anything.
type pulse struct {
	mu      sync.Mutex
	leading bool
	beat    time.Time
}

// lead begins or ends a term.
func (p *pulse) lead(leading bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.leading, p.beat = leading, time.Now()
}

// tried is called whenever the set was looked at, whatever came of it: an API
// that does not answer is no reason to be started anew.
func (p *pulse) tried() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.beat = time.Now()
}

// alive is nil, or why it should be started anew.
func (p *pulse) alive(now time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if silent := now.Sub(p.beat); p.leading && silent > stuckAfter {
		return fmt.Errorf("it leads, and has not looked at the addons for %s", silent.Round(time.Second))
	}
	return nil
}

// serve answers /healthz and /metrics at an address until the context ends.
// An empty address serves nothing.
func (m *manager) serve(ctx context.Context, address string) error {
	if address == "" {
		return nil
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("listening for requests of health and metrics: %w", err)
	}
	routes := http.NewServeMux()
	routes.Handle("GET /metrics", promhttp.HandlerFor(m.metrics.registry, promhttp.HandlerOpts{}))
	routes.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		if err := m.pulse.alive(time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	server := &http.Server{Handler: routes, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second}
	go func() {
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			m.log.printf("serving health and metrics: %v", err)
		}
	}()
	context.AfterFunc(ctx, func() { server.Close() })
	m.log.printf("health and metrics at http://%s", listener.Addr())
	return nil
}
