package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// namedFlags say which cluster a command is about whose arguments are something
// else, such as addons or pools.
type namedFlags struct {
	clusterFlags
	Cluster string
}

func (f *namedFlags) addFlags(cmd *cobra.Command) {
	f.clusterFlags.addFlags(cmd)
	cmd.Flags().StringVar(&f.Cluster, "cluster", "", "`Name` of the cluster (default that of "+defaultConfig+", or the only one)")
}

type editFlags struct {
	namedFlags
	carryFlags
	NoApply, Unmanaged bool
}

// editing is a change of what a config says of addons.
type editing func(*config.Document, *config.Cluster) (notes []string, err error)

// addonEdit is one run of enable or disable: of the config first, then of the
// cluster.
type addonEdit struct {
	*session
	flags *editFlags
	names []string
	notes []string
	// path is the config's file, data what is to be in it.
	path string
	data []byte
	// changed tells that the file says something else now.
	changed bool
	// was is the cluster as it is to be no more.
	was *config.Cluster
	// kept is what the config that the cluster was created with is to be; nil
	// where there is none, or path is it.
	kept []byte
}

func newAddonsEnable(env Environment) *cobra.Command {
	flags := &editFlags{}
	cmd := &cobra.Command{
		Use:   "enable ADDON…",
		Short: "Add addons, to the config and to the cluster",
		Long: `Add addons, to the config and to the cluster. What they need comes with them.

The config file is changed in this one place, once it is known what changes in
the cluster. An addon that was in your hands is looked after again.`,
		Example: `  # A web page of the cluster
  kubectl anywhere addons enable headlamp

  # Only say so in the config
  kubectl anywhere addons enable headlamp --no-apply`,
		Args: someAddons,
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(env, cmd, args, func(d *config.Document, c *config.Cluster) ([]string, error) { return choice.Enable(d, c, args) })
		},
	}
	flags.addFlags(cmd)
	return cmd
}

func newAddonsDisable(env Environment) *cobra.Command {
	flags := &editFlags{}
	cmd := &cobra.Command{
		Use:   "disable ADDON…",
		Short: "Take addons away, from the config and from the cluster",
		Long: `Take addons away, from the config and from the cluster. What a cluster cannot be
without, or what another addon needs, is refused.

With --unmanaged they stay in the cluster, and in your hands: neither applied
nor changed nor deleted any more, until you enable them again.`,
		Example: `  # Take one away
  kubectl anywhere addons disable headlamp

  # Look after the cluster's DNS yourself from now on
  kubectl anywhere addons disable coredns --unmanaged`,
		Args: someAddons,
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(env, cmd, args, func(d *config.Document, c *config.Cluster) ([]string, error) {
				return choice.Disable(d, c, args, flags.Unmanaged)
			})
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().BoolVar(&flags.Unmanaged, "unmanaged", false, "Leave them in the cluster, for you to look after")
	return cmd
}

func (f *editFlags) addFlags(cmd *cobra.Command) {
	f.namedFlags.addFlags(cmd)
	f.carryFlags.addFlags(cmd)
	cmd.Flags().BoolVar(&f.NoApply, "no-apply", false, "Only change the config")
}

// someAddons takes the names of one addon or more.
func someAddons(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return nil
	}
	return &usageError{fmt.Errorf("%s takes the names of addons; 'kubectl anywhere addons list --all' shows them\nSee '%s --help'", cmd.CommandPath(), cmd.CommandPath())}
}

func (f *editFlags) run(env Environment, cmd *cobra.Command, names []string, change editing) error {
	if err := f.check(); err != nil {
		return err
	}
	e, err := f.edit(env, cmd, names, change)
	if err != nil {
		return err
	}
	return e.run(cmd.Context())
}

// edit makes the change in memory, and checks the whole of the result.
func (f *editFlags) edit(env Environment, cmd *cobra.Command, names []string, change editing) (*addonEdit, error) {
	path, before, err := f.changeable(f.Cluster, "no config to change")
	if err != nil {
		return nil, err
	}
	cluster, err := loadConfig(env, path, before)
	if err != nil {
		return nil, err
	}
	document, err := config.ParseDocument(path, before)
	if err != nil {
		return nil, err
	}
	// As it is written, which need not be as it was typed.
	was, err := document.Bytes()
	if err != nil {
		return nil, err
	}
	e := &addonEdit{flags: f, names: names, path: path, was: cluster}
	if e.notes, err = change(document, cluster); err != nil {
		return nil, &usageError{err}
	}
	if e.data, err = document.Bytes(); err != nil {
		return nil, err
	}
	if e.changed = !bytes.Equal(was, e.data); !e.changed {
		e.data = before
	}
	if cluster, err = loadConfig(env, path, e.data); err != nil {
		return nil, err
	}
	if e.session, err = f.session(env, cmd, names, cluster); err != nil {
		return nil, err
	}
	return e, e.follow(env, cmd)
}

// follow makes the same change in the config that the cluster was created
// with, which is what is then applied: nothing else that the file says by now
// happens by the way.
func (e *addonEdit) follow(env Environment, cmd *cobra.Command) error {
	saved := e.dir.ConfigFile()
	data, err := os.ReadFile(saved)
	if errors.Is(err, fs.ErrNotExist) || same(saved, e.path) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("reading the config that the cluster was created with: %w", err)
	}
	if e.kept, err = withAddonsOf(saved, data, e.cluster); err != nil {
		return err
	}
	cluster, err := loadConfig(env, saved, e.kept)
	if err != nil {
		return err
	}
	if cluster.Spec.Target != e.cluster.Spec.Target {
		return refuse(e.nameInUse())
	}
	e.session, err = e.flags.session(env, cmd, e.names, cluster)
	return err
}

// run tells what comes and goes, writes the config and applies it.
func (e *addonEdit) run(ctx context.Context) error {
	for _, note := range e.notes {
		e.narrate(note)
	}
	name := e.cluster.Metadata.Name
	if e.flags.NoApply {
		if err := e.write(); err != nil {
			return err
		}
		e.narrate("\nNext: kubectl anywhere addons apply " + name)
		return nil
	}
	out, made, err := e.anyOutputs(ctx)
	if err != nil {
		return err
	}
	if !made {
		if err := e.write(); err != nil {
			return err
		}
		e.narrate("Cluster " + name + " is not there yet; 'kubectl anywhere create' makes it so.")
		return nil
	}
	e.sayWhatIsNotLoaded()
	c := &creation{session: e.session, out: out}
	if c.api, err = e.connect(out); err != nil {
		return err
	}
	a := &application{creation: c, carryFlags: e.flags.carryFlags, about: e.names, accepted: e.write}
	if err := a.run(ctx); err != nil {
		return err
	}
	e.narrate("\nNext: kubectl anywhere addons list " + name)
	return nil
}

// write writes both configs.
func (e *addonEdit) write() error {
	if e.kept != nil {
		if err := e.dir.SaveConfig(e.kept, e.backend); err != nil {
			return err
		}
	}
	if !e.changed {
		return nil
	}
	if err := writeConfig(e.path, e.data); err != nil {
		return err
	}
	e.narrate(e.path + " is changed.")
	return nil
}
