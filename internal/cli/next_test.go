package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
)

// parsed is a command of the plugin with its words taken in, not run.
func parsed(t *testing.T, root *cobra.Command, line string) *cobra.Command {
	t.Helper()
	cmd, rest, err := root.Find(strings.Fields(line))
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(rest); err != nil {
		t.Fatal(err)
	}
	return cmd
}

func TestFailure_EndsWithWhatToType(t *testing.T) {
	broken, late := errors.New("broken"), fmt.Errorf("waiting: %w", context.DeadlineExceeded)
	stopped := fmt.Errorf("waiting: %w", context.Canceled)
	for _, test := range []struct {
		line string
		err  error
		ends string
	}{
		// Kinds of errors.
		{"status", broken, "\nNext: kubectl anywhere doctor   # looks for what is wrong\n"},
		{"status", &phase.Error{N: 1, M: 2, Title: "Trying", Err: broken}, "\nNext: kubectl anywhere doctor   # looks for what is wrong\n"},
		{"status", &phase.Failure{Err: broken, Subject: "host-1", Log: []string{"l"}}, "host-1:\n  l\n\nNext: kubectl anywhere doctor   # looks for what is wrong\n"},
		{"status", &phase.Failure{Err: broken, Next: []string{"type this"}}, "\nNext: type this\n"},
		{"status", errors.New("broken: type 'kubectl anywhere certs'"), "error: broken: type 'kubectl anywhere certs'\n"},
		{"status", &usageError{broken}, "\nNext: kubectl anywhere status --help\n"},
		{"status", &usageError{errors.New("broken\nSee 'x --help'")}, "See 'x --help'\n"},
		{"status", late, "\nNext:\n  kubectl anywhere doctor   # looks for what is wrong\n  kubectl anywhere status   # tries again\n"},
		{"status", stopped, "interrupted: waiting\n\nNext: kubectl anywhere status   # begins again\n"},
		{"status", refuse([]diag.Problem{{Message: "m", Fix: "f"}}), "  fix: f\n"},
		{"preview --exit-code", errPending, ""},
		// Kinds of commands.
		{"status a --state=file:///s", broken, "\nNext: kubectl anywhere doctor a --state=file:///s   # looks for what is wrong\n"},
		{"delete -f c.json", broken, "\nNext: kubectl anywhere doctor -f c.json   # looks for what is wrong\n"},
		{"preview -f -", broken, "\nNext: kubectl anywhere doctor   # looks for what is wrong\n"},
		{"doctor a", broken, "\nNext: kubectl anywhere support-bundle a   # packs what is known, for who helps\n"},
		{"support-bundle a", broken, "\nNext: kubectl anywhere support-bundle --help\n"},
		{"version", broken, "\nNext: kubectl anywhere version --help\n"},
		{"status a -v --log-format=text", stopped, "\nNext: kubectl anywhere status a --log-format=text --verbose=1   # begins again\n"},
	} {
		b := newBench(t)
		var out bytes.Buffer
		tell(ui.NewVoice(&out, 0), test.err, nextOf(parsed(t, New(b.env), test.line), test.err))
		if !strings.HasSuffix(out.String(), test.ends) || (test.ends == "") != (out.String() == "") {
			t.Errorf("%s: %v:\n%s\nwant at its end\n%s", test.line, test.err, out.String(), test.ends)
		}
	}
}

// Whatever cannot be done says what to type, and fits the terminal.
func TestRun_EveryRefusalSaysWhatToType(t *testing.T) {
	for _, line := range []string{
		"bogus", "--bogus", "status --bogus", "status a b", "status nope", "status -f none.json", "status -o xml", "delete", "kubeconfig --kubeconfig f",
		"kubeconfig --switch-context", "create --timeout 0", "create --plan none.plan", "config set", "config get spec.nope", "explain spec.nope", "completion", "completion tcsh",
		"pool scale", "pool scale workers", "addons enable nope", "network switch", "network switch nope", "certs renew", "certs rotate-ca", "etcd restore", "etcd restore none",
		"graph -o gif", "render --diff none", "images bundle --from nowhere", "doctor --only nope", "support-bundle", "credential nope", "version extra",
		"status -q -v", "status --log-format xml",
	} {
		t.Run(line, func(t *testing.T) {
			b := newBench(t)
			code := Run(t.Context(), b.env, strings.Fields(line))
			said := b.err.String()
			t.Log(said)
			if code == 0 {
				t.Fatalf("it is taken: %s", b.out.String())
			}
			if !advice.MatchString(said) && !strings.Contains(said, "fix: ") {
				t.Errorf("exit %d, and nothing to type:\n%s", code, said)
			}
		})
	}
}
