package etcd

import (
	"context"
	"strings"
	"sync"
)

// MemberStatus is how a member is.
type MemberStatus struct {
	// ID is the member's in hexadecimal, as etcd's own tools print it.
	ID      string `json:"id"`
	Name    string `json:"name"`
	Address string `json:"address"`
	Learner bool   `json:"learner,omitempty"`
	Leader  bool   `json:"leader,omitempty"`
	Healthy bool   `json:"healthy"`
	// Problem says why it is not healthy.
	Problem string `json:"problem,omitempty"`
	// Version is of the program that runs.
	Version string `json:"version,omitempty"`
	// DBSize is what the database takes on the disk, DBInUse what of that
	// holds data, both in bytes.
	DBSize  int64 `json:"dbSize"`
	DBInUse int64 `json:"dbInUse"`
	// Revision and Term tell whether members agree.
	Revision int64  `json:"revision"`
	Term     uint64 `json:"term"`
}

// Status asks every member of the cluster how it is, all at once.
func (c *Client) Status(ctx context.Context) ([]MemberStatus, error) {
	found, err := c.Members(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]MemberStatus, len(found))
	var asked sync.WaitGroup
	for i, member := range found {
		asked.Go(func() { out[i] = c.memberStatus(ctx, member) })
	}
	asked.Wait()
	return out, nil
}

func (c *Client) memberStatus(ctx context.Context, member Member) MemberStatus {
	out := MemberStatus{ID: hexID(member.ID), Name: member.Name, Learner: member.Learner, Address: addressOf(member)}
	if !member.Started() {
		out.Problem = "it has not started"
		return out
	}
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	answer, err := c.api.Status(ctx, member.ClientURLs[0])
	if err != nil {
		out.Problem = "it does not answer: " + err.Error()
		return out
	}
	out.Leader = answer.Leader == member.ID
	out.Version, out.DBSize, out.DBInUse = answer.Version, answer.DbSize, answer.DbSizeInUse
	out.Revision, out.Term = answer.Header.GetRevision(), answer.RaftTerm
	switch {
	case len(answer.Errors) > 0:
		out.Problem = strings.Join(answer.Errors, "; ")
	case member.Learner:
		out.Problem = "it has no vote yet"
	case answer.Leader == 0:
		out.Problem = "it knows of no leader"
	default:
		out.Healthy = true
	}
	return out
}

// Role is the member's part in the cluster in a word.
func (m MemberStatus) Role() string {
	switch {
	case m.Leader:
		return "leader"
	case m.Learner:
		return "learner"
	}
	return "follower"
}

// State is how it is in a few words.
func (m MemberStatus) State() string {
	if m.Healthy {
		return "healthy"
	}
	return m.Problem
}
