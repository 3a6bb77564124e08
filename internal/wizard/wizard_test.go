package wizard_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/wizard"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/baremetal"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func blocks() wizard.Blocks {
	all := wizard.Blocks{}
	for _, t := range []target.Target{local.New(), baremetal.New(), gcp.New(), aws.New(), azure.New()} {
		all[t.Name()] = t.Block
	}
	return all
}

func fresh(t *testing.T) *wizard.Draft {
	t.Helper()
	d, err := wizard.New(".config.json", schema.Of(blocks()), blocks())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func open(t *testing.T, text string) *wizard.Draft {
	t.Helper()
	d, err := wizard.Open("c.yaml", []byte(text), schema.Of(blocks()), blocks())
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// say answers questions by their title or path until none is left to answer,
// and then stays; what is not named is left as it is.
func say(t *testing.T, w *wizard.Wizard, answers map[string]string, until string) {
	t.Helper()
	left := map[string]string{}
	for k, v := range answers {
		left[k] = v
	}
	for range 200 {
		q := w.Question()
		if q.ID == until || w.End() != wizard.Asking {
			if len(left) > 0 {
				t.Errorf("nobody asked about %v", left)
			}
			return
		}
		answer, given := left[q.ID]
		delete(left, q.ID)
		if !given && !q.Menu {
			answer = q.Value
		}
		if err := w.Answer(answer); err != nil {
			t.Fatalf("%s: %q is refused: %v", q.ID, answer, err)
		}
	}
	t.Fatalf("the question %q never came", until)
}

func text(t *testing.T, d *wizard.Draft) string {
	t.Helper()
	data, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestPrompt_TakesDefaultsForEmptyLines(t *testing.T) {
	var out strings.Builder
	w := wizard.Start(fresh(t), false, nil)
	if err := wizard.Prompt(w, strings.NewReader(strings.Repeat("\n", 40)), &out, false); err != nil {
		t.Fatalf("%v\n%s", err, out.String())
	}
	if path := os.Getenv("WIZARD_OUT"); path != "" {
		_ = os.WriteFile(filepath.Clean(path), []byte(out.String()+text(t, w.Draft())), 0o600)
	}
	if err := w.Draft().Err(); err != nil || w.End() != wizard.Write {
		t.Errorf("ended as %v with %v", w.End(), err)
	}
}

var _ = errors.As
var _ = slices.Contains[[]string]
var _ = config.Kind
var _ diag.Problem
