// Package etcd is what the bootstrap and the plugin do with etcd: members come
// and go, snapshots are taken, checked and restored.
package etcd

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"
)

// Identity is a client's certificate and key and the authorities that it
// trusts, each in PEM.
type Identity struct {
	Certificate, Key, Authority []byte
}

// tls is the identity as a client of TLS shows it.
func (i Identity) tls() (*tls.Config, error) {
	pair, err := tls.X509KeyPair(i.Certificate, i.Key)
	if err != nil {
		return nil, fmt.Errorf("reading the certificate of a client of etcd: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(i.Authority) {
		return nil, errors.New("reading etcd's authority: there is no certificate in it")
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Certificates: []tls.Certificate{pair}}, nil
}

// Member is one member of a cluster, as the cluster knows it.
type Member struct {
	ID uint64
	// Name is empty until a member that was added has started.
	Name string
	// PeerURLs are where other members reach it.
	PeerURLs []string
	// ClientURLs are empty until it has started.
	ClientURLs []string
	// Learner has no vote yet.
	Learner bool
}

// Started tells whether the member has ever taken part.
func (m Member) Started() bool { return len(m.ClientURLs) > 0 }

// What a cluster answers while a change has to wait.
var (
	// ErrNotInSync is that of a learner that has not caught up.
	ErrNotInSync = errors.New("it has not yet caught up with the leader")
	// ErrLearnerBefore is that of a cluster that already has a learner: it
	// takes one at a time.
	ErrLearnerBefore = errors.New("another member is joining at this moment")
)

// requestLimit ends a request to a member that drops packets, or to a cluster
// without a leader.
const requestLimit = 5 * time.Second

// Client is a connection to a cluster.
type Client struct{ api *clientv3.Client }

// Dial makes a client of the members at some URLs; it does not wait for any of
// them.
func Dial(identity Identity, urls ...string) (*Client, error) {
	config, err := identity.tls()
	if err != nil {
		return nil, err
	}
	api, err := clientv3.New(clientv3.Config{
		Endpoints: urls, TLS: config, DialTimeout: requestLimit, Logger: zap.NewNop(),
		DialKeepAliveTime: requestLimit, DialKeepAliveTimeout: requestLimit,
	})
	if err != nil {
		return nil, fmt.Errorf("connecting to etcd at %q: %w", urls, err)
	}
	return &Client{api: api}, nil
}

// Close ends the connection.
func (c *Client) Close() { _ = c.api.Close() }

// Members are those that the cluster agrees on: an answer needs a quorum.
func (c *Client) Members(ctx context.Context) ([]Member, error) {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	answer, err := c.api.MemberList(ctx)
	if err != nil {
		return nil, fmt.Errorf("listing etcd's members: %w", err)
	}
	return members(answer.Members), nil
}

// AddLearner adds a member without a vote, which is to start at a peer URL.
func (c *Client) AddLearner(ctx context.Context, peerURL string) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	_, err := c.api.MemberAddAsLearner(ctx, []string{peerURL})
	switch {
	case errors.Is(err, rpctypes.ErrTooManyLearners):
		return fmt.Errorf("adding a member of etcd at %q: %w", peerURL, ErrLearnerBefore)
	case err != nil:
		return fmt.Errorf("adding a member of etcd at %q: %w", peerURL, err)
	}
	return nil
}

// Promote gives a learner its vote. One that has it already is no error.
func (c *Client) Promote(ctx context.Context, id uint64) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	_, err := c.api.MemberPromote(ctx, id)
	switch {
	case errors.Is(err, rpctypes.ErrMemberNotLearner):
		return nil
	case errors.Is(err, rpctypes.ErrMemberLearnerNotReady):
		return fmt.Errorf("promoting member %x of etcd: %w", id, ErrNotInSync)
	case err != nil:
		return fmt.Errorf("promoting member %x of etcd: %w", id, err)
	}
	return nil
}

// Remove takes a member out for good. One that is out already is no error.
func (c *Client) Remove(ctx context.Context, id uint64) error {
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	if _, err := c.api.MemberRemove(ctx, id); err != nil && !errors.Is(err, rpctypes.ErrMemberNotFound) {
		return fmt.Errorf("removing member %x of etcd: %w", id, err)
	}
	return nil
}

func members(found []*etcdserverpb.Member) []Member {
	var out []Member
	for _, m := range found {
		out = append(out, Member{ID: m.ID, Name: m.Name, PeerURLs: m.PeerURLs, ClientURLs: m.ClientURLs, Learner: m.IsLearner})
	}
	return out
}
