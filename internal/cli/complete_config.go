package cli

import (
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/complete"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// The words that depend on what clusters there are, and on their configs.

func (c completions) clusters(_ *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	root, err := home.Root()
	if err != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	names, _ := home.Clusters(root) // where there are none, none can be typed
	return beginning(typed, names), cobra.ShellCompDirectiveNoFileComp
}

func (c completions) pools(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	if cmd.Name() == "add" {
		return nil, cobra.ShellCompDirectiveNoFileComp // its name is new
	}
	source := complete.Source{Document: c.document(cmd)}
	return beginning(typed, source.Pools()), cobra.ShellCompDirectiveNoFileComp
}

// addons are those that a verb is good for: enable takes what is not there,
// disable what is.
func (c completions) addons(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	cluster := c.env.first()
	if document := c.document(cmd); document != nil {
		if data, err := document.Bytes(); err == nil {
			if read, _ := config.LoadUnfinished("", data, c.env.blocks()); read != nil {
				cluster = read
			}
		}
	}
	words := choice.Names(cluster)
	if cmd.Name() == "render" {
		words = append(words, catalog.Called(cluster.Spec.Network.Layer))
		slices.Sort(words)
	}
	words = slices.DeleteFunc(words, func(name string) bool {
		said, listed := cluster.Addon(name)
		on := cluster.HasAddon(name) || listed && said.On()
		fits := cmd.Name() == "render" || cmd.Name() == "enable" && (!on || said.Unmanaged) || cmd.Name() == "disable" && on
		return !fits || slices.Contains(args, name)
	})
	return beginning(typed, words), cobra.ShellCompDirectiveNoFileComp
}

func (c completions) controlPlanes(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
	document := c.document(cmd)
	if document == nil {
		return none(cmd, args, typed)
	}
	data, err := document.Bytes()
	if err != nil {
		return none(cmd, args, typed)
	}
	cluster, _ := config.Load("", data, c.env.blocks())
	if cluster == nil {
		return none(cmd, args, typed)
	}
	return beginning(typed, cluster.ControlPlaneNames()), cobra.ShellCompDirectiveNoFileComp
}

// values are those of a field of the config.
func (c completions) values(path string) completer {
	return func(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return beginning(typed, c.source(cmd).Values(path)), cobra.ShellCompDirectiveNoFileComp
	}
}

func (c completions) paths(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	source := c.source(cmd)
	source.Names = cmd.Name() != "explain"
	return described(source.Paths(typed))
}

// assignments complete PATH=VALUE. A shell that takes = for the end of a word,
// as bash does, would put the value behind itself: there it is only said what
// can be typed.
func (c completions) assignments(cmd *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	source := c.source(cmd)
	source.Names = true
	words := source.Assignments(typed)
	if path, _, assigned := strings.Cut(typed, "="); assigned && strings.HasSuffix(c.env.Getenv("SHELL"), "bash") && len(words) > 0 {
		help := cobra.AppendActiveHelp(nil, path+" is one of: "+strings.Join(source.Values(path), ", "))
		return help, cobra.ShellCompDirectiveNoFileComp
	}
	return described(words)
}

// described are words with what is said about them.
func described(words []complete.Word) ([]string, cobra.ShellCompDirective) {
	directive := cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
	var out []string
	for _, word := range words {
		text := word.Text
		if word.Doc != "" {
			text += "\t" + word.Doc
		}
		out = append(out, text)
		if word.More {
			directive |= cobra.ShellCompDirectiveNoSpace
		}
	}
	return out, directive
}

func (c completions) source(cmd *cobra.Command) complete.Source {
	return complete.Source{Schema: schema.Of(c.env.blocks()), Document: c.document(cmd)}
}

// document is the config that a command is about, as far as it can be read.
func (c completions) document(cmd *cobra.Command) *config.Document {
	flags := clusterFlags{}
	if f := cmd.Flags().Lookup("filename"); f != nil && f.Changed {
		flags.File = f.Value.String()
	} else if f := cmd.Flags().Lookup("cluster"); f != nil {
		flags.Name = f.Value.String()
	}
	root, err := home.Root()
	if err != nil {
		return nil
	}
	path, err := flags.path(root)
	if err != nil || path == "" || path == "-" {
		return nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	document, err := config.ParseDocument(path, data)
	if err != nil {
		return nil
	}
	return document
}
