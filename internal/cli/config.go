package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/wizard"
)

// configFlags are those of the wizard.
type configFlags struct {
	File   string
	Target string
	Set    []string
	Yes    bool
	Plain  bool
	// goesOn tells that something is done with the config at once.
	goesOn bool
}

func newConfig(env Environment) *cobra.Command {
	flags := configFlags{}
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Make a cluster config, change it, look at it",
		Long: `Make a cluster config, or change the one there is, by answering questions.

Every question has a description and, where it can, a default and choices; each
answer is checked at once. Nothing is written before the summary at the end. Of
a file that is there, what is not asked about stays as it is; one that names no
schema, by which editors complete it, is given its own.

With --target or --set, only what is still missing is asked; with --yes nothing.
Where there is no terminal to draw on, questions and answers are plain lines.`,
		Example: `  # Answer questions and write .config.json
  kubectl anywhere config

  # Say everything at once
  kubectl anywhere config --target gcp --set spec.gcp.project=my-project --yes

  # Change one field of a file
  kubectl anywhere config set spec.pools[workers].count=5`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return flags.run(cmd.Context(), env) },
	}
	cmd.Flags().StringVarP(&flags.File, "filename", "f", defaultConfig, "Cluster config to write")
	cmd.Flags().StringVar(&flags.Target, "target", "", "Where hosts come from: "+strings.Join(env.targetNames(), ", "))
	cmd.Flags().StringArrayVar(&flags.Set, "set", nil, "Set a field, as `PATH=VALUE` (can be repeated)")
	cmd.Flags().BoolVar(&flags.Yes, "yes", false, "Ask nothing: write what the flags say, and defaults")
	cmd.Flags().BoolVar(&flags.Plain, "plain", false, "Ask in plain lines, for screen readers")
	cmd.AddCommand(newConfigGet(env), newConfigSet(env), newConfigValidate(env), newConfigSchema(env), newConfigMigrate(env))
	return cmd
}

func (env Environment) targetNames() []string {
	var names []string
	for _, t := range env.Targets {
		names = append(names, t.Name())
	}
	return names
}

// run asks what there is to ask, and writes the file.
func (f configFlags) run(ctx context.Context, env Environment) error {
	if f.File == "-" {
		return &usageError{errors.New("--filename -: standard input is where the answers come from; name a file")}
	}
	draft, err := env.draft(f.File)
	if err != nil {
		return err
	}
	// An editor that knows the schema completes the file. 'config set' leaves it
	// out: what it is asked to change is one field.
	draft.Describe()
	if f.Target != "" {
		f.Set = append([]string{"spec.target=" + f.Target}, f.Set...)
	}
	if err := setAll(draft, f.Set); err != nil {
		return err
	}
	if f.Yes {
		if err := draft.Err(); err != nil {
			return err
		}
		return f.write(env, draft)
	}
	w := wizard.Start(draft, len(f.Set) > 0, env.billOf)
	if err := f.ask(ctx, env, w); err != nil {
		return err
	}
	if w.End() == wizard.Abort {
		fmt.Fprintln(env.ErrOut, "Nothing is written.")
		return nil
	}
	return f.write(env, w.Draft())
}

// ask has the questions answered, on a screen or line by line.
func (f configFlags) ask(ctx context.Context, env Environment, w *wizard.Wizard) error {
	if env.Screen && !f.Plain && env.Getenv("ACCESSIBLE") == "" {
		return wizard.Draw(ctx, w, env.In, env.terminal())
	}
	err := wizard.Prompt(w, env.In, env.terminal(), env.Typed)
	var incomplete *wizard.Incomplete
	switch {
	case errors.As(err, &incomplete) && incomplete.Problems != nil:
		fmt.Fprintln(env.ErrOut, incomplete.Error()+". It lacks:")
		return incomplete.Problems
	case err != nil:
		return &usageError{err}
	}
	return nil
}

// write puts the config in its place and says what to type next.
func (f configFlags) write(env Environment, draft *wizard.Draft) error {
	// The summary lets nothing through that is wrong; this is for the day it does.
	if err := draft.Err(); err != nil {
		return err
	}
	data, err := draft.Bytes()
	if err != nil {
		return err
	}
	if err := writeConfig(f.File, data); err != nil {
		return err
	}
	if f.Yes {
		env.tellDoubts(draft)
	}
	if f.goesOn {
		fmt.Fprintf(env.ErrOut, "%s is written.\n\n", f.File)
		return nil
	}
	file := ""
	if f.File != defaultConfig {
		file = " -f " + quote(f.File)
	}
	fmt.Fprintf(env.ErrOut, "%s is written.\n\nNext: kubectl anywhere preview%s, then kubectl anywhere create%s\n", f.File, file, file)
	return nil
}

// draft is the config of a file, or a new one where there is none.
func (env Environment) draft(path string) (*wizard.Draft, error) {
	described := schema.Of(env.blocks())
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return wizard.New(path, described, env.blocks())
	}
	if err != nil {
		return nil, &usageError{fmt.Errorf("reading the cluster config: %w", err)}
	}
	return wizard.Open(path, data, described, env.blocks())
}

// setAll writes each PATH=VALUE, and takes out what stands at each PATH-, as
// 'kubectl label' does. All that cannot be is told at once.
func setAll(draft *wizard.Draft, changes []string) error {
	var report diag.Report
	for _, change := range changes {
		path, text, assigned := strings.Cut(change, "=")
		removed, removes := strings.CutSuffix(change, "-")
		var err error
		switch {
		case assigned:
			err = draft.Set(path, text)
		case removes:
			err = draft.Unset(removed)
		default:
			err = fmt.Errorf("%q is neither PATH=VALUE nor PATH-", change)
		}
		if err != nil {
			report.Add(diag.Problem{Message: err.Error(), Fix: "'kubectl anywhere explain' lists the fields"})
		}
	}
	return report.Err()
}

// billOf lists what a cluster costs, one thing a line.
func (env Environment) billOf(cluster *config.Cluster) []string {
	s := &session{env: env, cluster: cluster}
	for _, t := range env.Targets {
		if t.Name() == cluster.Spec.Target {
			s.target = t
		}
	}
	charges := s.bill()
	width := 0
	for _, c := range charges {
		width = max(width, len(c.What))
	}
	var lines []string
	for _, c := range charges {
		number := fmt.Sprint(c.Count)
		if c.Max > 0 {
			number = fmt.Sprintf("%d-%d", c.Count, c.Max)
		}
		lines = append(lines, fmt.Sprintf("%-5s %-*s  %s", number, width, c.What, c.For))
	}
	return lines
}
