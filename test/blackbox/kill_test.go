package blackbox

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Where a process of this test's is killed, in its environment.
const (
	killRoot   = "ANYWHERE_KILL_ROOT"
	killBundle = "ANYWHERE_KILL_BUNDLE"
	// killMoment counts lines of the log and commands, before and after each.
	killMoment = "ANYWHERE_KILL_MOMENT"
	// killFile counts what Ignition writes.
	killFile = "ANYWHERE_KILL_FILE"
)

// mortal is a world whose process is killed at a moment.
type mortal struct {
	*world
	moments, file int
	// stages are the moments at which one ends or all are done.
	stages []int
}

func (m *mortal) happens() {
	if m.moments--; m.moments == 0 {
		die()
	}
}

// die is what SIGKILL does to a process: no deferred function, no last word.
func die() {
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {}
}

// Write is a line of the log: each stage begins with one.
func (m *mortal) Write(line []byte) (int, error) {
	m.happens()
	if words := string(line); strings.Contains(words, ": stage ") || strings.Contains(words, node.DoneLine) {
		m.stages = append(m.stages, -m.moments)
	}
	return len(line), nil
}

// Run runs Ignition as far as one of its files, and leaves behind the file that
// it was just writing.
func (m *mortal) Run(ctx context.Context, c host.Command) ([]byte, error) {
	m.happens()
	if c.Name == m.options.IgnitionApply && m.file > 0 {
		var config types.Config
		if err := json.NewDecoder(c.Stdin).Decode(&config); err != nil {
			return nil, err
		}
		files := config.Storage.Files
		killed := m.file <= len(files)
		if killed {
			config.Storage.Files, config.Storage.Links, config.Systemd = files[:m.file-1], nil, types.Systemd{}
		}
		document, err := json.Marshal(config)
		if err != nil {
			return nil, err
		}
		c.Stdin = bytes.NewReader(document)
		output, err := m.world.Run(ctx, c)
		if err == nil && killed {
			half := filepath.Join(m.root, filepath.Dir(files[m.file-1].Path), "tmp1234567890")
			_ = os.MkdirAll(filepath.Dir(half), 0o755)
			_ = os.WriteFile(half, []byte("half of it"), 0o600)
			die()
		}
		return output, err
	}
	output, err := m.world.Run(ctx, c)
	m.happens()
	return output, err
}

// TestKilledProcess is no test of its own: it is the process that is killed.
func TestKilledProcess(t *testing.T) {
	root := os.Getenv(killRoot)
	if root == "" {
		t.Skip("it is run by TestApply_KilledAnywhereGivesTheSameTree")
	}
	raw, err := os.ReadFile(os.Getenv(killBundle))
	if err != nil {
		t.Fatal(err)
	}
	b, err := node.ReadBundle(raw)
	if err != nil {
		t.Fatal(err)
	}
	m := &mortal{world: enterWorld(t, root, b)}
	m.answers[listImages] = othersImage
	m.moments, _ = strconv.Atoi(os.Getenv(killMoment))
	m.file, _ = strconv.Atoi(os.Getenv(killFile))
	m.options.Runner, m.options.Log = m, m
	if err := host.Apply(context.Background(), m.options); err != nil {
		t.Fatal(err)
	}
}

// killedAt runs the bootstrap in a process of its own, and tells whether that
// was killed before it was done.
func killedAt(t *testing.T, root, bundle, what string, count int) bool {
	t.Helper()
	command := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$", "-test.count=1")
	command.Env = append(os.Environ(), "TMPDIR="+t.TempDir(), killRoot+"="+root, killBundle+"="+bundle, fmt.Sprintf("%s=%d", what, count))
	output, err := command.CombinedOutput()
	status, ok := command.ProcessState.Sys().(syscall.WaitStatus)
	switch {
	case err == nil:
		return false
	case ok && status.Signaled() && status.Signal() == syscall.SIGKILL:
		return true
	}
	t.Fatalf("%s %d: %v\n%s", what, count, err, output)
	return false
}

func TestApply_KilledAnywhereGivesTheSameTree(t *testing.T) {
	for _, role := range []string{node.ControlPlane, node.Worker} {
		t.Run(role, func(t *testing.T) {
			w := newNode(t, role)
			w.used(t)
			if role == node.Worker {
				w.letIn(t, w.authority) // the process cannot play the kubelet
			}
			bundle := filepath.Join(w.root, "bundle.json")
			blank := filepath.Join(t.TempDir(), "blank")
			clone(t, w.root, blank)
			whole := &mortal{world: w}
			w.options.Runner, w.options.Log = whole, whole
			w.apply(t)
			want := plain(t, w.root)
			kills, stages := 0, map[string]bool{}
			try := func(what string, count int) bool {
				root := filepath.Join(t.TempDir(), "root")
				clone(t, blank, root)
				if !killedAt(t, root, bundle, what, count) {
					return false
				}
				kills++
				again := *w
				again.root, again.options.HostRoot = root, root
				again.options.Runner, again.options.Log = &again, io.Discard
				if _, err := os.Stat(filepath.Join(root, node.StatusPath)); err == nil {
					stages[again.status(t).Stage] = true
				}
				if err := host.Apply(context.Background(), again.options); err != nil {
					t.Fatalf("%s %d: %v", what, count, err)
				}
				if diff := cmp.Diff(want, plain(t, root)); diff != "" {
					t.Fatalf("%s %d: the tree is another one (-uninterrupted +killed):\n%s", what, count, diff)
				}
				return true
			}
			for moment := 1; moment <= -whole.moments; moment++ {
				if moment%step() == 0 || slices.Contains(whole.stages, moment) {
					if !try(killMoment, moment) {
						t.Errorf("it was not killed at moment %d", moment)
					}
				}
			}
			for file := 1; try(killFile, file); file += 2 * step() {
			}
			for _, stage := range []string{
				node.StageFacts, node.StageBundle, node.StageCertificates, node.StageIgnition, node.StageUnits,
				node.StageKubelet, node.StageEtcd, node.StageAPIServer, node.StageRegistered, node.StageReady,
			} {
				if !stages[stage] {
					t.Errorf("it was never killed in stage %s", stage)
				}
			}
			t.Logf("killed %d times", kills)
		})
	}
}

// step is between two moments: each of them in the long tests, otherwise each
// end of a stage and some in between.
func step() int {
	if os.Getenv("ANYWHERE_NODE") == "1" {
		return 1
	}
	return 10
}

// clone copies a tree with modes, owners and links.
func clone(t *testing.T, from, to string) {
	t.Helper()
	if out, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
}

var (
	pemBlock   = regexp.MustCompile(`(?s)-----BEGIN ([A-Z ]+)-----.*?-----END [A-Z ]+-----`)
	base64Data = regexp.MustCompile(`(client-certificate-data|client-key-data): \S+`)
	digests    = regexp.MustCompile(regexp.QuoteMeta(node.InputsAnnotation) + `: \S+`)
)

// sums are the digests of files in what an apply records of itself.
var sums = regexp.MustCompile(`("sha256": ")[0-9a-f]{64}`)

// plain is a tree without what differs between any two runs: keys, signatures
// and what is computed from them. Certificates are told by what they say.
func plain(t *testing.T, root string) map[string]string {
	t.Helper()
	out := withoutKernel(tree(t, root))
	for path, entry := range out {
		if strings.HasPrefix(path, "var/lib/kubernetes-anywhere/units/") {
			out[path] = entry[:10] // digests
			continue
		}
		if path == "var/lib/kubernetes-anywhere/applied.json" {
			entry = sums.ReplaceAllString(entry, "${1}digest") // of certificates and keys, too
		}
		entry = pemBlock.ReplaceAllStringFunc(entry, func(block string) string {
			cert, err := pki.ParseCertificate([]byte(block))
			if err != nil {
				return pemBlock.FindStringSubmatch(block)[1]
			}
			return fmt.Sprintf("%s by %s until %s for %v %v", cert.Subject, cert.Issuer, cert.NotAfter.Format(time.RFC3339), cert.DNSNames, cert.IPAddresses)
		})
		entry = base64Data.ReplaceAllString(entry, "$1")
		out[path] = digests.ReplaceAllString(entry, "digest")
	}
	return out
}
