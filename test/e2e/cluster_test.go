package e2e_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// config is what the tests vary of a cluster.
type config struct {
	APIPort  int
	NodeCIDR string
	Workers  int
}

// cluster is a cluster under test, made by the plugin in a home of its own.
type cluster struct {
	name, home, configFile string
	config                 config
	loops                  string
}

func newCluster(t *testing.T, name string, cfg config) *cluster {
	t.Helper()
	home := t.TempDir()
	c := &cluster{name: name, home: home, configFile: filepath.Join(home, "cluster.json"), config: cfg, loops: loops(t)}
	data, err := json.MarshalIndent(map[string]any{
		"apiVersion": "kubernetes-anywhere.io/v1alpha1",
		"kind":       "Cluster",
		"metadata":   map[string]any{"name": name},
		"spec": map[string]any{
			"target":  "local",
			"pools":   []any{map[string]any{"name": "workers", "count": cfg.Workers}},
			"network": map[string]any{"nodeCIDR": cfg.NodeCIDR},
			"local":   map[string]any{"apiPort": cfg.APIPort},
		},
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.configFile, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return c
}

// environment keeps the user's own clusters and kubeconfig out of reach.
func (c *cluster) environment(t *testing.T) []string {
	t.Helper()
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	if named := os.Getenv("KUBERNETES_ANYWHERE_CACHE"); named != "" {
		cache = named
	} else {
		cache = filepath.Join(cache, "kubernetes-anywhere")
	}
	return append(os.Environ(), "HOME="+c.home, "KUBECONFIG="+filepath.Join(c.home, "kubeconfig"), "KUBERNETES_ANYWHERE_CACHE="+cache)
}

func (c *cluster) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = c.environment(t)
	return cmd
}

// run runs a program, which must succeed, and returns its output.
func (c *cluster) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := c.try(t, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// try runs a program and returns what it printed on both streams.
func (c *cluster) try(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := c.command(t, name, args...).CombinedOutput()
	return string(out), err
}

func (c *cluster) docker(t *testing.T, args ...string) string {
	t.Helper()
	return c.run(t, "docker", args...)
}

func (c *cluster) kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return c.run(t, "kubectl", append([]string{"--context", c.name}, args...)...)
}

func plugin() string { return filepath.Join("..", "..", "bin", "kubectl-anywhere") }

// anywhere runs the plugin, which must succeed, and keeps what it said in the
// test's log.
func (c *cluster) anywhere(t *testing.T, args ...string) string {
	t.Helper()
	out := c.run(t, plugin(), args...)
	t.Logf("kubectl anywhere %s\n%s", strings.Join(args, " "), out)
	return out
}

func (c *cluster) exitCode(t *testing.T, args ...string) int {
	t.Helper()
	out, err := c.try(t, plugin(), args...)
	var exit *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &exit):
		t.Logf("kubectl anywhere %s\n%s", strings.Join(args, " "), out)
		return exit.ExitCode()
	}
	t.Fatal(err)
	return -1
}

// process is a plugin that runs while the test goes on.
type process struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	buf bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

func (c *cluster) start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{cmd: c.command(t, plugin(), args...)}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// kill ends the process with SIGKILL, the one signal nobody can prepare for.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	t.Logf("killed (%v), having said:\n%s", err, p.output())
}

// await asks until the answer is yes. The deadline is generous: it is there
// to end a broken run, not to measure one.
func (c *cluster) await(t *testing.T, what string, deadline time.Duration, try func() (bool, string)) {
	t.Helper()
	end := time.Now().Add(deadline)
	for {
		ok, detail := try()
		if ok {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("no %s within %s:\n%s", what, deadline, detail)
		}
		time.Sleep(time.Second)
	}
}

// startTimes tells when each host was last started.
func (c *cluster) startTimes(t *testing.T) string {
	t.Helper()
	ids := strings.Fields(c.docker(t, "ps", "-q", "--filter", "label=kubernetes-anywhere.cluster="+c.name))
	return c.docker(t, append([]string{"inspect", "--format", "{{.Name}} {{.State.StartedAt}}"}, ids...)...)
}

// cleanup takes away what a failed run left behind.
func (c *cluster) cleanup() {
	cmd := exec.Command(plugin(), "delete", c.name)
	cmd.Env = append(os.Environ(), "HOME="+c.home, "KUBECONFIG="+filepath.Join(c.home, "kubeconfig"))
	_ = cmd.Run() // after testDelete there is no such cluster any more
}

// loops lists the loop devices in use.
func loops(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("losetup", "--list", "--noheadings", "--output", "NAME,BACK-FILE").CombinedOutput()
	if err != nil {
		t.Fatalf("listing loop devices: %v\n%s", err, out)
	}
	return string(out)
}
