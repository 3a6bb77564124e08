package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// cluster is one under test. Its state is in the user's own home, beside other
// clusters: a run that is killed can be cleaned up by 'kubectl anywhere delete'.
type cluster struct {
	name, config, home, kubeconfig string
	// image is that of phase 2, provider what provider ids begin with.
	image, provider string
	// nodes is how many there are, pool the name of the one pool.
	nodes   int
	pool    string
	deleted bool
}

func plugin() string { return filepath.Join("..", "..", "bin", "kubectl-anywhere") }

func newCluster(t *testing.T, cloud string) *cluster {
	t.Helper()
	provider, known := map[string]string{"gcp": "gce://", "aws": "aws:///", "azure": "azure:///"}[cloud]
	if !known {
		t.Fatalf("ANYWHERE_LIVE is %q: write gcp, aws or azure", cloud)
	}
	for _, program := range []string{plugin(), "kubectl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Fatalf("%v: make build kubectl", err)
		}
	}
	home, err := os.UserHomeDir()
	if err != nil {
		t.Fatal(err)
	}
	c := &cluster{
		name: "live-" + time.Now().UTC().Format("0102-1504"), home: home, provider: provider,
		kubeconfig: filepath.Join(t.TempDir(), "kubeconfig"),
		image:      images.For(config.DefaultKubernetesVersion, os.Getenv("ANYWHERE_LIVE_REGISTRY")).Bootstrap,
	}
	document := smallest(t, cloud)
	if path := os.Getenv("ANYWHERE_LIVE_CONFIG"); path != "" {
		document = read(t, path)
	}
	c.fill(t, document)
	return c
}

// smallest is the smallest config that shows everything: a control plane and
// two workers.
func smallest(t *testing.T, cloud string) map[string]any {
	t.Helper()
	block := map[string]any{}
	account := os.Getenv("ANYWHERE_LIVE_ACCOUNT")
	if field := map[string]string{"gcp": "project", "azure": "subscription"}[cloud]; field != "" {
		if account == "" {
			t.Fatalf("ANYWHERE_LIVE_ACCOUNT is not set: write the %s, or name a config in ANYWHERE_LIVE_CONFIG", field)
		}
		block[field] = account
	}
	return map[string]any{
		"apiVersion": config.APIVersion, "kind": config.Kind, "metadata": map[string]any{},
		"spec": map[string]any{
			"target": cloud, cloud: block,
			"controlPlane": map[string]any{"count": 1},
			"pools":        []any{map[string]any{"name": "workers", "count": 2}},
		},
	}
}

func read(t *testing.T, path string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(data, &document); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return document
}

// fill names the config, writes it down and counts what it asks for.
func (c *cluster) fill(t *testing.T, document map[string]any) {
	t.Helper()
	document["metadata"] = map[string]any{"name": c.name}
	if registry := os.Getenv("ANYWHERE_LIVE_REGISTRY"); registry != "" {
		document["spec"].(map[string]any)["images"] = map[string]any{"registry": registry}
	}
	data, err := json.MarshalIndent(document, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	c.config = filepath.Join(t.TempDir(), "cluster.json")
	if err := os.WriteFile(c.config, data, 0o600); err != nil {
		t.Fatal(err)
	}
	var read struct {
		Spec struct {
			ControlPlane struct{ Count int }
			Pools        []struct {
				Name  string
				Count int
			}
		}
	}
	if err := json.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Spec.Pools) != 1 || read.Spec.Pools[0].Count != 2 {
		t.Fatalf("the config has pools %v: write one, of two nodes, which the steps go by", read.Spec.Pools)
	}
	c.nodes, c.pool = max(1, read.Spec.ControlPlane.Count)+2, read.Spec.Pools[0].Name
}

// said passes on to the test's log, as it comes, what a command that takes half
// an hour says.
type said struct {
	t  *testing.T
	mu sync.Mutex
	bytes.Buffer
	line []byte
}

func (s *said) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.line = append(s.line, p...)
	for {
		i := bytes.IndexByte(s.line, '\n')
		if i < 0 {
			break
		}
		s.t.Log(string(s.line[:i]))
		s.line = s.line[i+1:]
	}
	return s.Buffer.Write(p)
}

// try runs a program and returns what it printed on both streams. At the end of
// its time it is interrupted, as by Ctrl-C, and has a minute to end.
func (c *cluster) try(t *testing.T, limit time.Duration, name string, args ...string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
	cmd.WaitDelay = time.Minute
	cmd.Env = append(os.Environ(), "KUBECONFIG="+c.kubeconfig)
	out := &said{t: t}
	cmd.Stdout, cmd.Stderr = out, out
	err := cmd.Run()
	return out.String(), err
}

// within runs a program, which must succeed in time.
func (c *cluster) within(t *testing.T, limit time.Duration, name string, args ...string) string {
	t.Helper()
	out, err := c.try(t, limit, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v", name, strings.Join(args, " "), err)
	}
	return out
}

func (c *cluster) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return c.within(t, 6*time.Minute, "kubectl", append([]string{"--context", c.name}, args...)...)
}

// takeAway removes what a failed run left behind, and says so loudly where it
// cannot: somebody pays for it.
func (c *cluster) takeAway(t *testing.T) {
	if c.deleted {
		return
	}
	again := fmt.Sprintf("kubectl anywhere delete %s", c.name)
	if os.Getenv("ANYWHERE_LIVE_KEEP") != "" {
		t.Logf("the cluster is kept, and paid for, until: %s", again)
		return
	}
	_, _ = c.try(t, 2*time.Minute, plugin(), "status", c.name)
	if _, err := c.try(t, deleteTakes, plugin(), "delete", c.name, "--force"); err != nil {
		t.Errorf("what is left is paid for; remove it: %s: %v", again, err)
	}
}
