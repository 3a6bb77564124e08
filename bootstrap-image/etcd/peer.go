package etcd

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"
)

// askLimit ends a question to a host that is off.
const askLimit = 3 * time.Second

// largestAnswer is far beyond what a cluster of five says.
const largestAnswer = 1 << 20

// AskPeer asks the member at a peer URL whom it knows. It answers without a
// quorum, even while its cluster forms for the first time; this is how etcd's
// own members find each other. Nothing can be changed this way.
func AskPeer(ctx context.Context, identity Identity, peerURL string) ([]Member, error) {
	config, err := identity.tls()
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{TLSClientConfig: config, Proxy: nil}
	defer transport.CloseIdleConnections()
	ctx, cancel := context.WithTimeout(ctx, askLimit)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, peerURL+"/members", nil)
	if err != nil {
		return nil, fmt.Errorf("asking the member of etcd at %q: %w", peerURL, err)
	}
	answer, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, fmt.Errorf("asking the member of etcd at %q: %w", peerURL, err)
	}
	defer func() { _ = answer.Body.Close() }()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("asking the member of etcd at %q: it answers %s", peerURL, answer.Status)
	}
	var found []struct {
		ID         uint64   `json:"id"`
		Name       string   `json:"name"`
		PeerURLs   []string `json:"peerURLs"`
		ClientURLs []string `json:"clientURLs"`
		IsLearner  bool     `json:"isLearner"`
	}
	if err := json.NewDecoder(io.LimitReader(answer.Body, largestAnswer)).Decode(&found); err != nil {
		return nil, fmt.Errorf("reading what the member of etcd at %q says: %w", peerURL, err)
	}
	var out []Member
	for _, m := range found {
		out = append(out, Member{ID: m.ID, Name: m.Name, PeerURLs: m.PeerURLs, ClientURLs: m.ClientURLs, Learner: m.IsLearner})
	}
	return out, nil
}
