package cli

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// clouds is an environment with targets that differ in their names.
func clouds(t testing.TB) Environment {
	t.Helper()
	var targets []target.Target
	for _, name := range []string{"local", "gcp", "aws", "azure"} {
		targets = append(targets, &fakeTarget{name: name})
	}
	return Environment{Targets: targets, Getenv: os.Getenv}
}

// everyCommand are the commands of the plugin, the root first.
func everyCommand(cmd *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{cmd}
	for _, sub := range cmd.Commands() {
		all = append(all, everyCommand(sub)...)
	}
	return all
}

func TestCompletion_KnowsTheValuesOfEveryFlag(t *testing.T) {
	flags := 0
	for _, cmd := range everyCommand(New(clouds(t))) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Value.Type() == "bool" || slices.Contains(freeText(), f.Name) {
				return
			}
			flags++
			if _, has := cmd.GetFlagCompletionFunc(f.Name); !has {
				t.Errorf("%s --%s: nothing completes its values; say in complete.go what they are, or add it to freeText", cmd.CommandPath(), f.Name)
			}
		})
	}
	if flags < 40 {
		t.Errorf("there are only %d flags with values", flags)
	}
}

func TestCompletion_KnowsEveryArgument(t *testing.T) {
	for _, cmd := range everyCommand(New(clouds(t))) {
		words := strings.Fields(cmd.Use)[1:]
		for _, kind := range words {
			if len(cmd.ValidArgs) > 0 {
				continue
			}
			known := strings.Trim(kind, "[]….")
			if !slices.Contains([]string{"NAME", "CLUSTER", "POOL", "ADDON", "LAYER", "FILE", "FOLDER", "DIR", "SHELL", "PATH=VALUE", "PATH", "FIELD"}, known) {
				t.Errorf("%s: nothing completes the argument %s; say in complete.go what it is", cmd.CommandPath(), kind)
			}
		}
	}
}

func TestCompletion_HasNoStaleFreeText(t *testing.T) {
	seen := map[string]bool{}
	for _, cmd := range everyCommand(New(clouds(t))) {
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) { seen[f.Name] = true })
	}
	for _, name := range freeText() {
		if !seen[name] {
			t.Errorf("freeText has %q, which no command has", name)
		}
	}
}

// completing runs the command that shells ask, in a folder of its own.
func completing(t testing.TB, words ...string) (offered []string, directive string) {
	t.Helper()
	env := clouds(t)
	var out bytes.Buffer
	env.Out = &out
	env.Getenv = func(name string) string { return map[string]string{"SHELL": "/bin/zsh"}[name] }
	root := New(env)
	root.SetArgs(Words(append([]string{"/usr/bin/" + CompletionName}, words...)))
	if err := root.Execute(); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	for _, line := range lines[:len(lines)-1] {
		word, _, _ := strings.Cut(line, "\t")
		offered = append(offered, word)
	}
	return offered, lines[len(lines)-1]
}

// aHome is a home folder with clusters, and a config in the working folder.
func aHome(t testing.TB, clusters ...string) {
	t.Helper()
	folder := t.TempDir()
	t.Setenv("HOME", folder)
	t.Chdir(folder)
	for _, name := range clusters {
		place(t, filepath.Join(folder, ".kube", "anywhere", name, "cluster.json"),
			`{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "`+name+`"}, "spec": {"pools": [{"name": "of-`+name+`", "count": 1}]}}`)
	}
}

func place(t testing.TB, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCompletion_OffersWhatCanBeTyped(t *testing.T) {
	aHome(t, "blue", "green")
	place(t, ".config.json", `{"apiVersion": "kubernetes-anywhere.io/v1alpha1", "kind": "Cluster", "metadata": {"name": "mine"},
  "spec": {"target": "gcp", "pools": [{"name": "front", "count": 1}, {"name": "batch", "count": 2}], "controlPlane": {"count": 3}, "gcp": {}}}`)
	for line, want := range map[string][]string{
		"dele":                                       {"delete"},
		"status ":                                    {"blue", "green"},
		"status g":                                   {"green"},
		"addons list b":                              {"blue"},
		"pool scale ":                                {"front", "batch"},
		"pool scale of --cluster b":                  {"blue"},
		"pool scale --cluster blue ":                 {"of-blue"},
		"pool remove b":                              {"batch"},
		"pool add ":                                  nil,
		"addons enable headl":                        {"headlamp"},
		"addons enable coredns":                      nil,
		"addons disable coredns --cluster g":         {"green"},
		"addons disable metrics":                     {"metrics-server"},
		"addons disable headl":                       nil,
		"addons render fl":                           {"flannel", "fluent-bit"},
		"status -o ":                                 {"json", "yaml", "wide"},
		"config --target a":                          {"aws", "azure"},
		"config set spec.network.p":                  {"spec.network.policy=", "spec.network.proxyMode=", "spec.network.podCIDR="},
		"config set spec.network.layer=f":            {"spec.network.layer=flannel", "spec.network.layer=flannel-host-gw"},
		"network switch kube-r":                      {"kube-router"},
		"config set a=b spec.network.layer=n":        {"spec.network.layer=none"},
		"config get spec.pools[f":                    {"spec.pools[front]", "spec.pools[front]."},
		"config set spec.pools[batch].co":            {"spec.pools[batch].count="},
		"config set spec.pools[front].machine.arch=": {"spec.pools[front].machine.arch=amd64", "spec.pools[front].machine.arch=arm64"},
		"config --set spec.pools[front].spot=":       {"spec.pools[front].spot=true", "spec.pools[front].spot=false"},
		"config get spec.gc":                         {"spec.gcp", "spec.gcp."},
		"config get spec.az":                         nil,
		"pool add x --arch ":                         {"amd64", "arm64"},
		"pool add x --taints dedicated=x:NoE":        {"dedicated=x:NoExecute"},
		"completion ":                                {"install", "uninstall", "bash", "zsh", "fish", "powershell"},
		"completion install f":                       {"fish"},
		"etcd restore f ":                            {"blue", "green"},
		"certs rotate-ca --step ":                    {"trust", "reissue", "drop", "back"},
		"version ":                                   nil,
	} {
		words := strings.Split(line, " ")
		if got, _ := completing(t, words...); !slices.Equal(got, want) {
			t.Errorf("%q: offered %v, want %v", line, got, want)
		}
	}
}

func TestCompletion_LeavesFilesToTheShell(t *testing.T) {
	aHome(t)
	for line, want := range map[string]string{
		"create -f ":           ":8",
		"create --plugin-dir ": ":16",
		"etcd snapshot ":       ":0",
		"status ":              ":4",
	} {
		if _, got := completing(t, strings.Split(line, " ")...); got != want {
			t.Errorf("%q: directive %s, want %s", line, got, want)
		}
	}
}

func TestCompletion_SurvivesAConfigThatCannotBeRead(t *testing.T) {
	aHome(t)
	place(t, ".config.json", `{"spec": {"pools": `)
	if got, _ := completing(t, "config", "set", "spec.netw"); !slices.Equal(got, []string{"spec.network."}) {
		t.Errorf("offered %v", got)
	}
}

func TestCompletion_DescribesFlagsWithoutQuotes(t *testing.T) {
	aHome(t)
	env := clouds(t)
	var out bytes.Buffer
	env.Out = &out
	code := Run(t.Context(), env, Words([]string{CompletionName, "create", "--"}))
	if code != 0 || !strings.Contains(out.String(), "--bundle\tFile of 'images bundle --out'") || strings.Contains(out.String(), "`") {
		t.Errorf("exit %d, it offers\n%s", code, out.String())
	}
}

// A key was pressed: people see what takes a fifth of a second.
func BenchmarkCompletion(b *testing.B) {
	aHome(b, "blue")
	for b.Loop() {
		completing(b, "config", "set", "spec.pools[workers].machine.type=")
	}
}

func TestWords_AskForCompletionUnderTheNameThatKubectlCalls(t *testing.T) {
	for _, c := range []struct{ process, want []string }{
		{[]string{"/x/kubectl-anywhere", "status"}, []string{"status"}},
		{[]string{"kubectl_complete-anywhere", "status", ""}, []string{"__complete", "status", ""}},
		{[]string{`/x/kubectl_complete-anywhere.exe`}, []string{"__complete", ""}},
	} {
		if got := Words(c.process); !slices.Equal(got, c.want) {
			t.Errorf("%v: got %v, want %v", c.process, got, c.want)
		}
	}
}
