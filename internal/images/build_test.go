package images

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

const (
	repo   = "../.."
	source = repo + "/bootstrap-image/source"
)

func TestPins_AgreeWithTheVersionsOfTheImages(t *testing.T) {
	for _, test := range []struct{ dir, module, want string }{
		{"etcd", "go.etcd.io/etcd/server/v3", "v" + EtcdVersion},
		{"coredns", "github.com/coredns/coredns", "v" + CoreDNSVersion},
		{"flannel", "github.com/flannel-io/flannel", "v" + FlannelVersion},
		{"metrics-server", metricsServer, "v" + MetricsServerVersion},
		{"cilium", "github.com/cilium/cilium", "v" + CiliumVersion},
		{"kube-router", "github.com/cloudnativelabs/kube-router/v2", "v" + KubeRouterVersion},
		{"kube-network-policies", "sigs.k8s.io/kube-network-policies", "v" + KubeNetworkPoliciesVersion},
		{"agnhost", kubernetesModule, config.DefaultKubernetesVersion},
		{"e2e", kubernetesModule, config.DefaultKubernetesVersion},
		{"kubernetes", kubernetesModule, config.DefaultKubernetesVersion},
	} {
		got, err := pin(filepath.Join(source, test.dir), test.module)
		if err != nil || got != test.want {
			t.Errorf("%s is pinned at %q (%v), its image is called %q", test.dir, got, err, test.want)
		}
	}
}

func TestComponents_ArePinnedByTheirModules(t *testing.T) {
	for _, comp := range all() {
		dir := filepath.Join(source, comp.dir)
		if _, err := pin(dir, comp.module); err != nil {
			t.Error(err)
		}
		gomod, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err != nil {
			t.Fatal(err)
		}
		for name, pkg := range comp.programs {
			// A tool directive keeps go.sum complete for the program; for tests
			// the imports of a file do (pins.go).
			if comp.tests {
				continue
			}
			if !strings.HasPrefix(pkg, ".") && !regexp.MustCompile(`(?m)^(tool )?\s*`+regexp.QuoteMeta(pkg)+`$`).Match(gomod) {
				t.Errorf("%s/go.mod has no tool directive for %s (%s)", comp.dir, name, pkg)
			}
		}
	}
}

func TestDockerfile_LaysWhatTheBuilderLays(t *testing.T) {
	data, err := os.ReadFile(filepath.Join(repo, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	dockerfile := string(data)
	var bootstrap spec
	for _, s := range specs(For("v1.37.1", "")) {
		if s.component == "bootstrap" {
			bootstrap = s
		}
	}
	var copied []string
	for _, match := range regexp.MustCompile(`(?m)^COPY --from=build /out/(\w+)/ /$`).FindAllStringSubmatch(dockerfile, -1) {
		copied = append(copied, match[1])
	}
	if !slices.Equal(copied, bootstrap.layers[1:]) {
		t.Errorf("the Dockerfile copies %q on its base, the builder lays %q", copied, bootstrap.layers[1:])
	}
	if strings.Count(dockerfile, "COPY --from=") != len(copied) {
		t.Error("the Dockerfile copies something else besides")
	}
	if want := `ENTRYPOINT ["` + bootstrap.config.Entrypoint[0] + `"]`; !strings.Contains(dockerfile, want) {
		t.Errorf("the Dockerfile has no %s", want)
	}
	if want := "ENV " + searchPath; !strings.Contains(dockerfile, want) {
		t.Errorf("the Dockerfile has no %s", want)
	}
	_, final, _ := strings.Cut(dockerfile, "FROM debian:13-slim")
	for _, name := range basePackages() {
		if !slices.Contains(strings.Fields(final), name) {
			t.Errorf("the Dockerfile does not install %s", name)
		}
	}
}

func TestTree_IsLaidOutForDocker(t *testing.T) {
	dir := t.TempDir()
	if err := fakeParts(t).multicall().lay(dir); err != nil {
		t.Fatal(err)
	}
	if to, err := os.Readlink(filepath.Join(dir, binDir, "kubelet")); err != nil || to != "kube" {
		t.Errorf("kubelet links to %q (%v), want kube", to, err)
	}
	if data, err := os.ReadFile(filepath.Join(dir, binDir, "kubelet")); err != nil || string(data) != "kube" {
		t.Errorf("kubelet is %q (%v)", data, err)
	}
}

func TestBuild_RefusesAVersionThatIsNotPinned(t *testing.T) {
	_, err := Build(t.Context(), BuildOptions{SourceDir: source, RepoDir: repo, CacheDir: t.TempDir(), Version: "v1.0.0"})
	if err == nil || !strings.Contains(err.Error(), "v1.0.0") || !strings.Contains(err.Error(), "spec.kubernetesVersion") {
		t.Errorf("the error is %v, want one that names the version and the field", err)
	}
}

// tiny makes a source folder with one component that builds in a moment.
func tiny(t *testing.T, main string) (string, component) {
	t.Helper()
	dir := t.TempDir()
	for path, content := range map[string]string{
		"tiny/go.mod":     "module tiny\n\ngo 1.26.0\n\nrequire example.com/lib v1.2.3\n\nreplace example.com/lib => ./lib\n",
		"tiny/main.go":    main,
		"tiny/lib/go.mod": "module example.com/lib\n",
		"tiny/lib/lib.go": "package lib\n\nvar Version string\n",
	} {
		at := filepath.Join(dir, path)
		if err := os.MkdirAll(filepath.Dir(at), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(at, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir, component{
		name: "tiny", dir: "tiny", module: "example.com/lib", stamp: each("example.com/lib.Version"),
		programs: map[string]string{"tiny": "."},
	}
}

const tinyMain = "package main\n\nimport \"example.com/lib\"\n\nfunc main() { println(lib.Version) }\n"

func tinyCompiler(t *testing.T, source string) *compiler {
	t.Helper()
	return &compiler{source: source, cache: t.TempDir(), toolchain: "test", arch: runtime.GOARCH}
}

func TestCompile_BuildsOnlyWhatChanged(t *testing.T) {
	dir, comp := tiny(t, tinyMain)
	c := tinyCompiler(t, dir)
	first, cached, err := c.compile(t.Context(), comp)
	if err != nil || cached {
		t.Fatalf("the first build: cached %v, %v", cached, err)
	}
	data, err := os.ReadFile(filepath.Join(first, "tiny"))
	if err != nil || !strings.Contains(string(data), "v1.2.3") {
		t.Errorf("the program does not carry the pinned version (%v)", err)
	}
	if _, cached, err := c.compile(t.Context(), comp); err != nil || !cached {
		t.Errorf("the second build: cached %v, %v; want nothing to do", cached, err)
	}
	if err := os.WriteFile(filepath.Join(dir, "tiny", "more.go"), []byte("package main\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, cached, err := c.compile(t.Context(), comp); err != nil || cached {
		t.Errorf("after a change: cached %v, %v; want a build", cached, err)
	}
	if _, err := os.Stat(first); !os.IsNotExist(err) {
		t.Errorf("the outdated output is still there (%v)", err)
	}
}

func TestCompile_SaysWhatTheCompilerSaid(t *testing.T) {
	dir, comp := tiny(t, "package main\n\nfunc main() { nonsense() }\n")
	c := tinyCompiler(t, dir)
	_, _, err := c.compile(t.Context(), comp)
	if err == nil || !strings.Contains(err.Error(), "undefined: nonsense") || !strings.Contains(err.Error(), "building tiny v1.2.3") {
		t.Errorf("the error is %v", err)
	}
	left, _ := os.ReadDir(filepath.Join(c.cache, "build"))
	if len(left) != 0 {
		t.Errorf("a failed build left %v", left)
	}
}

func TestLockCache_LetsOneBuildAtATimeIn(t *testing.T) {
	cache := t.TempDir()
	unlock, err := lockCache(t.Context(), cache, func() { t.Error("the first had to wait") })
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stopped by the test")
	// The second gives up as soon as it says that it waits.
	if _, err := lockCache(ctx, cache, func() { cancel(stop) }); !errors.Is(err, stop) {
		t.Errorf("the second got %v, want to wait until it is stopped", err)
	}
	unlock()
	unlock, err = lockCache(t.Context(), cache, func() {})
	if err != nil {
		t.Fatal(err)
	}
	unlock()
}

func TestLock_RemovesWhatAKilledBuildLeft(t *testing.T) {
	b := &build{BuildOptions: BuildOptions{CacheDir: t.TempDir()}}
	at := func(path string) string { return filepath.Join(b.CacheDir, path) }
	for _, dir := range []string{"build/.new-etcd-1/x", "build/etcd@1", "images/v1-amd64/.new-archive-1"} {
		if err := os.MkdirAll(at(dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	unlock, err := b.lock(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	for dir, want := range map[string]bool{"build/.new-etcd-1": false, "build/etcd@1": true, "images/v1-amd64/.new-archive-1": false} {
		if _, err := os.Stat(at(dir)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", dir, err == nil, want)
		}
	}
}

func TestEvent_ReadsAsALineOfProgress(t *testing.T) {
	event := Event{Step: "building etcd", N: 3, Of: 9, Elapsed: 41 * time.Second}
	if got, want := event.String(), "building etcd (3 of 9), 41 s"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
