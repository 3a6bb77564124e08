package cli

import (
	"os"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

// known makes clusters known by their names, as create does.
func (b *bench) known(t *testing.T, names ...string) {
	t.Helper()
	root, err := home.Root()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		c := b.env.first()
		c.Metadata.Name = name
		data, err := config.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		if err := home.Of(root, name).SaveConfig(data, "file:///none"); err != nil {
			t.Fatal(err)
		}
	}
}

func TestGreeting_SaysThreeThingsThatCanBeDoneNext(t *testing.T) {
	long := strings.Repeat("x", 32) // as long as a name can be
	for name, test := range map[string]struct {
		clusters []string
		config   string
		says     string
		next     []string
	}{
		"nothing":                     {nil, "", "There is no cluster yet", []string{"kubectl anywhere create", "kubectl anywhere config", "kubectl anywhere explain"}},
		"a config":                    {nil, "a", "There is a cluster config here", []string{"kubectl anywhere preview", "kubectl anywhere create", "kubectl anywhere config"}},
		"a config of another cluster": {[]string{"b"}, "a", "no such cluster yet", []string{"kubectl anywhere preview", "kubectl anywhere create", "kubectl anywhere config"}},
		"a cluster":                   {[]string{"a"}, "", "There is a cluster, a.", []string{"kubectl anywhere status", "kubectl --context a get nodes", "kubectl anywhere delete"}},
		"its config, too":             {[]string{"a", "b"}, "a", "and its config here", []string{"kubectl anywhere status", "kubectl --context a get nodes", "kubectl anywhere delete"}},
		"several":                     {[]string{"a", "b", long}, "", "There are several clusters: a, b,", []string{"kubectl anywhere status a", "kubectl --context a get nodes", "kubectl anywhere delete a"}},
		"a long name":                 {[]string{long}, "", "There is a cluster, xxx", []string{"kubectl anywhere status", "kubectl --context " + long + " get nodes", "kubectl anywhere delete"}},
		"a config that is none":       {nil, "{", "There is a cluster config here", []string{"kubectl anywhere preview", "kubectl anywhere create", "kubectl anywhere config"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBench(t)
			b.known(t, test.clusters...)
			switch test.config {
			case "":
			case "{":
				if err := os.WriteFile(defaultConfig, []byte("{"), 0o600); err != nil {
					t.Fatal(err)
				}
			default:
				write(t, defaultConfig, func(c *config.Cluster) { c.Metadata.Name = test.config })
			}
			code := Run(t.Context(), b.env, nil)
			stdout, stderr := b.out.String(), b.err.String()
			t.Log(stdout)
			if code != 0 || stderr != "" || !strings.Contains(stdout, test.says) {
				t.Errorf("exit %d, %q", code, stderr)
			}
			var commands []string
			for line := range strings.Lines(stdout) {
				if n := len([]rune(strings.TrimSuffix(line, "\n"))); n > textWidth {
					t.Errorf("%d columns: %s", n, line)
				}
				if rest, is := strings.CutPrefix(line, "  kubectl"); is {
					command, _, _ := strings.Cut("kubectl"+rest, "   ")
					commands = append(commands, command)
				}
			}
			if strings.Join(commands, "\n") != strings.Join(test.next, "\n") {
				t.Errorf("got %q, want %q", commands, test.next)
			}
		})
	}
}
