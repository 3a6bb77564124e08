package manager

import (
	"context"
	"time"
)

const (
	// The token stays good for a day after the last addon-manager was seen.
	tokenLife = 24 * time.Hour
	// Of which at most an hour is gone when it is extended again.
	tokenPace = time.Hour
	// A cluster that is only being made has its token within minutes.
	tokenRetry = time.Minute
)

// keepToken keeps a cluster open to the nodes that its scaling groups make at
// any time. Where nodes are made by hand alone it does nothing: there the
// token runs out. See docs/adr/0007.
func (m *manager) keepToken(ctx context.Context) {
	if m.file.BootstrapTokenID == "" {
		return
	}
	for sleep(ctx, m.extendToken(ctx, time.Now())) {
	}
}

// extendToken does so once and says after how long to do it again. A token
// that is gone is not made again: the key to it is not here, and taking it
// away is how people close a cluster.
func (m *manager) extendToken(ctx context.Context, now time.Time) time.Duration {
	found, err := m.cluster.ExtendBootstrapToken(ctx, m.file.BootstrapTokenID, now.Add(tokenLife))
	switch {
	case ctx.Err() != nil:
		return 0
	case err != nil:
		m.log.once("token", "%v", err)
		return tokenRetry
	case !found:
		m.log.once("token", "bootstrap-token-%s is not there: no new node can join", m.file.BootstrapTokenID)
		return tokenRetry
	}
	m.log.once("token", "bootstrap-token-%s is kept open to new nodes", m.file.BootstrapTokenID)
	return tokenPace
}
