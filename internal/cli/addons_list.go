package cli

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

type listAddonsFlags struct {
	clusterFlags
	All, Objects bool
	Output       string
}

func newAddonsList(env Environment) *cobra.Command {
	flags := &listAddonsFlags{}
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "List the addons of a cluster, and what each waits for",
		Long: `List the addons of a cluster, the network layer among them, and what each waits
for. Of a cluster that is not there, or does not answer, the state is unknown.`,
		Example: `  # List them
  kubectl anywhere addons list

  # What else could be enabled?
  kubectl anywhere addons list --all

  # Every object, and what it waits for
  kubectl anywhere addons list --objects`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			var wrong error
			if flags.Output != wide && checkFormat(flags.Output) != nil {
				wrong = &usageError{fmt.Errorf("--output %s: want one of json, wide, yaml", flags.Output)}
			}
			var fallback func() *config.Cluster
			if flags.All {
				fallback = env.first
			}
			s, err := flags.openUnless(wrong, env, cmd, args, fallback)
			if err != nil {
				return err
			}
			if flags.All {
				return s.listChoices(flags.Output)
			}
			return s.listAddons(cmd.Context(), flags)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.All, "all", false, "List what can be enabled on the target, without asking the cluster")
	cmd.Flags().BoolVar(&flags.Objects, "objects", false, "List every object")
	cmd.Flags().StringVarP(&flags.Output, "output", "o", "", "Output `format`: json|yaml|wide")
	return cmd
}

func (s *session) listAddons(ctx context.Context, flags *listAddonsFlags) error {
	out, made, err := s.anyOutputs(ctx)
	if err != nil {
		return err
	}
	set, err := addon.Render(s.addonValues(out))
	if err != nil {
		return err
	}
	var seen *choice.Seen
	if made {
		api, err := s.connect(out)
		if err != nil {
			return err
		}
		if seen, err = seenIn(ctx, api, set); ctx.Err() != nil {
			return ctx.Err()
		} else if err != nil {
			s.narrate("The cluster does not answer: " + err.Error())
		}
	} else {
		s.narrate("Cluster " + s.cluster.Metadata.Name + " is not there yet; 'kubectl anywhere create' makes it.")
	}
	return s.printStandings(choice.Standings(s.cluster, set, seen), flags)
}

// seenIn asks a cluster how its addons are.
func seenIn(ctx context.Context, api *kube.Client, set *addon.Set) (*choice.Seen, error) {
	answers, cancel := context.WithTimeout(ctx, previewAnswer)
	defer cancel()
	if err := api.Healthz(answers); err != nil {
		return nil, err
	}
	states, err := api.Readiness(ctx, slices.Concat(set.Objects, set.Unmanaged))
	if err != nil {
		return nil, err
	}
	desired, found, err := api.ReadDesired(ctx)
	if err != nil {
		return nil, err
	}
	byRef := map[kube.Ref]kube.Readiness{}
	for _, state := range states {
		byRef[state.Object] = state
	}
	seen := &choice.Seen{Look: func(object *unstructured.Unstructured) (int, int, string) {
		state := byRef[kube.RefOf(object)]
		return state.Ready, state.Wanted, state.Reason
	}}
	if found {
		seen.Applied = desired.Objects
	}
	return seen, nil
}

func (s *session) printStandings(all []choice.Standing, flags *listAddonsFlags) error {
	switch {
	case flags.Output != "" && flags.Output != wide:
		return printData(s.env, flags.Output, "AddonList", map[string]any{"items": all})
	case flags.Objects:
		return s.fitted(flags.Output == wide, func(w io.Writer) error { return printObjects(w, all) })
	}
	return s.fitted(flags.Output == wide, func(w io.Writer) error {
		if flags.Output == wide {
			table := newTable(w, "NAME", "VERSION", "STATE", "OBJECTS", "REASON")
			for _, a := range all {
				fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s\n", a.Name, dashed(a.Version), podsOf(a.State, a.Ready, a.Wanted), len(a.Objects), a.Reason)
			}
			return table.Flush()
		}
		table := newTable(w, "NAME", "VERSION", "STATE", "REASON")
		for _, a := range all {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Name, dashed(a.Version), podsOf(a.State, a.Ready, a.Wanted), a.Reason)
		}
		return table.Flush()
	})
}

func printObjects(w io.Writer, all []choice.Standing) error {
	table := newTable(w, "ADDON", "OBJECT", "STATE", "REASON")
	for _, a := range all {
		for _, o := range a.Objects {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", a.Name, o.Object, podsOf(o.State, o.Ready, o.Wanted), o.Reason)
		}
	}
	return table.Flush()
}

// fitted prints a table, cut to the width of the narrowest terminal but where
// whole lines are asked for.
func (s *session) fitted(whole bool, print func(io.Writer) error) error {
	var text bytes.Buffer
	if err := print(&text); err != nil {
		return err
	}
	for line := range strings.Lines(text.String()) {
		if line = strings.TrimRight(line, " \n"); !whole {
			line = cut(line, max(s.env.Width, textWidth))
		}
		fmt.Fprintln(s.env.Out, line)
	}
	return nil
}

// choiceRow is one addon as 'addons list --all -o json' prints it.
type choiceRow struct {
	Name string `json:"name"`
	// Enabled tells that the config has it, Unmanaged that it is the user's.
	Enabled   bool `json:"enabled"`
	Unmanaged bool `json:"unmanaged,omitempty"`
	// Usable tells that it is for the config's target.
	Usable bool `json:"usable"`
	catalog.Addon
}

// listChoices lists what there is, and what the config makes of it.
func (s *session) listChoices(output string) error {
	declared, err := catalog.Addons()
	if err != nil {
		return err
	}
	rows := []choiceRow{}
	for _, a := range declared {
		said, _ := s.cluster.Addon(a.Name)
		rows = append(rows, choiceRow{Name: a.Name, Enabled: s.cluster.HasAddon(a.Name), Unmanaged: said.Unmanaged, Usable: a.On(s.target.Name()), Addon: a})
	}
	if output != "" && output != wide {
		return printData(s.env, output, "AddonChoices", map[string]any{"items": rows})
	}
	if output == wide {
		table := newTable(s.env.Out, "NAME", "VERSION", "ENABLED", "WHERE", "DESCRIPTION")
		for _, row := range rows {
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", row.Name, dashed(row.Version), row.said(), row.where(), row.Description)
		}
		return table.Flush()
	}
	return s.printChoices(rows)
}

// printChoices prints those of the config's target, within the narrowest
// terminal, and the names of the others.
func (s *session) printChoices(rows []choiceRow) error {
	const room = 42 // what the longest name and the word beside it leave
	elsewhere := map[string][]string{}
	table := newTable(s.env.Out, "NAME", "ENABLED", "DESCRIPTION")
	for _, row := range rows {
		if !row.Usable {
			elsewhere[row.where()] = append(elsewhere[row.where()], row.Name)
			continue
		}
		lines := folded(row.Description, room)
		fmt.Fprintf(table, "%s\t%s\t%s\n", row.Name, row.said(), lines[0])
		for _, line := range lines[1:] {
			fmt.Fprintf(table, "\t\t%s\n", line)
		}
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, where := range slices.Sorted(maps.Keys(elsewhere)) {
		s.narrate(strings.Join(folded("On "+where+": "+strings.Join(elsewhere[where], ", "), textWidth-2), "\n  "))
	}
	return nil
}

// where is on which targets an addon can be used.
func (r choiceRow) where() string {
	if len(r.Targets) == 0 {
		return "anywhere"
	}
	return strings.Join(r.Targets, ",")
}

// said is what the config makes of an addon, in a word.
func (r choiceRow) said() string {
	switch {
	case r.Unmanaged:
		return choice.Unmanaged
	case r.Required:
		return "required"
	case r.Enabled:
		return "yes"
	}
	return "no"
}
