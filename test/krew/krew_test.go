// Package krew_test installs the plugin the way people do: with the real krew,
// from an archive and a manifest that a release is made of, and calls it
// through the real kubectl.
package krew_test

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/release"
)

const (
	root = "../.."
	// env is the variable that lets krew and the plugin be built.
	env = "ANYWHERE_RELEASE"
	// released is the version that is tried: one whose notes are those of what
	// is unreleased.
	released = "v0.0.1-test.1"
)

// wanted skips what takes minutes, unless it is asked for.
func wanted(t *testing.T) {
	t.Helper()
	if os.Getenv(env) == "" {
		t.Skipf("%s is not set: krew and the plugin are not built; type: make test-krew", env)
	}
	if runtime.GOOS != "linux" {
		t.Skipf("the images' builder builds krew for linux, and this is %s", runtime.GOOS)
	}
}

// built is the path of a program of the pinned version.
func built(t *testing.T, name string) string {
	t.Helper()
	repo, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	path, err := images.BuildProgram(t.Context(), images.BuildOptions{
		SourceDir: filepath.Join(repo, "bootstrap-image", "source"), RepoDir: repo,
		Log: func(e images.Event) { t.Log(e) },
	}, name)
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// makeRelease makes one of a commit of the clone for this machine.
func makeRelease(t *testing.T, out, commit string) *release.Release {
	t.Helper()
	repo, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	made, err := release.Make(t.Context(), release.Options{
		Version: released, Repo: repo, Commit: commit, Out: out,
		Package: "./cmd/kubectl-anywhere", Program: "kubectl-anywhere",
		Platforms: []release.Platform{{OS: runtime.GOOS, Arch: runtime.GOARCH}},
		Log:       func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	return made
}

// machine is a home with krew in it.
type machine struct {
	t       *testing.T
	environ []string
	// bin is krew's folder, own the user's, with krew in it.
	bin, own string
}

func newMachine(t *testing.T, krew string) machine {
	t.Helper()
	home := t.TempDir()
	bin, own := filepath.Join(home, ".krew", "bin"), filepath.Join(home, "bin")
	if err := os.Mkdir(own, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(krew, filepath.Join(own, "kubectl-krew")); err != nil {
		t.Fatal(err)
	}
	// Of an index krew wants to know that it is a clone; this one is empty.
	if out, err := exec.Command("git", "init", "--quiet", filepath.Join(home, ".krew", "index", "default")).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	m := machine{t: t, bin: bin, own: own}
	m.environ = append(os.Environ(), "HOME="+home, "KREW_ROOT="+filepath.Dir(bin), "KREW_NO_UPGRADE_CHECK=1",
		"PATH="+bin+":"+own+":"+os.Getenv("PATH"), "KUBECONFIG="+filepath.Join(home, "none"), "SHELL=/bin/bash",
		"XDG_CONFIG_HOME=", "XDG_DATA_HOME=", "BASH_COMPLETION_USER_DIR=")
	return m
}

// kubectl runs kubectl there.
func (m machine) kubectl(args ...string) (stdout, stderr string, err error) {
	m.t.Helper()
	var out, said bytes.Buffer
	cmd := exec.CommandContext(m.t.Context(), "kubectl", args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = m.environ, &out, &said
	err = cmd.Run()
	return out.String(), said.String(), err
}

func (m machine) must(args ...string) (stdout, stderr string) {
	m.t.Helper()
	out, said, err := m.kubectl(args...)
	if err != nil {
		m.t.Fatalf("kubectl %q: %v\n%s%s", args, err, out, said)
	}
	return out, said
}

func TestKrew_InstallsThePluginThatIsTheSameWhenMadeAgain(t *testing.T) {
	wanted(t)
	if _, err := exec.LookPath("kubectl"); err != nil {
		t.Fatalf("%v; type: make kubectl", err)
	}
	first := makeRelease(t, filepath.Join(t.TempDir(), "first"), "HEAD")
	archive, manifest := filepath.Join(first.Dir, first.Artefacts[0].Name), filepath.Join(first.Dir, release.ManifestFile)
	m := newMachine(t, built(t, "krew"))
	if _, said := m.must("krew", "install", "--manifest", manifest, "--archive", archive); !strings.Contains(said, "Installed plugin: anywhere") || !strings.Contains(said, "completion install") {
		t.Errorf("krew said:\n%s", said)
	}
	if out, _ := m.must("anywhere", "version"); !strings.HasPrefix(out, "kubectl-anywhere "+released+" (go") {
		t.Errorf("it says that it is:\n%s", out)
	}
	if out, _ := m.must("krew", "list"); !strings.Contains(out, "anywhere") {
		t.Errorf("krew lists:\n%s", out)
	}
	licensed(m)
	completes(m)
	uninstalls(m)
	second := makeRelease(t, filepath.Join(t.TempDir(), "on another path", "second"), first.Commit)
	if first.Artefacts[0].SHA256 != second.Artefacts[0].SHA256 {
		t.Errorf("two builds of one commit differ: %+v and %+v", first.Artefacts[0], second.Artefacts[0])
	}
}

// licensed looks whether the licences of what is linked came along.
func licensed(m machine) {
	m.t.Helper()
	store := filepath.Join(filepath.Dir(m.bin), "store", "anywhere", released)
	for name, want := range map[string]string{
		"LICENSE": "Apache License", release.LicencesFile: "github.com/pulumi/pulumi/sdk/v3@v",
	} {
		text, err := os.ReadFile(filepath.Join(store, name))
		if err != nil || !strings.Contains(string(text), want) {
			m.t.Errorf("%s has no %q: %v", name, want, err)
		}
	}
}

// completes tries what kubectl asks the plugin when TAB is pressed.
func completes(m machine) {
	m.t.Helper()
	if _, said := m.must("anywhere", "completion", "install"); !strings.Contains(said, "~/bin/kubectl_complete-anywhere is linked to") {
		m.t.Errorf("the link is not in the user's own folder:\n%s", said)
	}
	if out, _ := m.must("__complete", "anywhere", "ver"); !strings.Contains(out, "version") {
		m.t.Errorf("'kubectl anywhere ver' is completed to:\n%s", out)
	}
	if out, _ := m.must("__complete", "anywhere", "version", "--out"); !strings.Contains(out, "--output") {
		m.t.Errorf("'kubectl anywhere version --out' is completed to:\n%s", out)
	}
}

// uninstalls takes all of it away, and tries whether krew goes on: of a folder
// with something in it and no plugin installed, it does not.
func uninstalls(m machine) {
	m.t.Helper()
	if _, said := m.must("anywhere", "completion", "uninstall"); strings.Count(said, "is removed") != 2 {
		m.t.Errorf("the link and the script are not both taken away:\n%s", said)
	}
	m.must("krew", "uninstall", "anywhere")
	m.must("krew", "list")
	for folder, want := range map[string]int{m.bin: 0, m.own: 1} {
		if left, err := os.ReadDir(folder); err != nil || len(left) != want {
			m.t.Errorf("in %s are %v, %v", folder, left, err)
		}
	}
}

// What krew would download has other contents than the manifest says.
func TestKrew_RefusesTheManifestOfNoRelease(t *testing.T) {
	wanted(t)
	archive := filepath.Join(t.TempDir(), "any.tar.gz")
	if err := os.WriteFile(archive, []byte("any"), 0o644); err != nil {
		t.Fatal(err)
	}
	m := newMachine(t, built(t, "krew"))
	if _, said, err := m.kubectl("krew", "install", "--manifest", filepath.Join(root, release.ManifestFile), "--archive", archive); err == nil || !strings.Contains(said, "checksum") {
		t.Errorf("%v\n%s", err, said)
	}
}

func TestManifest_IsValidForKrewsIndex(t *testing.T) {
	wanted(t)
	validator := built(t, "validate-krew-manifest")
	text, err := os.ReadFile(filepath.Join(root, release.ManifestFile))
	if err != nil {
		t.Fatal(err)
	}
	if out, err := validate(t, validator, text); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	broken := bytes.Replace(text, []byte("arch: arm64"), []byte("arch: amd64"), 1)
	if out, err := validate(t, validator, broken); err == nil || !strings.Contains(out, "overlapping") {
		t.Errorf("two archives for one platform are valid: %v\n%s", err, out)
	}
}

// validate judges a manifest without what it would download. A manifest in the
// index is named after its plugin.
func validate(t *testing.T, validator string, text []byte) (string, error) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "anywhere.yaml")
	if err := os.WriteFile(path, text, 0o644); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(context.Background(), validator, "-skip-install", "-manifest", path).CombinedOutput()
	return string(out), err
}
