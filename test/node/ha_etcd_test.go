package node_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// etcdMember is what etcd's own JSON gateway says of a member: its word counts
// here, not that of the code under test.
type etcdMember struct {
	ID      string `json:"ID"`
	Name    string `json:"name"`
	Learner bool   `json:"isLearner"`
}

// etcdAsk asks the member of one control plane over mutual TLS.
func etcdAsk(t *testing.T, c *cluster.Cluster, host, path string, answer any) error {
	t.Helper()
	file := func(name string) ([]byte, error) {
		out, err := c.Try(t, "docker", "exec", host, "cat", "/etc/kubernetes/pki/"+name)
		if err != nil {
			return nil, fmt.Errorf("%w: %s", err, out)
		}
		return []byte(out), nil
	}
	address, err := c.Try(t, "docker", "inspect", "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}", host)
	if err != nil {
		return errors.New(address)
	}
	authority, err1 := file("etcd/ca.crt")
	certificate, err2 := file("apiserver-etcd-client.crt")
	key, err3 := file("apiserver-etcd-client.key")
	if err := errors.Join(err1, err2, err3); err != nil {
		return err
	}
	client := tlsClient(t, authority, certificate, key)
	client.Timeout = 10 * time.Second
	response, err := client.Post("https://"+strings.TrimSpace(address)+":2379"+path, "application/json", strings.NewReader("{}"))
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", response.Status, body)
	}
	if err != nil {
		return err
	}
	return json.Unmarshal(body, answer)
}

// etcdStatus is a member's word on itself and on who leads.
type etcdStatus struct {
	Header struct {
		Member string `json:"member_id"`
	} `json:"header"`
	Leader  string   `json:"leader"`
	Errors  []string `json:"errors"`
	Learner bool     `json:"isLearner"`
}

func planes(c *cluster.Cluster) []string {
	var names []string
	for n := range c.Config.ControlPlanes {
		names = append(names, fmt.Sprintf("%s-control-plane-%d", c.Name, n+1))
	}
	return names
}

// awaitMembers waits until every control plane has a member of etcd that votes,
// there are no others, and all agree on who leads.
func awaitMembers(t *testing.T, c *cluster.Cluster) {
	t.Helper()
	c.Await(t, "healthy etcd on every control plane", 4*time.Minute, func() (bool, string) {
		var list struct {
			Members []etcdMember `json:"members"`
		}
		leaders := map[string]bool{}
		for _, host := range planes(c) {
			if err := etcdAsk(t, c, host, "/v3/cluster/member/list", &list); err != nil {
				return false, err.Error()
			}
			var status etcdStatus
			if err := etcdAsk(t, c, host, "/v3/maintenance/status", &status); err != nil {
				return false, err.Error()
			}
			if len(list.Members) != len(planes(c)) || len(status.Errors) > 0 || status.Learner || status.Leader == "" || status.Leader == "0" {
				return false, fmt.Sprintf("%s: %+v, members %+v", host, status, list.Members)
			}
			leaders[status.Leader] = true
		}
		for _, member := range list.Members {
			if member.Learner {
				return false, fmt.Sprintf("%s only learns", member.Name)
			}
		}
		return len(leaders) == 1, fmt.Sprintf("leaders are %v", leaders)
	})
}

// etcdLeader is the control plane whose member leads.
func etcdLeader(t *testing.T, c *cluster.Cluster) string {
	t.Helper()
	for _, host := range planes(c) {
		var status etcdStatus
		if err := etcdAsk(t, c, host, "/v3/maintenance/status", &status); err != nil {
			t.Fatalf("asking etcd on %s: %v", host, err)
		}
		if status.Header.Member == status.Leader {
			return host
		}
	}
	t.Fatal("nobody leads etcd")
	return ""
}
