package e2e_test

import (
	"archive/tar"
	"compress/gzip"
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// testDoctor asks whether the cluster is sound, by the program's own word.
func (c *suite) testDoctor(t *testing.T) {
	// A host was just made anew, and pods came to it.
	c.Kubectl(t, "-n", "kube-system", "rollout", "status", "deployment/coredns", "--timeout=3m")
	c.Kubectl(t, "-n", "kube-system", "rollout", "status", "deployment/metrics-server", "--timeout=3m")
	c.Anywhere(t, "doctor", "-f", c.File)
}

// testForeseen takes a change through the open book: it is seen in all phases,
// saved, applied as it was saved, and not a second time.
func (c *suite) testForeseen(t *testing.T) {
	c.Anywhere(t, "config", "set", `spec.pools[workers].labels["example.com/book"]=open`, "-f", c.File)
	if code := c.ExitCode(t, "preview", "-f", c.File, "--exit-code"); code != 3 {
		t.Errorf("preview of a changed config exits %d, want 3", code)
	}
	diff := c.Anywhere(t, "render", "-f", c.File, "--diff", "cluster")
	if !strings.Contains(diff, "example.com/book=open") {
		t.Errorf("the diff does not show the label on its way to the kubelet:\n%s", diff)
	}
	saved := filepath.Join(c.Home, "change.plan")
	c.Anywhere(t, "preview", "-f", c.File, "--out", saved)
	c.Anywhere(t, "create", "--plan", saved)
	nodes := c.Kubectl(t, "get", "nodes", "-l", "example.com/book=open", "-o", "name")
	if n := strings.Count(nodes, "node/"); n != 2 {
		t.Errorf("%d nodes have the label, want the two workers:\n%s", n, nodes)
	}
	if code := c.ExitCode(t, "preview", "-f", c.File, "--exit-code"); code != 0 {
		t.Errorf("preview exits %d once the plan is applied, want 0", code)
	}
	if code := c.ExitCode(t, "create", "--plan", saved); code != 2 {
		t.Errorf("a plan whose world has moved on exits %d, want 2", code)
	}
	if code := c.ExitCode(t, "status", "-f", c.File, "--drift"); code != 0 {
		t.Errorf("status --drift of a cluster as wanted exits %d, want 0", code)
	}
}

// seen is what a script reads of a cluster's status.
type seen struct {
	State    string
	Nodes    []struct{ Name, Status string }
	Problems []json.RawMessage
}

func (c *suite) status(t *testing.T) seen {
	t.Helper()
	out, err := c.Output(t, "status", "-f", c.File, "-o", "json")
	if err != nil {
		t.Fatalf("status: %v\n%s", err, out)
	}
	var s seen
	if err := json.Unmarshal([]byte(out), &s); err != nil {
		t.Fatalf("%v:\n%s", err, out)
	}
	return s
}

// testHealthyAtOnce asks when create has just said that the cluster is up.
func (c *suite) testHealthyAtOnce(t *testing.T) {
	if s := c.status(t); s.State != "healthy" || len(s.Problems) > 0 {
		t.Errorf("what was just made is %s: %s", s.State, s.Problems)
	}
}

func (c *suite) testStatus(t *testing.T) {
	s := c.status(t)
	if len(s.Nodes) != 3 {
		t.Fatalf("want three nodes, have %+v", s.Nodes)
	}
	for _, node := range s.Nodes {
		if node.Status != "Ready" {
			t.Errorf("%s is %q", node.Name, node.Status)
		}
	}
}

// testTimeline looks at what the first create drew of itself.
func (c *suite) testTimeline(t *testing.T) {
	drawn := c.wellFormed(t, c.timeline())
	for _, word := range []string{c.Name + "-control-plane-1", c.Name + "-workers-2", "apiserver"} {
		if !strings.Contains(drawn, word) {
			t.Errorf("the timeline does not name %s", word)
		}
	}
	graph := filepath.Join(c.Home, "graph.svg")
	c.Anywhere(t, "graph", "-f", c.File, "--to", graph)
	if drawn := c.wellFormed(t, graph); !strings.Contains(drawn, c.Name+"-control-plane-1") {
		t.Error("the graph does not name the control plane")
	}
}

func (c *suite) timeline() string { return filepath.Join(c.Home, "timeline.svg") }

// wellFormed is an SVG that an XML parser takes.
func (c *suite) wellFormed(t *testing.T, file string) string {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	decoder := xml.NewDecoder(strings.NewReader(string(data)))
	for {
		if _, err := decoder.Token(); errors.Is(err, io.EOF) {
			return string(data)
		} else if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
	}
}

// testSupportBundle unpacks what one would send, and searches it for the
// cluster's real keys.
func (c *suite) testSupportBundle(t *testing.T) {
	archive := filepath.Join(c.Home, "support.tar.gz")
	c.Anywhere(t, "support-bundle", "-f", c.File, "--to", archive)
	plane := c.Name + "-control-plane-1"
	secrets := map[string][]string{}
	for _, file := range []string{"/etc/kubernetes/pki/ca.key", "/etc/kubernetes/pki/sa.key", "/etc/kubernetes/pki/etcd/ca.key"} {
		for line := range strings.Lines(c.Docker(t, "exec", plane, "cat", file)) {
			if line = strings.TrimSpace(line); len(line) > 40 {
				secrets[file] = append(secrets[file], line)
			}
		}
	}
	if len(secrets) != 3 {
		t.Fatalf("keys of %d files were read, want 3", len(secrets))
	}
	held := 0
	for name, text := range unpack(t, archive) {
		held++
		for file, lines := range secrets {
			for _, line := range lines {
				if strings.Contains(text, line) {
					t.Errorf("%s holds a line of %s", name, file)
				}
			}
		}
	}
	if held < 20 {
		t.Errorf("the archive holds %d files only", held)
	}
}

// unpack reads an archive into memory.
func unpack(t *testing.T, archive string) map[string]string {
	t.Helper()
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	packed, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for reader := tar.NewReader(packed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(data)
	}
}
