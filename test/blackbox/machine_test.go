package blackbox

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
)

// machine is what a tree does not tell of a host: one disk, the ports in use,
// and the time elsewhere.
type machine struct {
	free      uint64
	listeners []host.Listener
	// elsewhere is the time of the cluster's API; none answers while it is zero.
	elsewhere time.Time
}

var _ host.Machine = (*machine)(nil)

// Free implements host.Machine.
func (m *machine) Free(string) (uint64, uint64, error) { return m.free, 1, nil }

// Listeners implements host.Machine.
func (m *machine) Listeners(ports []int) ([]host.Listener, error) {
	return slices.DeleteFunc(slices.Clone(m.listeners), func(l host.Listener) bool { return !slices.Contains(ports, l.Port) }), nil
}

// Time implements host.Machine.
func (m *machine) Time(_ context.Context, servers []string, _ []byte) (time.Time, string, error) {
	if m.elsewhere.IsZero() || len(servers) == 0 {
		return time.Time{}, "", errors.New("connection refused")
	}
	return m.elsewhere, servers[0], nil
}
