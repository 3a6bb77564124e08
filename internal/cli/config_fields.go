package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/wizard"
)

func newConfigSet(env Environment) *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "set PATH=VALUE…",
		Short: "Change fields of a config file, and nothing else in it",
		Long: `Change fields of a config file, and nothing else in it: order, comments and
fields that this program does not know stay. PATH- takes a field out, so that
its default holds. The whole is checked first; where anything would be wrong
that was not before, nothing is written.

Values are read as their field wants them: a list takes commas, a map key=value
with commas, and both, like anything larger, JSON.`,
		Example: `  # Five workers
  kubectl anywhere config set spec.pools[workers].count=5

  # Two zones, and the default network again
  kubectl anywhere config set spec.aws.zones=eu-west-1a,eu-west-1b spec.network-

  # A label with a dot in its key
  kubectl anywhere config set 'spec.pools[0].labels["example.com/disk"]=ssd'`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return &usageError{fmt.Errorf("%s needs PATH=VALUE, or PATH- to take a field out\nSee '%s --help'", cmd.CommandPath(), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error { return env.setFields(file, args) },
	}
	cmd.Flags().StringVarP(&file, "filename", "f", defaultConfig, "Cluster config to change")
	return cmd
}

func (env Environment) setFields(file string, changes []string) error {
	draft, err := env.written(file)
	if err != nil {
		return err
	}
	before := draft.Problems()
	if err := setAll(draft, changes); err != nil {
		return err
	}
	left := draft.Err()
	if left != nil && worse(before, draft.Problems()) {
		fmt.Fprintf(env.ErrOut, "%s would not be right, so it is left as it is:\n\n", file)
		return left
	}
	data, err := draft.Bytes()
	if err != nil {
		return err
	}
	if err := writeConfig(file, data); err != nil {
		return err
	}
	fmt.Fprintf(env.ErrOut, "%s is changed.\n", file)
	env.tellDoubts(draft)
	if left != nil {
		// Mending one thing after the other, one gets there.
		fmt.Fprintf(env.ErrOut, "What was wrong before still is:\n\n%s\n", strings.TrimSpace(left.Error()))
	}
	return nil
}

// worse tells whether anything is wrong that was not before.
func worse(before, after []diag.Problem) bool {
	return slices.ContainsFunc(after, func(p diag.Problem) bool {
		return !slices.ContainsFunc(before, func(b diag.Problem) bool { return b.Path == p.Path && b.Message == p.Message })
	})
}

// tellDoubts says what is likely a slip, and no error.
func (env Environment) tellDoubts(draft *wizard.Draft) {
	for _, doubt := range draft.Doubts() {
		fmt.Fprintln(env.ErrOut, strings.Join(diag.Wrap("note: ", "      ", doubt), "\n"))
	}
}

// written is the config of a file that must be there.
func (env Environment) written(file string) (*wizard.Draft, error) {
	if file == "-" {
		return nil, &usageError{errors.New("--filename -: standard input cannot be changed; name a file")}
	}
	if err := exists(file); err != nil {
		return nil, err
	}
	return env.draft(file)
}

// exists tells what to type where there is no config.
func exists(file string) error {
	if _, err := readFile(Environment{}, file); errors.Is(err, fs.ErrNotExist) {
		return &usageError{fmt.Errorf("there is no %s here; 'kubectl anywhere config' makes one", file)}
	}
	return nil
}

func newConfigGet(env Environment) *cobra.Command {
	file, output, written := "", "", false
	cmd := &cobra.Command{
		Use:   "get [PATH]",
		Short: "Print what a config says, defaults filled in",
		Example: `  # All that is in effect
  kubectl anywhere config get -o yaml

  # One field
  kubectl anywhere config get spec.pools[workers].count

  # Only what the file says
  kubectl anywhere config get spec.gcp --written`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 1 {
				return &usageError{fmt.Errorf("%s takes one path, not %d\nSee '%s --help'", cmd.CommandPath(), len(args), cmd.CommandPath())}
			}
			return nil
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkFormat(output); err != nil {
				return err
			}
			path := ""
			if len(args) == 1 {
				path = args[0]
			}
			return env.getField(file, path, output, written)
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", defaultConfig, "Cluster config to read")
	cmd.Flags().BoolVar(&written, "written", false, "Leave defaults out")
	addOutputFlag(cmd, &output)
	return cmd
}

// getField prints a field: a plain value as it is, all else as JSON unless YAML
// is asked for.
func (env Environment) getField(file, path, output string, written bool) error {
	draft, err := env.written(file)
	if err != nil {
		return err
	}
	if !written {
		if err := draft.Err(); err != nil {
			return err
		}
	}
	value, err := draft.Get(path, written)
	if err != nil {
		return &usageError{err}
	}
	if path == "" && output != "yaml" && !written {
		// In the order in which the config declares its fields.
		cluster, _ := draft.Cluster()
		return printConfig(env, cluster)
	}
	if text, plain := value.(string); plain && output == "" {
		fmt.Fprintln(env.Out, text)
		return nil
	}
	var data []byte
	if output == "yaml" {
		data, err = yaml.Marshal(value)
	} else if data, err = json.MarshalIndent(value, "", "  "); err == nil {
		data = append(data, '\n')
	}
	if err != nil {
		return fmt.Errorf("printing %s: %w", path, err)
	}
	_, err = env.Out.Write(data)
	return err
}

func printConfig(env Environment, cluster *config.Cluster) error {
	data, err := config.Marshal(cluster)
	if err == nil {
		_, err = env.Out.Write(data)
	}
	return err
}

func newConfigValidate(env Environment) *cobra.Command {
	file := ""
	cmd := &cobra.Command{
		Use:   "validate",
		Short: "Tell whether a config is right, or all that is wrong with it",
		Example: `  # Check the file of this folder
  kubectl anywhere config validate

  # Check what another program writes
  generate-config | kubectl anywhere config validate -f -`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			if file != "-" {
				if err := exists(file); err != nil {
					return err
				}
			}
			cluster, err := readConfig(env, file)
			if err != nil {
				return err
			}
			fmt.Fprintf(env.Out, "%s: valid: cluster %s on %s\n", file, cluster.Metadata.Name, cluster.Spec.Target)
			if file == "-" {
				return nil
			}
			draft, err := env.draft(file)
			if err == nil {
				env.tellDoubts(draft)
			}
			return err
		},
	}
	cmd.Flags().StringVarP(&file, "filename", "f", defaultConfig, "Cluster config to check")
	return cmd
}
