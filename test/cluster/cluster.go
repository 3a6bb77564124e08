// Package cluster is a cluster under test: made by the plugin as a user runs it,
// in a home of its own, and taken away when the test ends.
package cluster

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// Config is what tests vary of a local cluster. APIPort and NodeCIDR are what
// two clusters at once must not share.
type Config struct {
	APIPort                int
	NodeCIDR               string
	ControlPlanes, Workers int
}

// Cluster is a cluster under test. File is its config; Home is where the plugin
// keeps what it keeps, and the kubeconfig is.
type Cluster struct {
	Name, Home, File string
	Config           Config
	// Within is the command that others are run by, such as one that enters
	// another network; Env are variables that they have besides.
	Within, Env []string
}

// New writes the config of a local cluster; nothing is made yet. What is made
// of it is taken away when the test ends.
func New(t *testing.T, name string, config Config) *Cluster {
	t.Helper()
	return Of(t, name, config, map[string]any{
		"target":       "local",
		"controlPlane": map[string]any{"count": max(1, config.ControlPlanes)},
		"pools":        []any{map[string]any{"name": "workers", "count": config.Workers}},
		"network":      map[string]any{"nodeCIDR": config.NodeCIDR},
		"local":        map[string]any{"apiPort": config.APIPort},
	})
}

// Of is New with a spec of the test's own.
func Of(t *testing.T, name string, config Config, spec map[string]any) *Cluster {
	t.Helper()
	c := &Cluster{Name: name, Home: t.TempDir(), Config: config}
	c.File = filepath.Join(c.Home, "cluster.json")
	c.Write(t, spec)
	t.Cleanup(c.cleanup)
	return c
}

// Write replaces the config's spec.
func (c *Cluster) Write(t *testing.T, spec map[string]any) {
	t.Helper()
	data, err := json.MarshalIndent(map[string]any{
		"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster",
		"metadata": map[string]any{"name": c.Name}, "spec": spec,
	}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(c.File, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

// environment keeps the user's own clusters and kubeconfig out of reach.
func (c *Cluster) environment(t *testing.T) []string {
	t.Helper()
	return c.own("KUBERNETES_ANYWHERE_CACHE=" + Cache(t))
}

// own is the environment of this cluster's commands. What comes last wins.
func (c *Cluster) own(more ...string) []string {
	home := []string{"HOME=" + c.Home, "KUBECONFIG=" + filepath.Join(c.Home, "kubeconfig")}
	return slices.Concat(os.Environ(), home, more, c.Env)
}

// within is a command where this cluster's are run.
func (c *Cluster) within(name string, args ...string) *exec.Cmd {
	line := slices.Concat(c.Within, []string{name}, args)
	return exec.Command(line[0], line[1:]...)
}

func (c *Cluster) command(t *testing.T, name string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := c.within(name, args...)
	cmd.Env = c.environment(t)
	return cmd
}

// Run runs a program, which must succeed, and returns its output.
func (c *Cluster) Run(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := c.Try(t, name, args...)
	if err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
	return out
}

// Try runs a program and returns what it printed on both streams.
func (c *Cluster) Try(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	out, err := c.command(t, name, args...).CombinedOutput()
	return string(out), err
}

// Ask runs a program and returns what it printed on standard output; what it
// said besides is in the error. It is for what 'kubectl exec' brings from a pod:
// kubectl has things to say of its own connection, even where all went well.
func (c *Cluster) Ask(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	cmd := c.command(t, name, args...)
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		err = fmt.Errorf("%w\n%s", err, &said)
	}
	return string(out), err
}

// Docker runs docker, which must succeed.
func (c *Cluster) Docker(t *testing.T, args ...string) string {
	t.Helper()
	return c.Run(t, "docker", args...)
}

// Kubectl runs kubectl against this cluster; it must succeed.
func (c *Cluster) Kubectl(t *testing.T, args ...string) string {
	t.Helper()
	return c.Run(t, "kubectl", append([]string{"--context", c.Name}, args...)...)
}

// Plugin is the program under test, for tests two folders below the root.
func Plugin() string { return filepath.Join("..", "..", "bin", "kubectl-anywhere") }

// Anywhere runs the plugin, which must succeed, and keeps what it said in the
// test's log.
func (c *Cluster) Anywhere(t *testing.T, args ...string) string {
	t.Helper()
	out := c.Run(t, Plugin(), args...)
	t.Logf("kubectl anywhere %s\n%s", strings.Join(args, " "), out)
	return out
}

// Output runs the plugin and returns what it printed on standard output.
func (c *Cluster) Output(t *testing.T, args ...string) (string, error) {
	t.Helper()
	out, err := c.command(t, Plugin(), args...).Output()
	return string(out), err
}

// ExitCode runs the plugin and returns its exit code.
func (c *Cluster) ExitCode(t *testing.T, args ...string) int {
	t.Helper()
	out, err := c.Try(t, Plugin(), args...)
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

// Process is a plugin that runs while the test goes on.
type Process struct {
	cmd *exec.Cmd
	mu  sync.Mutex
	buf bytes.Buffer
}

// Write implements io.Writer.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.Write(b)
}

// Output is what it has said so far.
func (p *Process) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.buf.String()
}

// Start runs the plugin while the test goes on.
func (c *Cluster) Start(t *testing.T, args ...string) *Process {
	t.Helper()
	p := &Process{cmd: c.command(t, Plugin(), args...)}
	p.cmd.Stdout, p.cmd.Stderr = p, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return p
}

// Kill ends the process with SIGKILL, the one signal nobody can prepare for.
func (p *Process) Kill(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	err := p.cmd.Wait()
	t.Logf("killed (%v), having said:\n%s", err, p.Output())
}

// Await asks until the answer is yes. The deadline is generous: it is there
// to end a broken run, not to measure one.
func (c *Cluster) Await(t *testing.T, what string, deadline time.Duration, try func() (bool, string)) {
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

// StartTimes tells when each host was last started.
func (c *Cluster) StartTimes(t *testing.T) string {
	t.Helper()
	ids := strings.Fields(c.Docker(t, "ps", "-q", "--filter", "label=kubernetes-anywhere.cluster="+c.Name))
	return c.Docker(t, append([]string{"inspect", "--format", "{{.Name}} {{.State.StartedAt}}"}, ids...)...)
}

// cleanup takes away what a failed run left behind.
func (c *Cluster) cleanup() {
	cmd := c.within(Plugin(), "delete", c.Name)
	cmd.Env = c.own()
	_ = cmd.Run() // after testDelete there is no such cluster any more
}
