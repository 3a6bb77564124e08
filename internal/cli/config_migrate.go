package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/migrate"
)

// migrateFlags are those of config migrate.
type migrateFlags struct {
	File  string
	Write bool
}

func newConfigMigrate(env Environment) *cobra.Command {
	flags := migrateFlags{}
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Turn a config of an earlier version into one of today",
		Long: `Turn a config of an earlier version into one of today, and say of every field
what became of it. The config goes to standard output; with --write it takes the
place of the file, which is kept beside it with .bak behind its name.

A .config or .config.json of the first Kubernetes Anywhere, which Kconfig made,
is understood too. Its clusters are not touched: a new one is made.`,
		Example: `  # See what would become of a config
  kubectl anywhere config migrate

  # Replace the file
  kubectl anywhere config migrate -f .config.json --write`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error { return flags.run(env) },
	}
	cmd.Flags().StringVarP(&flags.File, "filename", "f", defaultConfig, "Cluster config to read")
	cmd.Flags().BoolVar(&flags.Write, "write", false, "Replace the file, and keep the old one as FILE.bak")
	return cmd
}

func (f migrateFlags) run(env Environment) error {
	if f.File == "-" && f.Write {
		return &usageError{errors.New("--write: standard input cannot be replaced; leave the flag out, or name a file")}
	}
	text, err := readFile(env, f.File)
	if errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("there is no %s here to migrate: name the old one with -f, or have a new one made by 'kubectl anywhere config'", f.File)}
	}
	if err != nil {
		return &usageError{fmt.Errorf("reading the cluster config: %w", err)}
	}
	result, err := migrate.Run(f.File, text, env.blocks())
	var refusal *migrate.Refusal
	switch {
	case errors.As(err, &refusal):
		return &usageError{fmt.Errorf("migrating %q: %w", f.File, err)}
	case err != nil:
		return err
	case result.Current:
		fmt.Fprintf(env.ErrOut, "%s needs no migration: nothing is changed.\n", f.File)
		return result.Problems
	}
	fmt.Fprintf(env.ErrOut, "%s is %s.\n", f.File, result.Of)
	describeChanges(env.ErrOut, result.Changes)
	if !f.Write {
		fmt.Fprintln(env.ErrOut)
		if _, err := env.Out.Write(result.Config); err != nil {
			return fmt.Errorf("printing the config: %w", err)
		}
		if result.Problems != nil {
			fmt.Fprintln(env.ErrOut, "\nThis is left to do, by hand:")
		}
		return result.Problems
	}
	if result.Problems != nil {
		fmt.Fprintf(env.ErrOut, "\nNothing is written, for this is left to do; without --write the config is\nprinted, to be completed by hand:\n\n")
		return result.Problems
	}
	return f.write(env, text, result.Config)
}

// write replaces the file once a copy of the old one is there.
func (f migrateFlags) write(env Environment, old, fresh []byte) error {
	backup := f.File + ".bak"
	kept, err := os.OpenFile(backup, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return &usageError{fmt.Errorf("keeping the old config: %s is there already; move it away and run this again", backup)}
	}
	if err != nil {
		return fmt.Errorf("keeping the old config: %w", err)
	}
	_, err = kept.Write(old)
	if err := errors.Join(err, kept.Close()); err != nil {
		return fmt.Errorf("keeping the old config: %w", err)
	}
	if err := writeConfig(f.File, fresh); err != nil {
		return err
	}
	fmt.Fprintf(env.ErrOut, "\n%s is written; the old one is %s.\n\nNext: kubectl anywhere preview -f %s\n", f.File, backup, quote(f.File))
	return nil
}

// describeChanges lists what became of each field, first those that live on.
func describeChanges(w io.Writer, changes []migrate.Change) {
	for _, part := range []struct {
		title string
		lives bool
	}{{"These fields live on:", true}, {"These have no successor:", false}} {
		title := part.title
		for _, c := range changes {
			if (c.To != "") != part.lives {
				continue
			}
			if title != "" {
				fmt.Fprintf(w, "\n%s\n", title)
				title = ""
			}
			fmt.Fprintln(w, strings.Join(diag.Wrap("  ", "      ", describeChange(c)), "\n"))
		}
	}
}

func describeChange(c migrate.Change) string {
	text := c.From
	if c.To != "" {
		text += " is " + c.To
	}
	if c.Why != "" {
		text += ": " + c.Why
	}
	return text
}
