package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

// suggestion is a command and what it is good for.
type suggestion struct{ command, what string }

// greet says what there is and the three things that one can do next.
func greet(env Environment) error {
	root, err := home.Root()
	if err != nil {
		return err
	}
	clusters, err := home.Clusters(root)
	if err != nil {
		return err
	}
	_, missing := os.Stat(defaultConfig)
	situation, next := suggest(env, clusters, missing == nil)
	width := 0
	for _, s := range next {
		width = max(width, len(s.command))
	}
	fmt.Fprintf(env.Out, "Turn up a Kubernetes cluster anywhere, and see everything it does.\n\n%s\n\n", situation)
	for _, s := range next {
		fmt.Fprintf(env.Out, "  %-*s   %s\n", width, s.command, s.what)
	}
	_, err = fmt.Fprint(env.Out, "\nAll commands: kubectl anywhere --help\n")
	return err
}

// suggest says what there is, and what one can do about it.
func suggest(env Environment, clusters []string, described bool) (situation string, next []suggestion) {
	name := ""
	if described {
		name = nameOf(env, defaultConfig)
	}
	switch {
	case described && !slices.Contains(clusters, name):
		return "There is a cluster config here, " + defaultConfig + ", and no such cluster yet. Next:", []suggestion{
			{"kubectl anywhere preview", "show what create would make"},
			{"kubectl anywhere create", "create the cluster"},
			{"kubectl anywhere config", "change the config, by answering questions"},
		}
	case described:
		return fmt.Sprintf("There is a cluster, %s, and its config here, %s. Next:", short(name), defaultConfig), about("", name)
	case len(clusters) == 1:
		return "There is a cluster, " + short(clusters[0]) + ". Next:", about("", clusters[0])
	case len(clusters) > 1:
		return enumerate("There are several clusters:", clusters) + "\nNext, with the name of one, such as:", about(" "+clusters[0], clusters[0])
	}
	return "There is no cluster yet, and no cluster config here. Next:", []suggestion{
		{"kubectl anywhere create", "create a first cluster, on this machine"},
		{"kubectl anywhere config", "describe another one, by answering questions"},
		{"kubectl anywhere explain", "read what can be described"},
	}
}

// about is what one can do about a cluster that there is.
func about(argument, name string) []suggestion {
	return []suggestion{
		{"kubectl anywhere status" + argument, "show how it is"},
		{"kubectl --context " + name + " get nodes", "use it"},
		{"kubectl anywhere delete" + argument, "take it away"},
	}
}

// nameOf is the name of a config's cluster; of one that cannot be read, the
// default, for what is wrong with it is told by what uses it.
func nameOf(env Environment, path string) string {
	var named struct {
		Metadata struct {
			Name string `json:"name"`
		} `json:"metadata"`
	}
	data, err := os.ReadFile(path)
	if err == nil {
		data, err = yaml.YAMLToJSON(data)
	}
	if err == nil {
		err = json.Unmarshal(data, &named)
	}
	if err != nil || named.Metadata.Name == "" {
		return env.first().Metadata.Name
	}
	return named.Metadata.Name
}

// short is a name that leaves room beside it on a line of 80 columns.
func short(name string) string {
	if runes := []rune(name); len(runes) > 24 {
		return string(runes[:23]) + "…"
	}
	return name
}

// enumerate puts names behind a lead, in lines of at most 80 columns.
func enumerate(lead string, names []string) string {
	var out strings.Builder
	out.WriteString(lead)
	column := len(lead)
	for i, name := range names {
		word := " " + name
		if i < len(names)-1 {
			word += ","
		}
		if column+len(word) > textWidth {
			out.WriteString("\n ")
			column = 1
		}
		out.WriteString(word)
		column += len(word)
	}
	return out.String()
}
