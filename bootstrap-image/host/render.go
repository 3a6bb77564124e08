package host

import (
	"encoding/json"
	"fmt"
	"io"
	"os"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Render is the config of a host that is described by files, with leafs made
// for the occasion; no host is touched.
func Render(bundleFile, factsFile string, random io.Reader) (types.Config, error) {
	raw, err := os.ReadFile(bundleFile)
	if err != nil {
		return types.Config{}, fmt.Errorf("reading the bundle: %w", err)
	}
	bundle, err := node.ReadBundle(raw)
	if err != nil {
		return types.Config{}, err
	}
	document, err := os.ReadFile(factsFile)
	if err != nil {
		return types.Config{}, fmt.Errorf("reading the facts: %w", err)
	}
	var facts node.Facts
	if err := json.Unmarshal(document, &facts); err != nil {
		return types.Config{}, fmt.Errorf("reading the facts %q: %w", factsFile, err)
	}
	requests, err := node.Requests(bundle, facts)
	if err != nil {
		return types.Config{}, err
	}
	leafs := node.Leafs{}
	for _, request := range requests {
		if leafs[request.Name], err = issue(pki.Issuer{Now: facts.Now, Rand: random}, request); err != nil {
			return types.Config{}, err
		}
	}
	return node.Ignition(bundle, facts, leafs)
}
