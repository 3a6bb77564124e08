package azure

import (
	"context"
	"errors"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// API is what preflight, observe and leftovers ask of Azure.
type API interface{}

// dial connects to Azure with the credentials of whoever runs this.
func dial(context.Context, *config.Cluster) (API, error) {
	return nil, errors.New("connecting to Azure: not written yet")
}
