package cli

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// packed are the files of an archive, without its own folder.
func packed(t *testing.T, path string) map[string]string {
	t.Helper()
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the archive: %v, %v", info, err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		_, name, _ := strings.Cut(header.Name, "/")
		files[name] = string(content)
	}
}

// secretParts are the pieces of what the state of cluster a keeps encrypted that
// are long enough to be of use, and the passphrase.
func (b *bench) secretParts(t *testing.T) map[string]string {
	t.Helper()
	return secretParts(t, b.env, "a")
}

func secretParts(t *testing.T, env Environment, name string) map[string]string {
	t.Helper()
	flags := clusterFlags{Name: name}
	root, err := home.Root()
	if err != nil {
		t.Fatal(err)
	}
	cluster, err := flags.find(env, root, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := flags.session(env, New(env), nil, cluster)
	if err != nil {
		t.Fatal(err)
	}
	phrase, err := s.dir.SavedPassphrase()
	if err != nil {
		t.Fatal(err)
	}
	stack, err := s.existing(t.Context(), func(string) {})
	if err != nil || stack == nil {
		t.Fatal(stack, err)
	}
	defer stack.Close()
	records, err := stack.Records(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	secrets := map[string]string{phrase: "passphrase"}
	for _, r := range records {
		secretsOf(r, secrets)
	}
	parts := map[string]string{}
	for text, what := range secrets {
		for line := range strings.Lines(text) {
			if line = strings.TrimSpace(line); len(line) >= 16 && !strings.HasPrefix(line, "-----") {
				parts[line] = what
			}
		}
	}
	return parts
}

func TestSupportBundle_HoldsNoneOfTheClustersSecrets(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	secrets := b.secretParts(t)
	kinds := map[string]bool{}
	leak := ""
	for text, what := range secrets {
		kinds[what] = true
		leak += text + "\nx " + base64.StdEncoding.EncodeToString([]byte("it is "+text)) + "\n"
	}
	for _, want := range []string{"passphrase", "credentials caKey", "credentials etcdCAKey", "credentials serviceAccountKey", "credentials encryptionKey", "credentials bootstrapToken"} {
		if !kinds[want] {
			t.Fatalf("the state does not keep %q, or it was not found: %v", want, kinds)
		}
	}
	// The worst host: it prints everything.
	b.env.Targets = []target.Target{&talking{fakeTarget: b.fakeTarget, says: "\n@@part kubelet.log\n" + leak + "\n@@part files/etc/kubernetes/manifests/etcd.yaml\nkind: Pod\n"}}
	code, stdout, stderr := b.run(t, "support-bundle", "a", "--to", "out.tar.gz")
	if code != 0 || stdout != "out.tar.gz\n" {
		t.Fatalf("exit %d, %q", code, stdout)
	}
	has(t, stderr, "taken out. Read it before you send it", "out.tar.gz")
	files := packed(t, "out.tar.gz")
	for _, name := range []string{
		"README.md", "errors.txt", "cluster.json", "version.json", "status.json", "doctor.json", "preview.txt", "state/resources.txt",
		"hosts/a-control-plane-1/kubelet.log", "hosts/a-workers-1/files/etc/kubernetes/manifests/etcd.yaml",
	} {
		if files[name] == "" {
			t.Errorf("%s is not in the archive", name)
		}
	}
	if !strings.Contains(files["hosts/a-workers-1/kubelet.log"], "<redacted: ") {
		t.Errorf("nothing was taken out of\n%s", files["hosts/a-workers-1/kubelet.log"])
	}
	findNone(t, files, secrets)
	has(t, files["errors.txt"], "api: ", "refused")
	has(t, files["state/resources.txt"], "a-control-plane-1", "Credentials")
}

// findNone fails the test where a secret is in a file, as it is or encoded with
// something before it.
func findNone(t *testing.T, files, secrets map[string]string) {
	t.Helper()
	for name, content := range files {
		for secret, what := range secrets {
			encoded := base64.StdEncoding.EncodeToString([]byte("it is " + secret))[8:] // "it is " takes eight
			if strings.Contains(content, secret) || strings.Contains(content, encoded[:20]) {
				t.Errorf("%s is in %s: %.6s… of %d characters", what, name, secret, len(secret))
			}
		}
	}
}

// TestSupportBundle_OfARealCluster looks for the secrets of a cluster of this
// machine in an archive that was made of it: ANYWHERE_SUPPORT_BUNDLE=FILE
// ANYWHERE_SUPPORT_CLUSTER=NAME, with the HOME that has its state.
func TestSupportBundle_OfARealCluster(t *testing.T) {
	archive, name := os.Getenv("ANYWHERE_SUPPORT_BUNDLE"), os.Getenv("ANYWHERE_SUPPORT_CLUSTER")
	if archive == "" || name == "" {
		t.Skip("needs an archive of a cluster: set ANYWHERE_SUPPORT_BUNDLE and ANYWHERE_SUPPORT_CLUSTER")
	}
	env := Environment{Targets: []target.Target{local.New()}, Getenv: os.Getenv}
	env.IOStreams.ErrOut = io.Discard
	secrets := secretParts(t, env, name)
	files := packed(t, archive)
	if len(secrets) < 10 || len(files) < 10 {
		t.Fatalf("%d parts of secrets and %d files are too few to tell anything", len(secrets), len(files))
	}
	findNone(t, files, secrets)
	t.Logf("none of %d parts of secrets is in any of %d files", len(secrets), len(files))
}

// talking is a target whose hosts answer every command alike.
type talking struct {
	*fakeTarget
	says string
	err  error
}

func (f *talking) Run(_ context.Context, _ *config.Cluster, host target.Host, command target.Command) error {
	if command.Stdout != nil {
		fmt.Fprint(command.Stdout, f.says)
	}
	return f.err
}

func TestSupportBundle_WorksWithAConfigOnly(t *testing.T) {
	b := newBench(t)
	code, _, _ := b.run(t, "support-bundle", "-f", write(t, "c.json", nil), "--to", "out.tar.gz")
	files := packed(t, "out.tar.gz")
	if code != 0 || files["cluster.json"] == "" || files["doctor.json"] == "" {
		t.Errorf("exit %d, %d files", code, len(files))
	}
	has(t, files["errors.txt"], "state: there is none")
	has(t, files["README.md"], `Support bundle of cluster "a"`, "`cluster.json`", "read it before you send it")
	b.untouched(t)
}

func TestSupportBundle_SaysWhatAHostThatIsGoneLooksLike(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	b.env.Targets = []target.Target{&talking{fakeTarget: b.fakeTarget, err: errors.New("no such container")}}
	b.before = "its container is gone"
	b.run(t, "support-bundle", "a", "--to", "out.tar.gz")
	files := packed(t, "out.tar.gz")
	has(t, files["errors.txt"], "hosts/a-workers-1: no such container")
	has(t, files["hosts/a-workers-1/seen.txt"], "its container is gone", "the last line")
}

func TestSupportBundle_OverwritesNothing(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	if code, _, stderr := b.run(t, "support-bundle", "-f", file, "--to", file); code != ExitUsage || !strings.Contains(stderr, "the file exists") {
		t.Errorf("exit %d, %s", code, stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, _, _ := b.runIn(t, ctx, "support-bundle", "-f", file, "--to", "out.tar.gz"); code != ExitInterrupted {
		t.Errorf("interrupted: exit %d", code)
	}
	if entries, _ := filepath.Glob("*out*"); len(entries) > 0 {
		t.Errorf("an interrupted run left %v", entries)
	}
}

func TestParts_TakesWhatAHostPrintsApart(t *testing.T) {
	got := parts([]byte("\n@@part a.log\none\ntwo\n\n@@part empty.txt\n\n@@part files/etc/x\nkind: Pod\n"))
	if len(got) != 2 || string(got["a.log"]) != "one\ntwo\n" || string(got["files/etc/x"]) != "kind: Pod\n" {
		t.Errorf("got %q", got)
	}
	if len(parts(nil)) != 0 {
		t.Error("nothing is something")
	}
}

func TestSecretsOf_LeavesCertificatesAlone(t *testing.T) {
	for text, hidden := range map[string]bool{
		string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("x")})):    false,
		string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: []byte("x")})): true,
		`{"kind":"NodeBundle"}`: false, "abcdef.0123456789abcdef": true,
	} {
		if isHidden(text) != hidden {
			t.Errorf("%q: want %t", text, hidden)
		}
	}
}
