package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

func TestCredential_IsIssuedForAnHourAndGivenAgain(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	before := time.Now()
	code, first, stderr := b.run(t, "credential", "a")
	if code != 0 || stderr != "" || !strings.Contains(first, `"apiVersion":"client.authentication.k8s.io/v1"`) {
		t.Fatalf("exit %d, %q, %q", code, first, stderr)
	}
	pair, err := kube.CredentialPair([]byte(first))
	if err != nil {
		t.Fatal(err)
	}
	certificate, err := pki.ParseCertificate(pair.Certificate)
	if err != nil {
		t.Fatal(err)
	}
	if life := certificate.NotAfter.Sub(before); life > credentialLife+time.Minute || life < credentialLife-time.Minute {
		t.Errorf("it lives %s", life)
	}
	if !strings.Contains(first, `"expirationTimestamp":"`+certificate.NotAfter.UTC().Format(time.RFC3339)) {
		t.Errorf("kubectl is not told that it ends at %s", certificate.NotAfter)
	}
	s, out := b.outputsOf(t, "a")
	if info, err := os.Stat(s.dir.CredentialFile()); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("it is kept as %v, %v", info, err)
	}
	if _, again, _ := b.run(t, "credential", "a"); again != first {
		t.Error("another one was issued at once")
	}
	// What ends soon, what has not begun and what is broken is not given again.
	for name, made := range map[string]time.Time{
		"ends soon": time.Now().Add(credentialSpare - credentialLife - time.Second),
		"to come":   time.Now().Add(time.Hour),
	} {
		old, err := issueCredential(out, made)
		if err != nil {
			t.Fatal(err)
		}
		if err := s.dir.Keep(s.dir.CredentialFile(), old); err != nil {
			t.Fatal(err)
		}
		if _, again, _ := b.run(t, "credential", "a"); again == string(old) {
			t.Errorf("one that %s is given", name)
		}
	}
	for _, broken := range []string{"{", "{}", strings.Replace(first, "BEGIN", "BEGUN", 1)} {
		if err := s.dir.Keep(s.dir.CredentialFile(), []byte(broken)); err != nil {
			t.Fatal(err)
		}
		if code, again, _ := b.run(t, "credential", "a"); code != 0 || again == broken {
			t.Errorf("exit %d, %q", code, again)
		}
	}
	b.run(t, "delete", "a")
	if _, err := os.Stat(s.dir.CredentialFile()); !os.IsNotExist(err) {
		t.Errorf("it outlives the cluster: %v", err)
	}
}

func TestCredential_IsHidden(t *testing.T) {
	b := newBench(t)
	if _, stdout, _ := b.run(t, "--help"); strings.Contains(stdout, "credential") {
		t.Error("help lists it")
	}
}

func TestKubeconfigExec_HoldsNoKey(t *testing.T) {
	b := newBench(t)
	file := write(t, "c.json", nil)
	b.run(t, "provision", "-f", file)
	b.env.Program = "/opt/of/ours"
	t.Setenv("PATH", t.TempDir())
	_, stdout, _ := b.run(t, "kubeconfig", "--exec")
	has(t, stdout, "command: /opt/of/ours ", "- credential - a ", "apiVersion: client.authentication.k8s.io/v1 ", "interactiveMode: Never ", "certificate-authority-data: ")
	if strings.Contains(stdout, "client-key-data") || strings.Contains(stdout, "client-certificate-data") {
		t.Error("it holds a key")
	}
	// Where nobody knows the cluster by its name, its config and state are named.
	s, out := b.outputsOf(t, "a")
	if err := os.Remove(s.dir.ConfigFile()); err != nil {
		t.Fatal(err)
	}
	path, err := filepath.Abs(file)
	if err != nil {
		t.Fatal(err)
	}
	named, err := s.execKubeconfig(out, file, "file:///s")
	if err != nil {
		t.Fatal(err)
	}
	has(t, string(named), "- credential - --filename="+path+" - --state=file:///s ")
	if _, err := s.execKubeconfig(out, "-", ""); codeOf(err) != ExitUsage {
		t.Errorf("a config from standard input: %v", err)
	}
}

func TestCommand_IsTheNameWhereThePathFindsIt(t *testing.T) {
	dir := t.TempDir()
	ours, other := filepath.Join(dir, programName), filepath.Join(dir, "other")
	for _, path := range []string{ours, other} {
		if err := os.WriteFile(path, []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("PATH", dir)
	for program, want := range map[string]string{ours: programName, other: other, "": programName} {
		if got := (Environment{Program: program}).command(); got != want {
			t.Errorf("%q is called %q, want %q", program, got, want)
		}
	}
}

// A real API server takes what kubectl's own library gets from the program
// that the kubeconfig names, and refuses what has ended.
func TestCredential_AuthenticatesUntilItEnds(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	s, out := b.outputsOf(t, "a")
	authority := filepath.Join(t.TempDir(), "ca.crt")
	if err := os.WriteFile(authority, []byte(out.CA.Certificate), 0o600); err != nil {
		t.Fatal(err)
	}
	server := kubetest.Start(t, "--client-ca-file="+authority)
	url, serving := server.Reached(t)
	call := func(credential []byte) error {
		file := filepath.Join(t.TempDir(), "credential")
		if err := os.WriteFile(file, credential, 0o600); err != nil {
			t.Fatal(err)
		}
		data, err := pki.Kubeconfig{
			Context: "a", Cluster: "a", User: "a", Server: url, Authority: serving,
			Exec: &pki.Exec{Command: "cat", Args: []string{file}},
		}.YAML()
		if err != nil {
			t.Fatal(err)
		}
		api, err := kube.New(data)
		if err != nil {
			t.Fatal(err)
		}
		_, err = api.Nodes(context.WithoutCancel(t.Context()))
		return err
	}
	_, issued, _ := b.run(t, "credential", s.cluster.Metadata.Name)
	if err := call([]byte(issued)); err != nil {
		t.Errorf("it is refused: %v", err)
	}
	ended, err := issueCredential(out, time.Now().Add(-credentialLife-time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := call(ended); !apierrors.IsUnauthorized(err) {
		t.Errorf("one that has ended: %v", err)
	}
}
