package cli

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

// defaultConfig is the config file of the folder one works in.
const defaultConfig = ".config.json"

// find is the config of a command, or else fallback.
func (f clusterFlags) find(env Environment, root string, fallback func() *config.Cluster) (*config.Cluster, error) {
	path, err := f.path(root)
	switch {
	case err != nil:
		return nil, err
	case path != "":
		return readConfig(env, path)
	case fallback != nil:
		return fallback(), nil
	}
	return nil, &usageError{fmt.Errorf("there is no %s here, and no cluster was created yet; 'kubectl anywhere create' makes one", defaultConfig)}
}

// path is where the config of a command is: the file named, the cluster named
// as last created, the file of this folder, the only cluster there is. It is
// empty where there is none of these.
func (f clusterFlags) path(root string) (string, error) {
	switch {
	case f.File != "" && f.Name != "":
		return "", &usageError{errors.New("give the name of a cluster or --filename, not both")}
	case f.File != "":
		return f.File, nil
	case f.Name != "":
		return savedPath(root, f.Name)
	}
	if _, err := os.Stat(defaultConfig); err == nil {
		return defaultConfig, nil
	}
	names, err := home.Clusters(root)
	switch {
	case err != nil:
		return "", err
	case len(names) == 1:
		return savedPath(root, names[0])
	case len(names) > 1:
		return "", &usageError{fmt.Errorf("there are several clusters: name one of %s", strings.Join(names, ", "))}
	}
	return "", nil
}

func savedPath(root, name string) (string, error) {
	names, err := home.Clusters(root)
	if err != nil {
		return "", err
	}
	for _, known := range names {
		if known == name {
			return home.Of(root, name).ConfigFile(), nil
		}
	}
	if len(names) == 0 {
		return "", &usageError{fmt.Errorf("there is no cluster %q: none was created yet; 'kubectl anywhere create' makes one", name)}
	}
	return "", &usageError{fmt.Errorf("there is no cluster %q; there is %s", name, strings.Join(names, ", "))}
}

// readConfig reads and checks a config; "-" is standard input.
func readConfig(env Environment, path string) (*config.Cluster, error) {
	data, err := readFile(env, path)
	if err != nil {
		return nil, unreadable(path, err)
	}
	return loadConfig(env, path, data)
}

// unreadable is the error of a config that cannot be read.
func unreadable(path string, err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%w; 'kubectl anywhere config -f %s' writes it", err, quote(path))
	}
	return &usageError{fmt.Errorf("reading the cluster config: %w", err)}
}

func loadConfig(env Environment, path string, data []byte) (*config.Cluster, error) {
	cluster, report := config.Load(path, data, env.blocks())
	if err := report.Err(diag.Source{File: path, Text: data}); err != nil {
		return nil, err
	}
	return cluster, rootOwn(cluster, path)
}

func readFile(env Environment, path string) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(env.In)
	}
	return os.ReadFile(path)
}

func (env Environment) blocks() map[string]func() config.Block {
	blocks := map[string]func() config.Block{}
	for _, t := range env.Targets {
		blocks[t.Name()] = t.Block
	}
	return blocks
}

// first is the config of somebody who has none.
func (env Environment) first() *config.Cluster { return config.New("", env.blocks()) }

// nameInUse finds that the cluster's name is that of another one, which its
// config says is made of something else altogether.
func (s *session) nameInUse() []diag.Problem {
	data, err := os.ReadFile(s.dir.ConfigFile())
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	var saved struct {
		Kind string `json:"kind"`
		Spec struct {
			Target string `json:"target"`
		} `json:"spec"`
	}
	if err == nil {
		err = json.Unmarshal(data, &saved)
	}
	name := s.cluster.Metadata.Name
	problem := diag.Problem{
		Path: "metadata.name",
		Fix:  fmt.Sprintf("choose another name, or delete that one first: 'kubectl anywhere delete %s'", name),
	}
	switch {
	case err != nil:
		problem.Message = fmt.Sprintf("the config that cluster %q was created with cannot be read: %v", name, err)
		problem.Fix = "restore it, or put this config there: " + s.dir.ConfigFile()
	case saved.Kind != s.cluster.Kind:
		problem.Message = fmt.Sprintf("%q is in use by a %s", name, saved.Kind)
	case saved.Spec.Target != s.cluster.Spec.Target:
		problem.Message = fmt.Sprintf("%q is in use by a cluster on target %q, and this one is for target %q", name, saved.Spec.Target, s.cluster.Spec.Target)
	default:
		return nil
	}
	return []diag.Problem{problem}
}
