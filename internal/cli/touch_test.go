package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// types has a person at the keyboard, who types this.
func (b *bench) types(text string) {
	b.env.Typed, b.env.In = true, strings.NewReader(text)
}

// kubectlHas gives the user a kubeconfig with a context of their own.
func (b *bench) kubectlHas(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "config")
	// client-go asks for the home folder once, before a test can set it.
	t.Setenv("KUBECONFIG", file)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

const atWork = `apiVersion: v1
kind: Config
current-context: work
clusters: [{name: work, cluster: {server: "https://work.invalid"}}]
users: [{name: work, user: {token: t}}]
contexts: [{name: work, context: {cluster: work, user: work}}]
`

func TestCreate_WithoutAConfigAsksWhoTypes(t *testing.T) {
	for name, test := range map[string]struct {
		args  []string
		types string
		asked bool
		says  string
	}{
		"nobody chooses":     {nil, "", true, "nothing is created"},
		"no answer that is":  {nil, "3\nx\n7\n1\n", true, ""},
		"the wizard is left": {nil, "2\n", true, "nothing is written"},
		"a cluster is named": {[]string{"nope"}, "1\n", false, "there is no cluster"},
		"a config is named":  {[]string{"-f", "none.json"}, "1\n", false, "none.json"},
		"a plan is named":    {[]string{"--plan", "none.json"}, "1\n", false, "none.json"},
		"a program reads":    {[]string{"--log-format", "json"}, "2\n", false, "no room here"},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.problems = []diag.Problem{{Message: "no room here", Fix: "make some"}}
			b.types(test.types)
			code, _, stderr := b.run(t, append([]string{"create"}, test.args...)...)
			if asked := strings.Contains(stderr, "Your choice [1]: "); asked != test.asked {
				t.Errorf("asked %v, want %v", asked, test.asked)
			}
			if code != ExitUsage || !strings.Contains(stderr, test.says) {
				t.Errorf("exit %d, want %d and %q", code, ExitUsage, test.says)
			}
			b.untouched(t)
		})
	}
}

func TestCreate_WithoutAConfigGoesOnWithWhatIsChosen(t *testing.T) {
	for choice, described := range map[string]bool{"\n": false, "1\n": false, "2\n" + strings.Repeat("\n", 40): true} {
		b := newBench(t)
		b.problems = []diag.Problem{{Message: "no room here", Fix: "make some"}}
		b.types(choice)
		if _, _, stderr := b.run(t, "create"); !strings.Contains(stderr, "\n[1/8] Checking") && !strings.Contains(stderr, ": [1/8] Checking") {
			t.Errorf("%q: it does not go on: %s", choice, stderr)
		}
		if _, err := os.Stat(defaultConfig); (err == nil) != described {
			t.Errorf("%q: the config: %v", choice, err)
		}
	}
}

func TestContextFlags_SwitchOnlyWhenTold(t *testing.T) {
	for name, test := range map[string]struct {
		file  string
		args  []string
		types string // empty for nobody
		want  bool
		asked bool
	}{
		"there is none":            {"", nil, "", true, false},
		"ours is current":          {strings.ReplaceAll(atWork, "work", "a"), nil, "", true, false},
		"another, and nobody asks": {atWork, nil, "", false, false},
		"another, and yes":         {atWork, nil, "Y\n", true, true},
		"another, and no":          {atWork, nil, "\n", false, true},
		"another, and no answer":   {atWork, nil, "EOF", false, true},
		"told to":                  {atWork, []string{"--switch-context"}, "n\n", true, false},
		"told not to":              {"", []string{"--switch-context=false"}, "", false, false},
		"one that cannot be read":  {"{", nil, "y\n", false, false},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			if test.file != "" {
				b.kubectlHas(t, test.file)
			}
			if test.types != "" {
				b.types(strings.TrimSuffix(test.types, "EOF"))
			}
			flags := &contextFlags{}
			cmd := newVersion(b.env)
			flags.addFlags(cmd)
			if err := cmd.ParseFlags(test.args); err != nil {
				t.Fatal(err)
			}
			got, err := flags.decide(t.Context(), b.env, "", "a")
			asked := strings.Contains(b.err.String(), `"work".`+"\nSwitch to")
			if err != nil || got != test.want || asked != test.asked {
				t.Errorf("switches %v, asked %v (%q), %v", got, asked, b.err.String(), err)
			}
		})
	}
}

func TestKubeconfig_MergesBesideWhatIsThere(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := b.kubectlHas(t, atWork)
	code, stdout, stderr := b.run(t, "kubeconfig", "--merge")
	if code != 0 || stdout != "" || !strings.Contains(stderr, `where "work" stays current`) || !strings.Contains(stderr, "kubectl config use-context a") {
		t.Errorf("exit %d, %q, %q", code, stdout, stderr)
	}
	if code, _, stderr = b.run(t, "kubeconfig", "--merge", "--switch-context"); code != 0 || !strings.Contains(stderr, `context "a" is current in `+file) {
		t.Errorf("exit %d, %q", code, stderr)
	}
	if code, _, stderr := b.run(t, "delete", "a"); code != 0 || !strings.Contains(stderr, `context "a" is removed`) {
		t.Errorf("exit %d, %q", code, stderr)
	}
	data, err := os.ReadFile(file)
	if text := string(data); err != nil || strings.Contains(text, "name: a") || !strings.Contains(text, "name: work") || !strings.Contains(text, `current-context: ""`) {
		t.Errorf("%v:\n%s", err, data)
	}
}

func TestKubeconfig_OfAnotherClusterOfTheSameNameIsKept(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	theirs := strings.ReplaceAll(atWork, "work", "a")
	file := b.kubectlHas(t, theirs)
	code, _, stderr := b.run(t, "kubeconfig", "--merge")
	if code != ExitFailed || !strings.Contains(stderr, "Next: kubectl anywhere kubeconfig a > a.conf") {
		t.Errorf("exit %d, %q", code, stderr)
	}
	b.run(t, "delete", "a")
	if data, err := os.ReadFile(file); string(data) != theirs {
		t.Errorf("%v: it is now\n%s", err, data)
	}
}

func TestCreate_KeepsTheKubeconfigThatTheUsersOwnCannotTake(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := b.kubectlHas(t, "{ this is no kubeconfig")
	s, out := b.outputsOf(t, "a")
	c, j := &creation{session: s, out: out}, &journal{}
	if err := c.writeKubeconfig(t.Context(), j); err != nil {
		t.Fatalf("the cluster does not count as made: %v", err)
	}
	has(t, strings.Join(j.said, "\n"), "warning: ", file, "is kept in "+s.dir.KubeconfigFile())
	info, err := os.Stat(s.dir.KubeconfigFile())
	if err != nil || info.Mode().Perm() != 0o600 || c.kubeconfig != s.dir.KubeconfigFile() {
		t.Errorf("%v, %v, and %q is used", info, err, c.kubeconfig)
	}
	kept, err := os.ReadFile(c.kubeconfig)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := kube.New(kept); err != nil {
		t.Error(err)
	}
	// Mended, it takes the context, and nothing is left beside it.
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	c = &creation{session: s, out: out, switchContext: true}
	if err := c.writeKubeconfig(t.Context(), j); err != nil || c.kubeconfig != "" {
		t.Errorf("%v, %q", err, c.kubeconfig)
	}
	if _, err := os.Stat(s.dir.KubeconfigFile()); !os.IsNotExist(err) {
		t.Errorf("it is still kept: %v", err)
	}
}

func TestDelete_GoesOnWhereTheKubeconfigCannotBeRead(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := b.kubectlHas(t, "{ this is no kubeconfig")
	code, _, stderr := b.run(t, "delete", "a")
	if code != 0 || !strings.Contains(stderr, file) || !strings.Contains(stderr, "kubectl config delete-context a") || !strings.Contains(stderr, `Cluster "a" is gone`) {
		t.Errorf("exit %d, %q", code, stderr)
	}
}

// outputsOf are those of the cluster of a bench.
func (b *bench) outputsOf(t *testing.T, name string) (*session, target.Outputs) {
	t.Helper()
	s, err := clusterFlags{}.open(b.env, New(b.env), []string{name}, nil)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, out
}
