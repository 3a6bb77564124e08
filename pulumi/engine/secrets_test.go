package engine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/secrets/passphrase"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

const secret = "correct horse battery staple"

func TestUp_WritesNoSecretInPlainText(t *testing.T) {
	b := newBench(t)
	things := enginetest.Things{"a": {Value: "seen", Secret: secret}, "b": {Value: "seen too"}}
	var events strings.Builder
	_, err := b.Up(t.Context(), things.Program(), func(e engine.Event) {
		for _, part := range append(e.Diff, e.Message, e.Err, e.Name) {
			events.WriteString(part)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	things["a"] = enginetest.Thing{Value: "changed", Secret: secret + "!"}
	b.up(t, things)
	assertNoSecret(t, b.folder, secret)
	if strings.Contains(events.String(), secret) {
		t.Error("an event holds the secret")
	}
	b.reopen(t)
	outputs, err := b.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want(t, "outputs", outputs, map[string]any{"a": "changed", "a-secret": secret + "!", "b": "seen too"})
}

func TestOpen_FindsAnotherPassphraseWrong(t *testing.T) {
	folder := t.TempDir()
	// In a process of its own: Pulumi remembers passphrases that were right.
	b := openBench(t, folder, enginetest.NewWorld())
	b.up(t, enginetest.Things{"a": {Value: "seen", Secret: secret}})
	child := exec.Command(os.Args[0], "-test.run=^TestWrongPassphraseChild$")
	child.Env = append(os.Environ(), childFolder+"="+folder)
	output, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(output), "the passphrase is not the one") {
		t.Errorf("got error %v and:\n%s", err, output)
	}
}

// TestWrongPassphraseChild is the other process of the test above.
func TestWrongPassphraseChild(t *testing.T) {
	folder := os.Getenv(childFolder)
	if folder == "" {
		t.Skip("only for a child process")
	}
	b := openBench(t, folder, enginetest.NewWorld())
	b.options.Passphrase = "guessed"
	b.reopen(t)
	if _, err := b.Outputs(t.Context()); err == nil {
		t.Error("the outputs were read with a wrong passphrase")
	}
	_, err := b.Up(t.Context(), enginetest.Named("a").Program(), nil)
	t.Log(err)
	os.Stdout.WriteString(err.Error())
}

// stock opens secrets as the stock program does: with the passphrase in the
// environment.
type stock struct{}

func (stock) OfType(_ context.Context, _ string, state json.RawMessage) (secrets.Manager, error) {
	return passphrase.NewPromptingPassphraseSecretsManagerFromState(state)
}

// The state must be one that Pulumi's own code opens with nothing of ours:
// its backend, its secrets providers and the variable its users know.
func TestUp_WritesStateThatPulumiOpens(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Things{"a": {Value: "seen", Secret: secret}})
	t.Setenv("PULUMI_CONFIG_PASSPHRASE", b.options.Passphrase)
	backend, err := diy.New(t.Context(), diag.DefaultSink(os.Stderr, os.Stderr, diag.FormatOptions{Color: "never"}), b.options.Backend,
		&workspace.Project{Name: "kubernetes-anywhere"})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := backend.ParseStackReference("blue")
	if err != nil {
		t.Fatal(err)
	}
	found, err := backend.GetStack(t.Context(), ref)
	if err != nil || found == nil {
		t.Fatalf("got stack %v, error %v", found, err)
	}
	outputs, err := found.SnapshotStackOutputs(t.Context(), stock{})
	if err != nil {
		t.Fatal(err)
	}
	value := outputs.Get("a-secret")
	if !value.Secret() || value.AsString() != secret {
		t.Errorf("got output %v; want the secret, marked as one", value)
	}
	history, err := backend.GetHistory(t.Context(), ref, 10, 1)
	if err != nil || len(history) != 1 {
		t.Errorf("got history %v, error %v; want one update", history, err)
	}
}

func TestUp_KeepsItsFilesFromOthers(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Named("a"))
	attributes, err := filepath.Glob(filepath.Join(b.folder, "state/.pulumi/stacks/*/*.attrs"))
	if err != nil || len(attributes) > 0 {
		t.Errorf("found files that are not written in one go: %v, error %v", attributes, err)
	}
	for _, folder := range []string{"state", "home"} {
		info, err := os.Stat(filepath.Join(b.folder, folder))
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o700 {
			t.Errorf("%s has mode %v; want 0700", folder, info.Mode().Perm())
		}
	}
}

// assertNoSecret looks for a secret in every file below a folder, save the
// world's own.
func assertNoSecret(t *testing.T, folder, secret string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || filepath.Base(path) == "world" {
			return err
		}
		content, err := os.ReadFile(path)
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%s holds the secret in plain text", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestRecords_TellPropertiesAndKeepSecretsMarked(t *testing.T) {
	b := newBench(t)
	b.up(t, enginetest.Things{"a": {Value: "seen", Secret: secret}})
	b.reopen(t)
	records, err := b.Records(t.Context())
	if err != nil || len(records) != 1 {
		t.Fatalf("got %d records and %v", len(records), err)
	}
	if value := records[0].Inputs["value"]; !value.IsString() || value.StringValue() != "seen" {
		t.Errorf("the input is %v", value)
	}
	kept := records[0].Inputs["secret"]
	if !kept.IsSecret() || kept.SecretValue().Element.StringValue() != secret {
		t.Errorf("the secret is %v", kept)
	}
}
