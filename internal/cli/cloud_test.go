package cli

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// cloudTarget is the fake with what makes a cloud of it. Its plugin is never
// started: the provider of its resources is in this process.
type cloudTarget struct{ *fakeTarget }

func (cloudTarget) PullsImages()             {}
func (cloudTarget) Plugins() []target.Plugin { return []target.Plugin{{Name: "sky", Version: "1.2.3"}} }

func (cloudTarget) Bill(c *config.Cluster) []target.Charge {
	return []target.Charge{
		{Count: c.Spec.ControlPlane.Count, What: "medium machine", For: "control plane"},
		{Count: c.Spec.Pools[0].Count, Max: 9, What: "small machine", For: "pool workers"},
	}
}

func newCloudBench(t *testing.T) *bench {
	t.Helper()
	b := newBench(t)
	b.env.Targets = []target.Target{cloudTarget{b.fakeTarget}}
	return b
}

// withPlugin makes a folder that holds the plugin.
func withPlugin(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "pulumi-resource-sky"), []byte("never started"), 0o755); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestPlugins_AreAStageThatUsersSee(t *testing.T) {
	b := newCloudBench(t)
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	tarred := tar.NewWriter(zipped)
	err := errors.Join(tarred.WriteHeader(&tar.Header{Name: "pulumi-resource-sky", Mode: 0o755, Typeflag: tar.TypeReg}), tarred.Close(), zipped.Close())
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if !strings.HasPrefix(r.URL.Path, "/pulumi-resource-sky-v1.2.3-") {
			t.Errorf("asked for %s", r.URL.Path)
		}
		_, _ = w.Write(archive.Bytes())
	}))
	defer server.Close()
	b.env.Getenv = func(name string) string {
		if name == pluginSourceVariable {
			return server.URL
		}
		return ""
	}
	file := write(t, "c.json", nil)
	for range 2 {
		code, _, stderr := b.run(t, "provision", "-f", file)
		if code != 0 {
			t.Errorf("exit %d", code)
		}
		has(t, stderr, "[2/3] Fetching the provider's plugin")
	}
	if asked != 1 {
		t.Errorf("the plugin was asked for %d times", asked)
	}
}

func TestPlugins_ThatCannotBeHadAreSaidBeforeAnythingIsTouched(t *testing.T) {
	b := newCloudBench(t)
	code, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil), "--plugin-dir", t.TempDir())
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	has(t, stderr, "provider plugin sky v1.2.3 is not in", "leave the flag out to download it")
	b.untouched(t)
}

func TestPreview_PrintsWhatIsBilled(t *testing.T) {
	b := newCloudBench(t)
	code, stdout, _ := b.run(t, "preview", "-f", write(t, "c.json", nil), "--plugin-dir", withPlugin(t))
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "Billed while the cluster exists", "1 medium machine control plane", "1-9 small machine pool workers")
}

func TestDelete_PrintsAReceiptAndFailsWhileSomethingIsLeft(t *testing.T) {
	b := newCloudBench(t)
	plugins := withPlugin(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil), "--plugin-dir", plugins)
	b.left = []string{"sky disks delete pvc-1 --zone x"}
	code, _, stderr := b.run(t, "delete", "a", "--plugin-dir", plugins, "--force")
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, stderr, `Receipt for cluster "a"`, "2 enginetest:index:Thing", "sky disks delete pvc-1 --zone x", "looks again")
	b.left = nil
	code, stdout, _ := b.run(t, "delete", "a", "--plugin-dir", plugins, "--force", "-o", "json")
	if code != 0 {
		t.Errorf("exit %d when nothing was left", code)
	}
	has(t, stdout, `"cluster": "a"`, `"left": []`)
}

func TestDelete_SaysWhereTheClusterCannotGiveBackWhatItHolds(t *testing.T) {
	b := newCloudBench(t)
	plugins := withPlugin(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil), "--plugin-dir", plugins)
	code, _, stderr := b.run(t, "delete", "a", "--plugin-dir", plugins)
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	has(t, stderr, "Giving back load balancers and volumes", "the API does not answer", "is gone")
}

func TestImages_OfACloudAreNeverAnArchiveOfThisMachine(t *testing.T) {
	b := newCloudBench(t)
	b.env.Reachable = func(context.Context, string) error { return errors.New("no route") }
	code, _, stderr := b.run(t, "provision", "-f", write(t, "c.json", nil), "--plugin-dir", withPlugin(t))
	if code != ExitUsage {
		t.Errorf("exit %d, want %d", code, ExitUsage)
	}
	has(t, stderr, "pull their images", "name a registry that holds the images")
}

func TestLacksOf_CountsTheNodesOfAPool(t *testing.T) {
	c := &creation{session: &session{cluster: &config.Cluster{Spec: config.Spec{
		Network: config.Network{Layer: config.Flannel},
		Pools:   []config.Pool{{Name: "big", Min: 1, Max: 9, Count: 5}},
	}}}}
	ready, not := kube.Node{Pool: "workers", Ready: true}, kube.Node{Name: "i-2", Pool: "workers", Reason: "the disk is full"}
	for name, test := range map[string]struct {
		nodes  []kube.Node
		pool   target.Pool
		reason string
	}{
		"all there":             {[]kube.Node{ready, ready}, target.Pool{Name: "workers", Count: 2}, ""},
		"one missing":           {[]kube.Node{ready}, target.Pool{Name: "workers", Count: 2}, "1 of 2 nodes registered"},
		"one not ready":         {[]kube.Node{not}, target.Pool{Name: "workers", Count: 1}, "registered, not ready: the disk is full"},
		"an old one on its way": {[]kube.Node{not, ready}, target.Pool{Name: "workers", Count: 1}, ""},
		"below the fewest":      {nil, target.Pool{Name: "big", Count: 5, Max: 9}, "0 of 1 node registered"},
		"scaled down since":     {[]kube.Node{{Name: "i-1", Pool: "big", Ready: true}}, target.Pool{Name: "big", Count: 5, Max: 9}, ""},
	} {
		for i := range test.nodes {
			if test.nodes[i].Name == "" {
				test.nodes[i].Name = "ready"
			}
		}
		if got := c.lacksOf(test.nodes, test.pool); got.reason != test.reason {
			t.Errorf("%s: %q, want %q", name, got.reason, test.reason)
		}
	}
}
