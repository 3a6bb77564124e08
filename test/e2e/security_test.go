package e2e_test

import (
	"crypto/tls"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// anonymous asks a server without any credential and returns the status. It
// looks at what is refused, so it takes whatever certificate there is.
func anonymous(t *testing.T, url string) int {
	t.Helper()
	client := &http.Client{
		Timeout:   20 * time.Second,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
	}
	response, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	return response.StatusCode
}

func (c *suite) testAnonymous(t *testing.T) {
	server := fmt.Sprintf("https://127.0.0.1:%d", c.Config.APIPort)
	nodes := strings.Fields(c.Kubectl(t, "get", "nodes", "-o", `jsonpath={.items[*].status.addresses[?(@.type=="InternalIP")].address}`))
	if len(nodes) != 3 {
		t.Fatalf("the nodes' addresses are %v, want 3", nodes)
	}
	want := map[string]int{
		server + "/readyz":                       http.StatusOK,
		server + "/livez":                        http.StatusOK,
		server + "/api":                          http.StatusUnauthorized,
		server + "/version":                      http.StatusUnauthorized,
		server + "/api/v1/namespaces/x/secrets/": http.StatusUnauthorized,
	}
	for _, address := range nodes {
		want["https://"+address+":10250/pods"] = http.StatusUnauthorized
		want["https://"+address+":10250/healthz"] = http.StatusUnauthorized
	}
	for url, code := range want {
		if got := anonymous(t, url); got != code {
			t.Errorf("%s without a credential answers %d, want %d", url, got, code)
		}
	}
}

func (c *suite) testEncryption(t *testing.T) {
	const plain = "in-plain-words-4711"
	c.Kubectl(t, "create", "secret", "generic", "at-rest", "--from-literal=word="+plain)
	// etcd's files are read off the host's disk: whoever steals that has them.
	host := c.Name + "-control-plane-1"
	if out, err := c.Try(t, "docker", "exec", host, "grep", "-rqa", "at-rest", "/var/lib/etcd"); err != nil {
		t.Fatalf("the secret's name is not found in etcd's files, so the search is no proof: %v %s", err, out)
	}
	if _, err := c.Try(t, "docker", "exec", host, "grep", "-rqa", plain, "/var/lib/etcd"); err == nil {
		t.Error("the secret's value stands in etcd's files in plain")
	}
}

func (c *suite) testStateHasNoKey(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(filepath.Join(c.Home, ".kube", "anywhere"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		seen++
		if strings.Contains(string(data), "PRIVATE KEY") {
			t.Errorf("%s holds a private key in plain", path)
		}
		return nil
	})
	if err != nil || seen == 0 {
		t.Errorf("%d files of state were read: %v", seen, err)
	}
}
