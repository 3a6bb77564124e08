package images

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func TestNeeded_FindsTheOwnersOfImages(t *testing.T) {
	for _, test := range []struct {
		references []string
		want       []string
	}{
		{nil, nil},
		{[]string{"registry.k8s.io/coredns/coredns:v" + CoreDNSVersion}, nil},
		{[]string{"quay.io/cilium/cilium:v" + CiliumVersion, "quay.io/cilium/operator-generic:v" + CiliumVersion}, []string{"cilium"}},
		{[]string{"mirror.example/a/b/networking/kube-network-policies:v" + KubeNetworkPoliciesVersion}, []string{"kube-network-policies"}},
		{[]string{
			"127.0.0.1:5000/cloudnativelabs/kube-router:v" + KubeRouterVersion + "@sha256:0123",
			"registry.k8s.io/e2e-test-images/agnhost:" + AgnhostVersion,
		}, []string{"agnhost", "kube-router"}},
		// What another version needs is not built here.
		{[]string{"quay.io/cilium/cilium:v1.0.0", "quay.io/other-cilium/cilium:v" + CiliumVersion + "-1"}, nil},
	} {
		if got := Needed(test.references); !slices.Equal(got, test.want) {
			t.Errorf("%q needs %q, want %q", test.references, got, test.want)
		}
	}
}

func TestOptionalReferences_AreWhatNeededKnows(t *testing.T) {
	for _, name := range Optional() {
		for _, registry := range []string{"", "mirror.example:5000/kubernetes"} {
			references := OptionalReferences(name, registry)
			if got := Needed(references); !slices.Equal(got, []string{name}) {
				t.Errorf("%q need %q, want %q alone", references, got, name)
			}
			if registry != "" && !strings.HasPrefix(references[0], registry+"/") {
				t.Errorf("%q is not on the registry %s", references[0], registry)
			}
		}
	}
}

func TestOptional_EveryLayerOfAnImageIsMade(t *testing.T) {
	trees := parts{}.trees()
	for _, o := range optionals() {
		for _, s := range o.specs("") {
			for _, layer := range s.layers {
				if trees[layer] == nil {
					t.Errorf("the image %s has the layer %q, which nobody makes", s.reference, layer)
				}
			}
		}
	}
}

func TestChosen_RefusesAnUnknownComponent(t *testing.T) {
	_, err := Build(t.Context(), BuildOptions{SourceDir: source, RepoDir: repo, CacheDir: t.TempDir(), With: []string{"cilium", "weave"}})
	if err == nil || !strings.Contains(err.Error(), `"weave"`) || !strings.Contains(err.Error(), strings.Join(Optional(), ", ")) {
		t.Errorf("the error is %v, want one that names weave and what there is", err)
	}
}

func TestAssemble_PutsOptionalImagesOnTheBaseOfTheOthers(t *testing.T) {
	with, err := chosen([]string{"kube-router"})
	if err != nil {
		t.Fatal(err)
	}
	b := &build{BuildOptions: BuildOptions{Version: "v1.37.1"}, with: with}
	imgs, err := assemble(fakeParts(t), "amd64", b.specs("mirror.example"))
	if err != nil {
		t.Fatal(err)
	}
	router := imgs[len(imgs)-1]
	if want := "mirror.example/cloudnativelabs/kube-router:v" + KubeRouterVersion; router.Reference != want {
		t.Fatalf("the last image is %s, want %s", router.Reference, want)
	}
	own, _ := router.Manifest()
	base, _ := imgs[0].Manifest()
	if len(own.Layers) != 3 || own.Layers[0].Digest != base.Layers[0].Digest {
		t.Errorf("kube-router has the layers %v, want the base layer, tools and its own", own.Layers)
	}
	if !strings.Contains(string(layerBytes(t, router)), "usr/local/bin/kube-router") {
		t.Error("the program is not in its image")
	}
}

// bundles writes an archive for each choice of optional components.
func bundles(t *testing.T, choices ...[]string) string {
	t.Helper()
	cache := t.TempDir()
	t.Setenv(CacheEnv, cache)
	imgs := fakeImages(t)
	for _, with := range choices {
		if _, err := writeBundle(bundleDir(cache, "v1.37.1", runtime.GOARCH, with), "v1.37.1", runtime.GOARCH, "key", imgs); err != nil {
			t.Fatal(err)
		}
	}
	return cache
}

func TestFind_TakesTheSmallestArchiveThatServes(t *testing.T) {
	cache := bundles(t, nil, []string{"cilium"}, []string{"kube-router", "cilium", "agnhost"}, []string{"cilium", "agnhost"})
	for _, test := range []struct {
		with []string
		want string
	}{
		{nil, ""},
		{[]string{"cilium"}, "+cilium"},
		{[]string{"cilium", "agnhost"}, "+agnhost+cilium"},
		{[]string{"agnhost"}, "+agnhost+cilium"},
		{[]string{"kube-router"}, "+agnhost+cilium+kube-router"},
		{[]string{"kube-network-policies"}, "none"},
	} {
		found, err := Find("v1.37.1", "", test.with...)
		if err != nil {
			t.Fatal(err)
		}
		want := filepath.Join(cache, "images", "v1.37.1-"+runtime.GOARCH+test.want, "images.tar")
		if test.want == "none" {
			want = ""
		}
		if found.Path != want {
			t.Errorf("with %q it finds %q, want %q", test.with, found.Path, want)
		}
	}
}

func TestWriteBundle_SharesTheBootstrapArchiveWithOtherChoices(t *testing.T) {
	cache := bundles(t, nil, []string{"agnhost"})
	archive := func(with ...string) os.FileInfo {
		info, err := os.Stat(filepath.Join(bundleDir(cache, "v1.37.1", runtime.GOARCH, with), "bootstrap.tar"))
		if err != nil {
			t.Fatal(err)
		}
		return info
	}
	if !os.SameFile(archive(), archive("agnhost")) {
		t.Error("the same archive takes space twice")
	}
	// Another image goes to its own folder and leaves the other as it was.
	p, before := fakeParts(t), archive("agnhost")
	if err := os.WriteFile(p.bootstrap, []byte("another"), 0o755); err != nil {
		t.Fatal(err)
	}
	imgs, err := assemble(p, "amd64", specs(For("v1.37.1", "")))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := writeBundle(bundleDir(cache, "v1.37.1", runtime.GOARCH, nil), "v1.37.1", runtime.GOARCH, "key", imgs); err != nil {
		t.Fatal(err)
	}
	if os.SameFile(archive(), archive("agnhost")) || !os.SameFile(before, archive("agnhost")) {
		t.Error("the archive of one choice has changed with that of another")
	}
}

func TestFind_TakesALargerArchiveForTheOneThatIsMissing(t *testing.T) {
	cache := bundles(t, nil, []string{"agnhost"})
	// As a build that was killed leaves it.
	if err := os.Remove(filepath.Join(bundleDir(cache, "v1.37.1", runtime.GOARCH, nil), "images.json")); err != nil {
		t.Fatal(err)
	}
	found, err := Find("v1.37.1", "")
	if err != nil || !strings.Contains(found.Path, "+agnhost") {
		t.Errorf("found %q (%v), want the archive with agnhost", found.Path, err)
	}
	if found, err := Find("v1.37.10", ""); err != nil || found.Path != "" {
		t.Errorf("for another version it finds %q (%v)", found.Path, err)
	}
}

func TestBundleKey_ChangesWithAnOptionalComponent(t *testing.T) {
	p := fakeParts(t)
	key := func(with ...string) string {
		chosen, err := chosen(with)
		if err != nil {
			t.Fatal(err)
		}
		b := &build{BuildOptions: BuildOptions{Version: "v1.37.1"}, with: chosen, parts: p}
		k, err := b.bundleKey(b.specs(""), nil)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	core, router := key(), key("kube-router")
	p.called = map[string]string{"kube-router": "another"}
	if again := key("kube-router"); core == router || router == again {
		t.Errorf("the keys %s (none), %s (kube-router), %s (with other tools) are not three", core, router, again)
	}
}

func TestDivide_TakesOptionalImagesFromRegistries(t *testing.T) {
	with, err := chosen(Optional())
	if err != nil {
		t.Fatal(err)
	}
	b := &build{BuildOptions: BuildOptions{Version: "v1.37.1"}, with: with}
	_, foreign := divide(b.specs("mirror.example"))
	for _, name := range Optional() {
		for _, want := range OptionalReferences(name, "mirror.example") {
			if !slices.ContainsFunc(foreign, func(s spec) bool { return s.reference == want }) {
				t.Errorf("%s is not fetched", want)
			}
		}
	}
}

// A manifest with another version would make hosts pull what the archive has.
func TestManifests_NameTheVersionsThatAreBuilt(t *testing.T) {
	built := map[string]string{}
	var references []string
	for _, s := range specs(For(config.DefaultKubernetesVersion, "")) {
		references = append(references, s.reference)
	}
	for _, name := range Optional() {
		references = append(references, OptionalReferences(name, "")...)
	}
	for _, ref := range references {
		built[ref[:strings.LastIndex(ref, ":")]] = ref
	}
	named := map[string]bool{}
	image := regexp.MustCompile(`(?m)^\s*(?:- )?image: *"?([^\s"]+)"?`)
	err := filepath.WalkDir(filepath.Join(repo, "addons"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".yaml" {
			return err
		}
		data, err := os.ReadFile(path)
		for _, match := range image.FindAllStringSubmatch(string(data), -1) {
			ref, _, _ := strings.Cut(match[1], "@")
			repository := ref[:max(0, strings.LastIndex(ref, ":"))]
			if want, ok := built[repository]; ok && ref != want {
				t.Errorf("%s names %s, and %s is built", path, ref, want)
			}
			named[repository] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	// The walk has seen something, and no image is built for nobody.
	for _, name := range []string{"registry.k8s.io/metrics-server/metrics-server", "quay.io/cilium/cilium", "docker.io/cloudnativelabs/kube-router", "registry.k8s.io/networking/kube-network-policies"} {
		if !named[name] {
			t.Errorf("no manifest below addons/ names %s", name)
		}
	}
}
