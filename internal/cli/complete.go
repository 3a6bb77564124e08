package cli

import (
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
)

// completer gives the words that can follow what is typed.
type completer = func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective)

// completions are all of them, in one place: what a flag or an argument is
// called says what its values are. Nothing here asks the network, a cluster or
// the state.
type completions struct{ env Environment }

// registerCompletion gives every command of a tree its completion.
func registerCompletion(env Environment, cmd *cobra.Command) {
	c := completions{env}
	if cmd.ValidArgsFunction == nil && len(cmd.ValidArgs) == 0 {
		cmd.ValidArgsFunction = c.arguments(cmd)
	}
	cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
		if _, has := cmd.GetFlagCompletionFunc(f.Name); has || f.Value.Type() == "bool" || f.Name == "help" {
			return
		}
		if values := c.flag(cmd, f); values != nil {
			_ = cmd.RegisterFlagCompletionFunc(f.Name, values) // it is this command's, and has none
		}
	})
	for _, sub := range cmd.Commands() {
		registerCompletion(env, sub)
	}
}

// describeFlags takes the quotes out of what flags say of themselves, by which
// help learns what a value is called: shells show them as they are.
func describeFlags(cmd *cobra.Command) {
	plain := func(f *pflag.Flag) { f.Usage = strings.ReplaceAll(f.Usage, "`", "") }
	cmd.Flags().VisitAll(plain)
	cmd.PersistentFlags().VisitAll(plain)
	for _, sub := range cmd.Commands() {
		describeFlags(sub)
	}
}

// freeText are the flags whose values nobody can list.
func freeText() []string {
	return []string{"count", "min", "max", "disk-gb", "labels"}
}

// flag is the completion of a flag's values; nil for free text.
func (c completions) flag(cmd *cobra.Command, f *pflag.Flag) completer {
	switch f.Name {
	case "filename":
		return extensions("json", "yaml", "yml")
	case "plan":
		return extensions("json")
	case "timeline":
		return extensions("svg")
	case "kubeconfig", "out", "facts", "bundle":
		return anyFile
	case "plugin-dir", "repo":
		return folders
	case "to":
		if cmd.Name() == "push" {
			return fixed(cobra.ShellCompDirectiveNoFileComp) // a registry, which nobody lists
		}
		return c.destination(cmd, f)
	case "diff":
		return fixed(cobra.ShellCompDirectiveDefault, "cluster") // or a folder
	case "cluster":
		return c.clusters
	case "target":
		return c.values("spec.target")
	case "arch":
		return c.values("spec.pools[].machine.arch")
	case "type":
		return c.values("spec.pools[].machine.type")
	case "zones":
		return c.values("spec.pools[].machine.zones")
	case "set":
		return c.assignments
	case "host":
		return c.controlPlanes
	case "taints":
		return taints
	case "state":
		return fixed(cobra.ShellCompDirectiveNoSpace|cobra.ShellCompDirectiveNoFileComp, "file://", "s3://", "gs://", "azblob://")
	case "verbose":
		return fixed(cobra.ShellCompDirectiveNoFileComp, "1", "2")
	case "timeout":
		return fixed(cobra.ShellCompDirectiveNoFileComp, "1m", "5m", "10m", "30m", "1h")
	case "only":
		e := &examination{}
		return fixed(cobra.ShellCompDirectiveNoFileComp, doctor.Groups(append(e.before(), e.after()...))...)
	}
	if slices.Contains(freeText(), f.Name) {
		return nil
	}
	return enumerated(f.Usage)
}

// usageChoices is a list of words in what a flag says of itself: json|yaml, or
// "any or source", after a colon.
var usageChoices = regexp.MustCompile(`(?::|,) *([a-z0-9-]+(?:\|[a-z0-9-]+)+)|: ([a-z0-9-]+(?:, [a-z0-9-]+)* or [a-z0-9-]+)`)

// enumerated completes what a flag lists in its usage; nil where it lists
// nothing.
func enumerated(usage string) completer {
	match := usageChoices.FindStringSubmatch(usage)
	if match == nil {
		return nil
	}
	return fixed(cobra.ShellCompDirectiveNoFileComp, strings.FieldsFunc(strings.ReplaceAll(match[1]+match[2], " or ", ","), func(r rune) bool {
		return r == '|' || r == ',' || r == ' '
	})...)
}

// destination is a file or a folder: the command's help says which.
func (c completions) destination(_ *cobra.Command, f *pflag.Flag) completer {
	kind, usage := pflag.UnquoteUsage(f)
	if strings.Contains(strings.ToLower(kind+usage), "folder") || strings.Contains(strings.ToLower(kind), "dir") {
		return folders
	}
	return anyFile
}

// arguments completes those that the command's usage line names.
func (c completions) arguments(cmd *cobra.Command) completer {
	kinds := strings.Fields(cmd.Use)[1:]
	return func(cmd *cobra.Command, args []string, typed string) ([]string, cobra.ShellCompDirective) {
		if len(kinds) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		kind := kinds[min(len(args), len(kinds)-1)]
		if repeated := strings.Contains(kind, "…") || strings.Contains(kind, "..."); len(args) >= len(kinds) && !repeated {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return c.argument(kind)(cmd, args, typed)
	}
}

// argument is the completion of an argument by its word in the usage line.
func (c completions) argument(kind string) completer {
	switch strings.Trim(kind, "[]….") {
	case "NAME", "CLUSTER":
		return c.clusters
	case "POOL":
		return c.pools
	case "ADDON":
		return c.addons
	case "LAYER":
		return c.values("spec.network.layer")
	case "FILE":
		return anyFile
	case "FOLDER", "DIR":
		return folders
	case "SHELL":
		return fixed(cobra.ShellCompDirectiveNoFileComp, shells()...)
	case "PATH=VALUE":
		return c.assignments
	case "PATH", "FIELD":
		return c.paths
	}
	return none
}

func none(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

func anyFile(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveDefault
}

func folders(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

func extensions(names ...string) completer {
	return func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return names, cobra.ShellCompDirectiveFilterFileExt
	}
}

// fixed are words that are always the same. Of a list with commas, the last
// item is completed.
func fixed(directive cobra.ShellCompDirective, words ...string) completer {
	return func(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
		return beginning(typed, words), directive
	}
}

// beginning keeps the words that begin with what is typed; where that is a
// list with commas, with its last item.
func beginning(typed string, words []string) []string {
	lead := typed[:strings.LastIndexByte(typed, ',')+1]
	var out []string
	for _, word := range words {
		if strings.HasPrefix(lead+word, typed) {
			out = append(out, lead+word)
		}
	}
	return out
}

func taints(_ *cobra.Command, _ []string, typed string) ([]string, cobra.ShellCompDirective) {
	key, _, found := strings.Cut(typed, ":")
	if !found {
		return nil, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	var words []string
	for _, effect := range config.TaintEffects() {
		words = append(words, key+":"+effect)
	}
	return beginning(typed, words), cobra.ShellCompDirectiveNoFileComp
}
