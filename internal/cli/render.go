package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
)

type renderFlags struct {
	clusterFlags
	To        string
	Overwrite bool
	Facts     string
	Diff      string
	ExitCode  bool
}

// renderOptions is one run of render.
type renderOptions struct {
	*session
	to        string
	overwrite bool
	facts     string
	diff      string
	exitCode  bool
	// command is what is typed for the same again.
	command string
}

func newRender(env Environment) *cobra.Command {
	flags := &renderFlags{To: "rendered"}
	cmd := &cobra.Command{
		Use:   "render [NAME]",
		Short: "Write every byte that would exist to a folder",
		Long: `Write every byte that would exist to a folder, without touching anything else:
the resources that would be made, what each host would hold, and the addons.

It needs no credentials, no network and no Docker. Where a secret will be, it
says what it will be and where it comes from. The same config gives the same
bytes, so that the folder can be kept in version control.

With --diff nothing is written: it shows what the config would alter, compared
with an earlier render or with the cluster as its state records it.`,
		Example: `  # Render the cluster that .config.json describes, or a first one, and read it
  kubectl anywhere render --to rendered

  # The addons are a kustomization like any other
  kubectl kustomize rendered/3-addons

  # Replace what was rendered before
  kubectl anywhere render --to rendered --overwrite

  # Show what a change of the config alters, in all three phases
  kubectl anywhere render --diff rendered

  # The same, compared with the cluster there is; exit 3 when anything differs
  kubectl anywhere render -f .config.json --diff cluster --exit-code

  # Render by the facts of a real host: what 'bootstrap facts' printed there
  kubectl anywhere render --facts facts.json --to rendered`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			o, err := flags.options(env, cmd, args)
			if err != nil {
				return err
			}
			return o.run(cmd.Context())
		},
	}
	flags.addFlags(cmd)
	f := cmd.Flags()
	f.StringVar(&flags.To, "to", flags.To, "`folder` to write to; it must be new or empty")
	f.BoolVar(&flags.Overwrite, "overwrite", false, "Replace what an earlier render wrote to that folder, and nothing else")
	f.StringVar(&flags.Facts, "facts", "", "`file` with a real host's facts for all hosts, or folder of control-plane.json and POOL.json, in place of assumed ones")
	f.StringVar(&flags.Diff, "diff", "", "Show how `what` differs from what would be rendered: a folder, or the word cluster")
	f.BoolVar(&flags.ExitCode, "exit-code", false, "With --diff, exit 3 when anything differs")
	return cmd
}

// options are those of the flags, which must make sense together.
func (f *renderFlags) options(env Environment, cmd *cobra.Command, args []string) (*renderOptions, error) {
	given := cmd.Flags().Changed
	switch {
	case f.Diff != "" && (given("to") || f.Overwrite):
		return nil, &usageError{errors.New("--diff writes nothing: leave --to and --overwrite out")}
	case f.Diff == "" && f.ExitCode:
		return nil, &usageError{errors.New("--exit-code is for --diff: add it, or use 'kubectl anywhere preview --exit-code'")}
	}
	s, err := f.open(env, cmd, args, env.first)
	if err != nil {
		return nil, err
	}
	command := "kubectl anywhere render"
	for _, name := range args {
		command += " " + quote(name)
	}
	if f.File != "" {
		command += " -f " + quote(f.File)
	}
	if f.Facts != "" {
		command += " --facts " + quote(f.Facts)
	}
	return &renderOptions{
		session: s, to: f.To, overwrite: f.Overwrite, facts: f.Facts, diff: f.Diff, exitCode: f.ExitCode, command: command,
	}, nil
}

func (o *renderOptions) run(ctx context.Context) error {
	with := render.Options{Command: o.command}
	if o.facts != "" {
		facts, err := render.ReadFacts(o.facts, o.poolNames())
		if err != nil {
			return &usageError{fmt.Errorf("--facts: %w", err)}
		}
		with.Facts = facts
	}
	if o.diff != "" {
		return o.runDiff(ctx, with)
	}
	in, err := o.inputs()
	if err != nil {
		return err
	}
	made, err := render.Cluster(o.target, in, with)
	if err != nil {
		return err
	}
	if err := render.Write(o.to, made.Files, o.overwrite); err != nil {
		return folderProblem(err)
	}
	o.narrate(fmt.Sprintf("%s in %s; %s says what is where\n\nNext: kubectl kustomize %s", count(len(made.Files), "file"),
		o.to, filepath.Join(o.to, "README.md"), filepath.Join(o.to, render.AddonsDir)))
	return nil
}

// folderProblem tells a folder that cannot be written to as asked from one that
// could not be written to.
func folderProblem(err error) error {
	var refused *render.FolderError
	if errors.As(err, &refused) {
		return &usageError{err}
	}
	return err
}
