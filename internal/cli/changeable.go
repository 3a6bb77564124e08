package cli

import (
	"errors"
	"fmt"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
)

// changeable reads the config that a command is about to change: that of the
// named cluster, or where name is empty the one that other commands would take.
// What there is to change goes into the error where there is no such file; a
// config on standard input is refused, for nothing could be written back.
func (f clusterFlags) changeable(name, what string) (path string, data []byte, err error) {
	root, err := home.Root()
	if err != nil {
		return "", nil, err
	}
	f.Name = name
	path, err = f.path(root)
	switch {
	case err != nil:
		return "", nil, err
	case path == "":
		return "", nil, &usageError{fmt.Errorf("there is no %s here, and no cluster was created yet: there is %s; 'kubectl anywhere create' makes one", defaultConfig, what)}
	case path == "-":
		return "", nil, &usageError{errors.New("--filename -: a config on standard input cannot be changed; name its file")}
	}
	if data, err = os.ReadFile(path); err != nil {
		return "", nil, unreadable(path, err)
	}
	return path, data, nil
}
