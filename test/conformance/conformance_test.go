// Package conformance_test runs Kubernetes' own tests of the network against a
// real cluster of ours: those that need no image but what can be built here.
package conformance_test

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/cluster"
)

// What hack/conformance.sh sets. Without the first these tests are skipped.
const (
	// programVariable is the path of e2e.test.
	programVariable = "ANYWHERE_CONFORMANCE"
	// layerVariable is the network layer; flannel where it is empty.
	layerVariable = "ANYWHERE_TEST_LAYER"
	// policyVariable is what spec.network.policy says.
	policyVariable = "ANYWHERE_TEST_POLICY"
	// focusVariable runs only tests that match a pattern, for trying one; the
	// page is not written then.
	focusVariable = "ANYWHERE_CONFORMANCE_FOCUS"
	// logsVariable is the folder that keeps what each process printed and its
	// report; where it is empty they go with the test.
	logsVariable = "ANYWHERE_CONFORMANCE_LOGS"
)

const (
	// processes run side by side. Most of a test is waiting.
	processes = 8
	// patience is for all tests together.
	patience = "50m"
	// glibc is the image of Debian with dig of this version's tests.
	glibc = "registry.k8s.io/e2e-test-images/glibc-dns-testing:2.1.1"
)

func TestConformance(t *testing.T) {
	program := os.Getenv(programVariable)
	if program == "" {
		t.Skipf("%s is not set: 'make conformance' builds the program and sets it", programVariable)
	}
	n := network{Layer: cmp.Or(os.Getenv(layerVariable), catalog.DefaultLayer), Policy: os.Getenv(policyVariable)}
	run, left := chosen(list(t, program), n.enforces(t))
	if pattern := os.Getenv(focusVariable); pattern != "" {
		run = slices.DeleteFunc(run, func(name string) bool { return !regexp.MustCompile(pattern).MatchString(name) })
	}
	if len(run) == 0 {
		t.Fatal("no test is left to run")
	}
	c := up(t, n)
	started := time.Now()
	p := page{kubernetes: config.DefaultKubernetesVersion, network: n, at: started, left: left, results: runAll(t, c, program, run)}
	p.took, p.unreached = time.Since(started), unreached(run, p.results)
	judge(t, p)
	if os.Getenv(focusVariable) != "" {
		return
	}
	if err := os.WriteFile(filepath.Join("..", "..", "docs", n.file()), []byte(p.text()), 0o644); err != nil {
		t.Error(err)
	}
}

// network is what the cluster's config says in spec.network.
type network struct {
	Layer    string `json:"layer"`
	Policy   string `json:"policy,omitempty"`
	NodeCIDR string `json:"nodeCIDR,omitempty"`
}

// enforces tells whether network policy takes effect.
func (n network) enforces(t *testing.T) bool {
	t.Helper()
	declared, err := catalog.LayerOf(n.Layer)
	if err != nil {
		t.Fatal(err)
	}
	return declared.EnforcesPolicy || n.Policy != ""
}

// String says it in words.
func (n network) String() string {
	if n.Policy == "" {
		return n.Layer
	}
	return n.Layer + " and " + n.Policy
}

// file is the page of docs that a run is recorded in.
func (n network) file() string {
	if n == (network{Layer: catalog.DefaultLayer}) {
		return "conformance.md"
	}
	return "conformance-" + strings.ReplaceAll(n.String(), " ", "-") + ".md"
}

// judge fails the test for each that failed, and for each that should have run
// and of which there is no word.
func judge(t *testing.T, p page) {
	t.Helper()
	for _, r := range p.results {
		t.Logf("%s %s (%s) %s", r.outcome, r.name, r.took.Round(time.Second), firstLine(r.message))
		if r.outcome == failed {
			t.Errorf("%s: %s", r.name, r.message)
		}
	}
	for _, name := range p.unreached {
		t.Errorf("%s has not run", name)
	}
	if len(p.of(passed)) == 0 {
		t.Error("no test has passed")
	}
}

// unreached are those of names that have no result.
func unreached(names []string, list []result) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return slices.ContainsFunc(list, func(r result) bool { return r.name == name })
	})
}

// list asks the program for the names of its tests.
func list(t *testing.T, program string) []string {
	t.Helper()
	out, err := exec.Command(program, "--list-tests").Output()
	if err != nil {
		t.Fatalf("listing tests: %v", err)
	}
	var names []string
	for line := range strings.Lines(string(out)) {
		// The name stands behind the place in the source.
		if at := strings.Index(line, group); at >= 0 {
			names = append(names, strings.TrimSpace(line[at:]))
		}
	}
	return names
}

// up brings up the cluster and gives its hosts what tests run.
func up(t *testing.T, n network) *cluster.Cluster {
	t.Helper()
	with := []string{"agnhost"}
	for _, name := range []string{n.Layer, n.Policy} {
		if slices.Contains(images.Optional(), name) {
			with = append(with, name)
		}
	}
	bundle, err := images.Find(config.DefaultKubernetesVersion, "", with...)
	if err != nil {
		t.Fatal(err)
	}
	if bundle.Path == "" {
		t.Fatalf("no archive has the images of %v: make one with: make images WITH=%s", with, strings.Join(with, ","))
	}
	size := cluster.Config{APIPort: 16444, NodeCIDR: "172.31.244.0/24", Workers: 2}
	n.NodeCIDR = size.NodeCIDR
	c := cluster.Of(t, "net", size, map[string]any{
		"target":  "local",
		"pools":   []any{map[string]any{"name": "workers", "count": size.Workers}},
		"network": n,
		"local":   map[string]any{"apiPort": size.APIPort},
		"images":  map[string]any{"bundle": bundle.Path},
	})
	c.Anywhere(t, "create", "-f", c.File)
	agnhost := images.OptionalReferences("agnhost", "")[0]
	for _, host := range strings.Fields(c.Kubectl(t, "get", "nodes", "-o", "jsonpath={.items[*].metadata.name}")) {
		c.Docker(t, "exec", host, "ctr", "--namespace", "k8s.io", "images", "tag", agnhost, glibc)
	}
	return c
}

// runAll runs tests in several processes and returns what came of each.
func runAll(t *testing.T, c *cluster.Cluster, program string, names []string) []result {
	t.Helper()
	logs := os.Getenv(logsVariable)
	if logs == "" {
		logs = t.TempDir()
	}
	var mu sync.Mutex
	var all []result
	var running sync.WaitGroup
	for i, share := range shares(names, processes) {
		running.Go(func() {
			list, err := runShare(c, program, filepath.Join(logs, fmt.Sprint(i)), share)
			mu.Lock()
			defer mu.Unlock()
			all = append(all, list...)
			if err != nil {
				t.Error(err)
			}
		})
	}
	running.Wait()
	return all
}

// runShare runs tests one after the other. That some fail is no error: the
// report says so.
func runShare(c *cluster.Cluster, program, dir string, names []string) ([]result, error) {
	// A report of an earlier run must not be taken for this one's.
	if err := errors.Join(os.RemoveAll(dir), os.MkdirAll(dir, 0o755)); err != nil {
		return nil, err
	}
	cmd := exec.Command(program,
		"--kubeconfig", filepath.Join(c.Home, "kubeconfig"), "--context", c.Name, "--provider", "skeleton",
		"--ginkgo.focus", focus(names), "--ginkgo.timeout", patience, "--ginkgo.no-color", "--report-dir", dir,
		"--report-complete-junit", "--disable-log-dump", "--e2e-output-dir", dir)
	// Nothing of the user's own, and no other cluster.
	cmd.Env = append(os.Environ(), "HOME="+c.Home, "KUBECONFIG=")
	// To a file, which can be followed.
	log, err := os.Create(filepath.Join(dir, "log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return nil, fmt.Errorf("running %s: %w", program, err)
	}
	reports, globErr := filepath.Glob(filepath.Join(dir, "junit*.xml"))
	if globErr != nil || len(reports) != 1 {
		return nil, fmt.Errorf("running %s ended with %v, and there are %d reports of it; see %s", program, err, len(reports), log.Name())
	}
	data, readErr := os.ReadFile(reports[0])
	if readErr != nil {
		return nil, readErr
	}
	return results(data)
}
