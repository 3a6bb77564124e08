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
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// defaultConfig is the config file of the folder one works in.
const defaultConfig = ".config.json"

// project is the Pulumi project that every cluster is a stack of.
const project = "kubernetes-anywhere"

// passphraseVariable is Pulumi's own, so that its CLI opens the same state.
const passphraseVariable = "PULUMI_CONFIG_PASSPHRASE"

// clusterFlags say which cluster a command is about.
type clusterFlags struct {
	File  string
	State string
	// Name is the argument of commands that take one.
	Name string
}

func (f *clusterFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.File, "filename", "f", "", "Cluster config to read (default "+defaultConfig+" where it exists)")
	cmd.Flags().StringVar(&f.State, "state", "", "URL of the folder or bucket that keeps the state (default a folder below ~/.kube/anywhere)")
}

// session is one command's hold on one cluster.
type session struct {
	env     Environment
	cluster *config.Cluster
	target  target.Target
	dir     home.Dir
	backend string
}

// open finds the config: the file named, the named cluster as last created,
// the file of this folder, the only cluster there is. Where none is found,
// fallback makes one, or the error says what to type.
func (f clusterFlags) open(env Environment, fallback func() *config.Cluster) (*session, error) {
	root, err := home.Root()
	if err != nil {
		return nil, err
	}
	cluster, err := f.config(env, root)
	if errors.Is(err, errNoConfig) && fallback != nil {
		cluster, err = fallback(), nil
	}
	if err != nil {
		return nil, err
	}
	s := &session{env: env, cluster: cluster, dir: home.Of(root, cluster.Metadata.Name), backend: f.State}
	if s.backend == "" {
		s.backend = s.dir.Backend()
	}
	for _, t := range env.Targets {
		if t.Name() == cluster.Spec.Target {
			s.target = t
		}
	}
	return s, nil
}

var errNoConfig = errors.New("no cluster named")

func (f clusterFlags) config(env Environment, root string) (*config.Cluster, error) {
	switch {
	case f.File != "" && f.Name != "":
		return nil, &usageError{errors.New("give the name of a cluster or --filename, not both")}
	case f.File != "":
		return readConfig(env, f.File)
	case f.Name != "":
		return savedConfig(env, root, f.Name)
	}
	if _, err := os.Stat(defaultConfig); err == nil {
		return readConfig(env, defaultConfig)
	}
	names, err := home.Clusters(root)
	if err != nil {
		return nil, err
	}
	switch len(names) {
	case 0:
		return nil, &usageError{fmt.Errorf("%w: there is no %s here and no cluster was created yet (kubectl anywhere create)", errNoConfig, defaultConfig)}
	case 1:
		return savedConfig(env, root, names[0])
	}
	return nil, &usageError{fmt.Errorf("%w: name one of %s", errNoConfig, strings.Join(names, ", "))}
}

func savedConfig(env Environment, root, name string) (*config.Cluster, error) {
	cluster, err := readConfig(env, home.Of(root, name).ConfigFile())
	if errors.Is(err, fs.ErrNotExist) {
		names, _ := home.Clusters(root)
		known := "there is none yet"
		if len(names) > 0 {
			known = "there is " + strings.Join(names, ", ")
		}
		return nil, &usageError{fmt.Errorf("no cluster named %q: %s", name, known)}
	}
	return cluster, err
}

// readConfig reads and checks a config; "-" is standard input.
func readConfig(env Environment, path string) (*config.Cluster, error) {
	data, err := readFile(env, path)
	if err != nil {
		return nil, &usageError{fmt.Errorf("reading the cluster config: %w", err)}
	}
	cluster, report := config.Load(path, data, env.blocks())
	if err := report.Err(diag.Source{File: path, Text: data}); err != nil {
		return nil, err
	}
	return cluster, nil
}

func (env Environment) blocks() map[string]func() config.Block {
	blocks := map[string]func() config.Block{}
	for _, t := range env.Targets {
		blocks[t.Name()] = t.Block
	}
	return blocks
}

// progress draws on the error stream: standard output is for data.
func (s *session) progress() *ui.Progress { return ui.New(s.env.ErrOut, s.env.Width) }

// stack opens the cluster's state.
func (s *session) stack(ctx context.Context) (*engine.Stack, error) {
	phrase, err := s.passphrase()
	if err != nil {
		return nil, err
	}
	stack, err := engine.Open(ctx, engine.Options{
		Project:    project,
		Stack:      s.cluster.Metadata.Name,
		Backend:    s.backend,
		Home:       s.dir.Engine(),
		Passphrase: phrase,
		Providers:  s.target.Providers(),
		Notice:     func(text string) { fmt.Fprintln(s.env.ErrOut, text) },
	})
	if err != nil {
		return nil, fmt.Errorf("opening the state of cluster %q: %w", s.cluster.Metadata.Name, err)
	}
	return stack, nil
}

func (s *session) passphrase() (string, error) {
	if phrase := s.env.Getenv(passphraseVariable); phrase != "" {
		return phrase, nil
	}
	phrase, made, err := s.dir.Passphrase()
	if made && err == nil {
		fmt.Fprintf(s.env.ErrOut, "Secrets in the state are encrypted with a new passphrase, kept in %s\n", s.dir.PassphraseFile())
	}
	return phrase, err
}

// refuse turns problems into the error that lists them all.
func refuse(problems []diag.Problem) error {
	var report diag.Report
	report.Add(problems...)
	return report.Err()
}
