package kube

import (
	"errors"
	"fmt"
	"os"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// Merged is what became of a user's kubeconfig.
type Merged struct {
	// File is the one that holds the context.
	File string
	// Current is the context that is current now, which may be another.
	Current string
	// Shared tells that others than its owner may read the file.
	Shared bool
}

// access is where kubectl keeps contexts: $KUBECONFIG, or ~/.kube/config, or
// one file that the user named.
func access(file string) clientcmd.ConfigAccess {
	options := clientcmd.NewDefaultPathOptions()
	options.LoadingRules.ExplicitPath = file
	return options
}

// MergeKubeconfig adds a cluster, user and context, each called name, from
// kubeconfig's current context to the user's own kubeconfig, in place of what
// an earlier merge has left. With current, the context becomes the current one.
// An empty file means where kubectl would look. It is an error, and nothing is
// written, where one of that name is there that this program did not make.
func MergeKubeconfig(file, name string, kubeconfig []byte, current bool) (Merged, error) {
	context, cluster, user, err := currentOf(name, kubeconfig)
	if err != nil {
		return Merged{}, err
	}
	to := access(file)
	err = edit(to, name, func(config *clientcmdapi.Config) (bool, error) {
		if foreign := foreignEntry(config, name); foreign != "" {
			return false, fmt.Errorf("%s, which kubectl anywhere did not make, is left as it is: rename it, or type 'kubectl anywhere kubeconfig %s > FILE'", foreign, name)
		}
		put(config, name, context, cluster, user)
		return current, nil
	})
	if err != nil {
		return Merged{}, fmt.Errorf("writing context %q: %w", name, err)
	}
	after, err := to.GetStartingConfig()
	if err != nil {
		return Merged{}, unreadable(to, err)
	}
	merged := Merged{File: to.GetDefaultFilename(), Current: after.CurrentContext}
	if at := after.AuthInfos[name]; at != nil && at.LocationOfOrigin != "" {
		merged.File = at.LocationOfOrigin
	}
	if info, err := os.Stat(merged.File); err == nil {
		merged.Shared = info.Mode().Perm()&0o077 != 0
	}
	return merged, nil
}

// currentOf is what kubeconfig's current context is made of.
func currentOf(name string, kubeconfig []byte) (*clientcmdapi.Context, *clientcmdapi.Cluster, *clientcmdapi.AuthInfo, error) {
	from, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("reading the kubeconfig of %q: %w", name, err)
	}
	context, ok := from.Contexts[from.CurrentContext]
	if !ok {
		return nil, nil, nil, fmt.Errorf("reading the kubeconfig of %q: it has no current context", name)
	}
	cluster, user := from.Clusters[context.Cluster], from.AuthInfos[context.AuthInfo]
	if cluster == nil || user == nil {
		return nil, nil, nil, fmt.Errorf("reading the kubeconfig of %q: context %q names a cluster or user that is not there", name, from.CurrentContext)
	}
	return context, cluster, user, nil
}

// put writes the three entries, each marked as ours, into the files that the
// old ones are in. A namespace that the user has chosen since stays.
func put(config *clientcmdapi.Config, name string, context *clientcmdapi.Context, cluster *clientcmdapi.Cluster, user *clientcmdapi.AuthInfo) {
	cluster, user = cluster.DeepCopy(), user.DeepCopy()
	entry := &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: context.Namespace}
	cluster.LocationOfOrigin, user.LocationOfOrigin = "", ""
	if old := config.Clusters[name]; old != nil {
		cluster.LocationOfOrigin = old.LocationOfOrigin
	}
	if old := config.AuthInfos[name]; old != nil {
		user.LocationOfOrigin = old.LocationOfOrigin
	}
	if old := config.Contexts[name]; old != nil {
		entry.LocationOfOrigin = old.LocationOfOrigin
		if entry.Namespace == "" {
			entry.Namespace = old.Namespace
		}
	}
	cluster.Extensions, user.Extensions, entry.Extensions = mark(cluster.Extensions), mark(user.Extensions), mark(entry.Extensions)
	config.Clusters[name], config.AuthInfos[name], config.Contexts[name] = cluster, user, entry
}

// RemoveKubeconfig takes the context, cluster and user called name out of the
// user's kubeconfig, as far as this program made them, and unsets the current
// context if it was that. It says whether there was anything to remove.
func RemoveKubeconfig(file, name string) (bool, error) {
	from := access(file)
	if found, err := from.GetStartingConfig(); err != nil {
		return false, unreadable(from, err)
	} else if !owns(found, name) {
		return false, nil // and no lock is taken, and no folder made
	}
	removed := false
	err := edit(from, "", func(config *clientcmdapi.Config) (bool, error) {
		current := config.CurrentContext == name && isOurs(config, name, contextOf(config, name))
		for _, e := range entries(config, name) {
			if e.there && isOurs(config, name, e) {
				removed = true
				defer e.remove()
			}
		}
		return current, nil
	})
	if err != nil {
		return false, fmt.Errorf("removing context %q: %w", name, err)
	}
	return removed, nil
}

// CurrentContext is the current context of the user's kubeconfig, empty for
// none, and the file that new contexts are written to.
func CurrentContext(file string) (current, where string, err error) {
	from := access(file)
	config, err := from.GetStartingConfig()
	if err != nil {
		return "", from.GetDefaultFilename(), unreadable(from, err)
	}
	return config.CurrentContext, from.GetDefaultFilename(), nil
}

// Owned is the file with the user's context called name, empty where there is
// none or where this program did not make it.
func Owned(file, name string) (string, error) {
	from := access(file)
	config, err := from.GetStartingConfig()
	if err != nil {
		return "", unreadable(from, err)
	}
	context := config.Contexts[name]
	if context == nil || !isOurs(config, name, contextOf(config, name)) {
		return "", nil
	}
	if context.LocationOfOrigin != "" {
		return context.LocationOfOrigin, nil
	}
	return from.GetDefaultFilename(), nil
}

// unreadable names the file that could not be read, where the error does not.
func unreadable(from clientcmd.ConfigAccess, err error) error {
	if path := (*os.PathError)(nil); errors.As(err, &path) || !from.IsExplicitFile() {
		return fmt.Errorf("reading the user's kubeconfig: %w", err)
	}
	return fmt.Errorf("reading the user's kubeconfig %q: %w", from.GetExplicitFile(), err)
}
